"""Backups: made while running, whole or not at all, put back only where nothing is."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from microdns.errors import Conflict, Invalid, StorageFault
from microdns.store import Store, restore_store

from .samples import COLLECTIONS, EVENTS, HOSTS, NOTES, Host, HostChanged, Note

pytestmark = pytest.mark.anyio


async def opened(path: Path) -> Store:
    return await Store.open(path, COLLECTIONS, EVENTS)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await opened(tmp_path / "db")
    yield store
    await store.close()


@pytest.fixture
def other_disk() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="microdns-test-", dir="/dev/shm") as folder:
        yield Path(folder)


async def put(store: Store, *names: str) -> None:
    async with store.transaction() as tx:
        for name in names:
            tx.put(HOSTS, Host(name, name.encode(), ("x",)))
            tx.emit(HostChanged(name=name))


async def check(path: Path, names: list[str]) -> None:
    store = await opened(path)
    assert [host.name for host in store.find(HOSTS, "tag", b"x")] == names
    assert [entry.sequence for entry in store.journal.read()] == list(range(1, len(names) + 1))
    await put(store, "later")
    assert store.sequence == len(names) + 1
    await store.close()


async def test_a_backup_has_state_and_journal_as_they_were(store: Store, tmp_path: Path) -> None:
    await put(store, "a", "b")
    backup = await store.backup(tmp_path / "copies" / "one")
    assert backup.sequence == 2
    await put(store, "c")
    restored = await restore_store(tmp_path / "copies" / "one", tmp_path / "new")
    for folder in ("copies/one", "new", "db"):
        assert os.stat(tmp_path / folder).st_mode & 0o777 == 0o700
    assert restored == backup
    await check(tmp_path / "new", ["a", "b"])
    assert store.sequence == 3


async def test_a_backup_is_made_while_others_write(store: Store, tmp_path: Path) -> None:
    running, begun = True, asyncio.Event()

    async def write() -> None:
        number = 0
        while running:
            number += 1
            await put(store, f"h{number:05}")
            begun.set()

    writing = asyncio.create_task(write())
    await begun.wait()
    await store.backup(tmp_path / "one")
    running = False
    await writing
    await restore_store(tmp_path / "one", tmp_path / "new")
    copy = await opened(tmp_path / "new")
    names = [host.name for host in copy.scan(HOSTS)]
    assert names
    assert names == [f"h{number:05}" for number in range(1, len(names) + 1)]
    assert copy.sequence == len(names)
    await copy.close()


async def test_a_backup_to_another_disk(store: Store, tmp_path: Path, other_disk: Path) -> None:
    await put(store, "a", "b")
    await store.backup(other_disk / "one")
    progress: list[tuple[int, int | None]] = []
    await restore_store(
        other_disk / "one",
        tmp_path / "new",
        lambda done, total, what: progress.append((done, total)),
    )
    assert progress[-1][0] == progress[-1][1]
    await check(tmp_path / "new", ["a", "b"])


async def test_nothing_is_overwritten(store: Store, tmp_path: Path) -> None:
    await put(store, "a")
    await store.backup(tmp_path / "one")
    with pytest.raises(Conflict, match="exists already"):
        await store.backup(tmp_path / "one")
    with pytest.raises(Conflict, match="not empty"):
        await restore_store(tmp_path / "one", tmp_path / "db")
    (tmp_path / "empty").mkdir()
    await restore_store(tmp_path / "one", tmp_path / "empty")
    await check(tmp_path / "empty", ["a"])


async def test_what_is_not_a_backup_is_refused(store: Store, tmp_path: Path) -> None:
    await put(store, "a")
    with pytest.raises(Invalid, match="not a backup"):
        await restore_store(tmp_path / "db", tmp_path / "new")
    await store.backup(tmp_path / "one")
    (tmp_path / "one" / "backup.json").write_text('{"microdns_backup":9,"sequence":1}')
    with pytest.raises(Invalid, match="not a backup"):
        await restore_store(tmp_path / "one", tmp_path / "new")
    assert not (tmp_path / "new").exists()


async def test_a_damaged_backup_is_refused_and_leaves_nothing(store: Store, tmp_path: Path) -> None:
    await put(store, *(f"h{number}" for number in range(100)))
    await store.backup(tmp_path / "one")
    for table in (tmp_path / "one" / "database").glob("MANIFEST-*"):
        table.write_bytes(table.read_bytes()[:20])
    with pytest.raises((Invalid, StorageFault)):
        await restore_store(tmp_path / "one", tmp_path / "new")
    assert not (tmp_path / "new").exists()


async def test_the_backup_of_a_disk_that_fails_leaves_nothing(store: Store, tmp_path: Path) -> None:
    await put(store, "a")
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageFault):
        await store.backup(tmp_path / "file" / "one")
    assert sorted(os.listdir(tmp_path)) == ["db", "file"]


async def test_values_of_plugins_that_are_not_installed_are_in_the_backup(tmp_path: Path) -> None:
    store = await opened(tmp_path / "db")
    async with store.transaction() as tx:
        tx.put(NOTES, Note("n"))
    await store.close()
    bare = await Store.open(tmp_path / "db")
    await bare.backup(tmp_path / "one")
    await bare.close()
    await restore_store(tmp_path / "one", tmp_path / "new")
    again = await opened(tmp_path / "new")
    assert again.get(NOTES, b"n") == Note("n")
    await again.close()
