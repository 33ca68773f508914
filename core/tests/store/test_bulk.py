"""Bulks: many new values as sorted files, which count with their transaction or not at all."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest

from microdns.errors import Conflict, StorageFault
from microdns.store import Store, Transaction
from microdns.store.bulk import Bulk
from microdns.store.engine import Engine
from microdns.store.keys import escape
from microdns.testing.clock import FakeClock

from .faulty import FaultyEngine, breaking
from .samples import COLLECTIONS, EVENTS, HOSTS, NOTES, Host, HostChanged

pytestmark = pytest.mark.anyio

COUNT = 5_000


class Crash(BaseException):
    """The process is gone: nothing is tidied up."""


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await Store.open(tmp_path / "db", COLLECTIONS, EVENTS)
    yield store
    await store.close()


def host(number: int) -> Host:
    return Host(f"bulk{number:06}", number.to_bytes(3, "big"))


def fill(bulk: Bulk, count: int = COUNT) -> None:
    hosts = [host(number) for number in range(count)]
    head = bulk.index_head("address")
    ending, prefix, version = bulk.index_ending, bulk.value_prefix, bulk.version
    index = [(head + escape(one.address) + ending, one.name.encode()) for one in hosts]
    bulk.add("address", index[: count // 2])
    bulk.add("address", index[count // 2 :])
    encode = msgspec.msgpack.encode
    bulk.add("values", [(prefix + one.name.encode(), version + encode(one)) for one in hosts])


async def write(store: Store, prepare: Callable[[Bulk], object] = fill) -> Transaction:
    async with store.transaction() as tx:
        tx.put(HOSTS, Host("beside"))
        prepare(tx.bulk(HOSTS))
        tx.emit(HostChanged(name="bulk"))
    return tx


def notes(store: Store) -> list[bytes]:
    return [key for key, _ in store.meta.cursor().ascending(b"bulk/", b"bulk0", 10)]


def check_whole(store: Store, version: int) -> None:
    assert sum(1 for _ in store.scan(HOSTS)) == COUNT + 1
    assert store.get(HOSTS, b"bulk000007") == host(7)
    assert store.version(HOSTS, b"bulk000007") == version
    assert list(store.find(HOSTS, "address", b"\0\1\0")) == [host(256)]
    assert notes(store) == []
    assert not any(store.folder("bulk").glob("*"))


async def test_a_bulk_is_there_with_its_transaction_and_after_reopening(
    store: Store, tmp_path: Path
) -> None:
    tx = await write(store)
    check_whole(store, tx.transaction)
    await store.close()
    again = await Store.open(tmp_path / "db", COLLECTIONS, EVENTS)
    check_whole(again, tx.transaction)
    async with again.transaction() as later:
        later.put(HOSTS, Host("bulk000007", b"new"))
        later.delete(HOSTS, b"bulk000008")
        later.emit(HostChanged(name="later"))
    assert list(again.find(HOSTS, "address", host(7).address)) == []
    assert again.get(HOSTS, b"bulk000008") is None
    with pytest.raises(Conflict):
        async with again.transaction() as clash:
            clash.insert(HOSTS, Host("other", host(9).address))
    await again.close()


async def test_an_exception_leaves_nothing(store: Store) -> None:
    def fill_and_fail(bulk: Bulk) -> None:
        fill(bulk)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write(store, fill_and_fail)
    assert list(store.scan(HOSTS)) == []
    assert notes(store) == []
    assert not any(store.folder("bulk").glob("*"))


async def test_what_is_there_already_is_a_conflict(store: Store) -> None:
    async with store.transaction() as tx:
        tx.put(HOSTS, Host("bulk000100"))
        tx.emit(HostChanged(name="there"))
    with pytest.raises(Conflict, match="already"):
        await write(store)
    assert [one.name for one in store.scan(HOSTS)] == ["bulk000100"]


async def test_one_bulk_of_a_journaled_collection(store: Store) -> None:
    async with store.transaction() as tx:
        with pytest.raises(RuntimeError, match="journaled"):
            tx.bulk(NOTES)
        fill(tx.bulk(HOSTS), 2)
        with pytest.raises(RuntimeError, match="one bulk"):
            tx.bulk(HOSTS)
        tx.emit(HostChanged(name="bulk"))
    assert len(list(store.scan(HOSTS))) == 2


async def test_rows_out_of_order_are_refused(store: Store) -> None:
    with pytest.raises(StorageFault, match="order"):
        await write(store, lambda bulk: bulk.add("values", [(b"vb", b""), (b"va", b"")]))
    with pytest.raises(StorageFault, match="no rows"):
        await write(store, lambda bulk: bulk.add("values", []))
    assert list(store.scan(HOSTS)) == []


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_crash_around_the_linking_leaves_nothing(
    tmp_path: Path, moment: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The note is durable before; the files are linked in, or not yet; nothing else is written."""

    class Crashing(Engine):
        def ingest(self, family: object, paths: object) -> None:
            if moment == "after":
                super().ingest(family, paths)  # type: ignore[arg-type] # handed on
            raise Crash

    store = await Store.open(tmp_path / "db", COLLECTIONS, EVENTS, engine=Crashing)
    with pytest.raises(Crash):
        await write(store)
    assert len(notes(store)) == 1
    if moment == "after":
        assert sum(1 for _ in store.scan(HOSTS)) == COUNT
    await store.close()
    again = await Store.open(tmp_path / "db", COLLECTIONS, EVENTS)
    assert list(again.scan(HOSTS)) == []
    assert notes(again) == []
    assert list(again.find(HOSTS, "address", b"", prefix=True)) == []
    assert "1 imports that were not completed" in caplog.text
    tx = await write(again)
    check_whole(again, tx.transaction)
    await again.close()


async def test_a_disk_that_fails_after_the_linking_leaves_nothing(
    tmp_path: Path, fake_clock: FakeClock
) -> None:
    class Failing(FaultyEngine):
        def ingest(self, family: object, paths: object) -> None:
            super().ingest(family, paths)  # type: ignore[arg-type] # handed on
            FaultyEngine.broken.add("write")

    store = await Store.open(tmp_path / "db", COLLECTIONS, EVENTS, engine=Failing, clock=fake_clock)
    with breaking(), pytest.raises(StorageFault):
        await write(store)
    while store.state != "open":
        await fake_clock.advance(5)
    assert list(store.scan(HOSTS)) == []
    assert notes(store) == []
    await store.close()


async def test_a_sweep_removes_ranges_and_nothing_beside_them(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "db", COLLECTIONS, EVENTS)
    hosts = [Host(name, name.encode()) for name in ("a1", "a2", "b1", "b2", "c")]
    async with store.transaction() as tx:
        for host in hosts:
            tx.put(HOSTS, host)
        tx.emit(HostChanged(name="a"))
    async with store.transaction(dry_run=True) as tx:
        tx.sweep(HOSTS).values(b"b")
        tx.emit(HostChanged(name="b"))
    assert list(store.scan(HOSTS)) == hosts
    async with store.transaction() as tx:
        sweep = tx.sweep(HOSTS)
        sweep.values(b"b")
        assert [key for _, key in sweep.index_rows("address", b"b1", b"b2")] == [b"b1", b"b2"]
        sweep.index_range("address", b"b1", b"b1")
        sweep.index_key("address", b"b2")
        assert list(tx.scan(HOSTS)) == hosts  # as it was before
        assert [[key for key, _ in rows] for rows in tx.scan_rows(HOSTS, b"a")] == [[b"a1", b"a2"]]
        tx.emit(HostChanged(name="b"))
    for _ in range(2):
        assert [host.name for host in store.scan(HOSTS)] == ["a1", "a2", "c"]
        assert [list(store.find(HOSTS, "address", each.address)) for each in hosts] == [
            [hosts[0]], [hosts[1]], [], [], [hosts[4]]
        ]  # fmt: skip
        await store.close()
        store = await Store.open(tmp_path / "db", COLLECTIONS, EVENTS)
    await store.close()
