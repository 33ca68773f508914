"""Migrations: numbered, forward only, each whole or not at all."""

from pathlib import Path

import msgspec
import pytest

from microdns.errors import StorageFault
from microdns.store import Collection, Index, Migrating, Migration, Store

from .faulty import FaultyEngine, breaking
from .samples import Note

pytestmark = pytest.mark.anyio


class Old(msgspec.Struct, frozen=True, array_like=True):
    name: str
    size: str


class New(msgspec.Struct, frozen=True):
    name: str
    size: int
    unit: bytes


OLD = Collection("test.things", Old, key=lambda thing: thing.name.encode(), journaled=False)
NEW = Collection(
    "test.things",
    New,
    key=lambda thing: thing.name.encode(),
    indexes=(Index("size", lambda thing: [b"%d" % thing.size]),),
    journaled=False,
)


def split_size(data: Migrating) -> None:
    for key, (name, size) in data.values("test.things"):
        data.put(
            "test.things", key, {"name": name, "size": int(size[:-2]), "unit": size[-2:].encode()}
        )


def drop_empty(data: Migrating) -> None:
    for key, value in data.values("test.things"):
        if value["size"] == 0:
            data.delete("test.things", key)
    data.put("test.notes", b"done", {"name": "done"})


MIGRATIONS = [Migration(1, "split sizes", split_size), Migration(2, "drop empty", drop_empty)]


async def old_store(path: Path) -> None:
    store = await Store.open(path, [OLD])
    async with store.transaction() as tx:
        for name, size in (("a", "10mm"), ("b", "0kg"), ("c", "7kg")):
            tx.put(OLD, Old(name, size))
    await store.close()


async def test_migrations_run_once_in_order_and_keep_versions(tmp_path: Path) -> None:
    await old_store(tmp_path)
    for _ in range(2):
        store = await Store.open(tmp_path, [NEW], migrations={"things": reversed(MIGRATIONS)})
        assert list(store.scan(NEW)) == [New("a", 10, b"mm"), New("c", 7, b"kg")]
        assert [thing.name for thing in store.find(NEW, "size", b"7")] == ["c"]
        assert store.version(NEW, b"a") == 1
        assert await store.migrate({"things": MIGRATIONS}) == []
        await store.close()


async def test_what_a_migration_adds_has_a_version_too(tmp_path: Path) -> None:
    await old_store(tmp_path)
    notes = Collection("test.notes", Note, key=lambda note: note.name.encode())
    store = await Store.open(tmp_path, [notes], migrations={"things": MIGRATIONS})
    assert store.get(notes, b"done") == Note("done")
    assert store.version(notes, b"done") == 1
    await store.close()


async def test_a_failing_migration_changes_nothing_and_can_be_repeated(tmp_path: Path) -> None:
    def fail(data: Migrating) -> None:
        split_size(data)
        raise ZeroDivisionError

    await old_store(tmp_path)
    with pytest.raises(ZeroDivisionError):
        await Store.open(tmp_path, [NEW], migrations={"things": [Migration(1, "fails", fail)]})
    store = await Store.open(tmp_path, [OLD])
    assert store.get(OLD, b"a") == Old("a", "10mm")
    await store.close()
    store = await Store.open(tmp_path, [NEW], migrations={"things": MIGRATIONS})
    assert store.get(NEW, b"a") == New("a", 10, b"mm")
    await store.close()


async def test_a_migration_that_can_not_be_written_did_not_happen(tmp_path: Path) -> None:
    await old_store(tmp_path)
    with breaking("flush"), pytest.raises(StorageFault):
        await Store.open(tmp_path, [NEW], migrations={"t": MIGRATIONS}, engine=FaultyEngine)
    store = await Store.open(tmp_path, [NEW], migrations={"t": MIGRATIONS})
    assert [thing.name for thing in store.scan(NEW)] == ["a", "c"]
    await store.close()


async def test_a_database_newer_than_the_code_is_refused(tmp_path: Path) -> None:
    await old_store(tmp_path)
    store = await Store.open(tmp_path, migrations={"things": MIGRATIONS})
    await store.close()
    with pytest.raises(StorageFault, match=r"newer version of things.*migration 2.*knows 1"):
        await Store.open(tmp_path, [NEW], migrations={"things": MIGRATIONS[:1]})
    with pytest.raises(StorageFault, match="newer version of things"):
        await Store.open(tmp_path, [NEW], migrations={"things": []})
    # A plugin that is not installed says nothing about its data.
    store = await Store.open(tmp_path, migrations={"other": []})
    await store.close()


async def test_numbers_without_order_are_a_mistake_of_the_plugin(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not numbered"):
        await Store.open(tmp_path, migrations={"things": MIGRATIONS[1:]})


async def test_a_newer_format_of_the_store_itself_is_refused(tmp_path: Path) -> None:
    from microdns.store import meta
    from microdns.store.engine import Batch, Engine
    from microdns.store.options import StoreOptions

    await old_store(tmp_path)
    engine = Engine(tmp_path, StoreOptions())
    engine.open()
    batch = Batch()
    meta.put_number(batch, engine.family(meta.META), meta.FORMAT, meta.FORMAT_NUMBER + 1)
    engine.write(batch)
    engine.release(engine.detach())
    with pytest.raises(StorageFault, match=r"format 2.*install a newer one"):
        await Store.open(tmp_path)
