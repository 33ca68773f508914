"""Indexes that come, go and change are built from what is there."""

from pathlib import Path

import pytest

from microdns.errors import Conflict, StorageFault
from microdns.store import Collection, Index, Store

from .samples import Note

pytestmark = pytest.mark.anyio


def notes(*indexes: Index[Note]) -> Collection[Note]:
    return Collection(
        "test.notes", Note, key=lambda note: note.name.encode(), indexes=indexes, journaled=False
    )


def by_text(unique: bool = False, revision: int = 1) -> Index[Note]:
    return Index("text", lambda note: [note.text.encode()], unique, revision)


async def filled(path: Path, collection: Collection[Note], number: int) -> None:
    store = await Store.open(path, [collection])
    async with store.transaction() as tx:
        for at in range(number):
            tx.put(collection, Note(f"n{at:05}", f"text {at % 1500}"))
    await store.close()


async def found(path: Path, collection: Collection[Note], text: str) -> list[str]:
    store = await Store.open(path, [collection])
    try:
        return [note.name for note in store.find(collection, "text", text.encode())]
    finally:
        await store.close()


async def test_a_new_index_finds_what_was_there_before(tmp_path: Path) -> None:
    await filled(tmp_path, notes(), 2500)
    assert await found(tmp_path, notes(by_text()), "text 7") == ["n00007", "n01507"]


async def test_a_revised_index_is_built_anew(tmp_path: Path) -> None:
    await filled(tmp_path, notes(by_text()), 10)
    upper = Index[Note]("text", lambda note: [note.text.upper().encode()], revision=2)
    assert await found(tmp_path, notes(upper), "TEXT 7") == ["n00007"]
    assert await found(tmp_path, notes(upper), "text 7") == []


async def test_an_index_dropped_and_declared_again_is_right(tmp_path: Path) -> None:
    with_index, without = notes(by_text()), notes()
    await filled(tmp_path, with_index, 10)
    store = await Store.open(tmp_path, [without])
    async with store.transaction() as tx:
        tx.put(without, Note("n00007", "other"))
        tx.delete(without, b"n00008")
    await store.close()
    again = notes(by_text())
    assert await found(tmp_path, again, "text 7") == []
    assert await found(tmp_path, again, "text 8") == []
    assert await found(tmp_path, again, "other") == ["n00007"]


async def test_values_that_contradict_a_new_unique_index_are_named(tmp_path: Path) -> None:
    await filled(tmp_path, notes(), 1501)
    with pytest.raises(StorageFault, match="can't be unique: b'n00000' and b'n01500' share"):
        await Store.open(tmp_path, [notes(by_text(unique=True))])
    assert await found(tmp_path, notes(by_text()), "text 0") == ["n00000", "n01500"]


async def test_a_unique_index_built_later_refuses_a_second(tmp_path: Path) -> None:
    await filled(tmp_path, notes(), 1400)
    collection = notes(by_text(unique=True))
    store = await Store.open(tmp_path, [collection])
    async with store.transaction() as tx:
        with pytest.raises(Conflict, match="another value with this text"):
            tx.put(collection, Note("x", "text 1399"))
        tx.put(collection, Note("n01399", "text 1399"))
    await store.close()


async def test_collections_may_come_while_the_store_is_open(tmp_path: Path) -> None:
    await filled(tmp_path, notes(), 10)
    store = await Store.open(tmp_path)
    collection = notes(by_text())
    with pytest.raises(LookupError, match="not declared"):
        store.get(collection, b"n00003")
    await store.declare([collection])
    await store.declare([collection])
    assert [note.name for note in store.find(collection, "text", b"text 3")] == ["n00003"]
    with pytest.raises(ValueError, match="declared twice"):
        await store.declare([notes()])
    with pytest.raises(ValueError, match="kernel's"):
        await store.declare([Collection("journal", Note, key=lambda note: b"")])
    with pytest.raises(LookupError, match="no index 'size'"):
        store.find(collection, "size", b"")
    await store.close()
