"""The store's promises: transactions, reads, snapshots, reopening."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from microdns.errors import Conflict, NotFound, StorageFault, TooLarge, Unavailable
from microdns.events import Principal, UnknownEvent
from microdns.store import Change, Collection, Index, Store, StoreLocked, StoreOptions
from microdns.store.engine import Batch, Engine

from .samples import COLLECTIONS, EVENTS, HOSTS, NOTES, Host, HostChanged, Note

pytestmark = pytest.mark.anyio


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await Store.open(tmp_path / "db", COLLECTIONS, EVENTS)
    yield store
    await store.close()


async def put(store: Store, *hosts: Host) -> int:
    async with store.transaction() as tx:
        for host in hosts:
            tx.put(HOSTS, host)
            tx.emit(HostChanged(name=host.name, after=host))
    return tx.transaction


async def test_what_was_put_is_there_after_reopening(store: Store, tmp_path: Path) -> None:
    await put(store, Host("a", b"1"), Host("b", b"2"))
    await store.close()
    again = await Store.open(tmp_path / "db", COLLECTIONS, EVENTS)
    assert again.get(HOSTS, b"a") == Host("a", b"1")
    assert [host.name for host in again.scan(HOSTS)] == ["a", "b"]
    assert again.sequence == 2
    assert [entry.event for entry in again.journal.read()] == [
        HostChanged(name="a", after=Host("a", b"1")),
        HostChanged(name="b", after=Host("b", b"2")),
    ]
    await again.close()


async def test_an_exception_in_the_block_leaves_nothing(store: Store) -> None:
    async def fail() -> None:
        async with store.transaction() as tx:
            tx.put(HOSTS, Host("a"))
            tx.emit(HostChanged(name="a"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert store.get(HOSTS, b"a") is None
    assert store.sequence == 0


async def test_a_version_is_the_transaction_that_wrote_the_value(store: Store) -> None:
    await put(store, Host("a"), Host("b"))
    third = await put(store, Host("b", b"2"))
    assert (store.version(HOSTS, b"a"), store.version(HOSTS, b"b"), third) == (1, 3, 3)
    assert store.version(HOSTS, b"c") is None


async def test_conditional_writes(store: Store) -> None:
    await put(store, Host("a"))
    async with store.transaction() as tx:
        with pytest.raises(Conflict):
            tx.insert(HOSTS, Host("a"))
        with pytest.raises(Conflict):
            tx.put(HOSTS, Host("a"), if_version=7)
        with pytest.raises(Conflict):
            tx.put(HOSTS, Host("b"), if_version=1)
        with pytest.raises(NotFound):
            tx.delete(HOSTS, b"b")
        with pytest.raises(Conflict):
            tx.delete(HOSTS, b"a", if_version=3)
        assert tx.delete(HOSTS, b"a", if_version=1) == Host("a")
        tx.emit(HostChanged(name="a"))
    assert store.get(HOSTS, b"a") is None


async def test_indexes_find_values_and_unique_ones_refuse_a_second(store: Store) -> None:
    await put(store, Host("a", b"1", ("red", "round")), Host("b", b"2", ("red",)))
    assert [host.name for host in store.find(HOSTS, "tag", b"red")] == ["a", "b"]
    assert [host.name for host in store.find(HOSTS, "tag", b"r", prefix=True)] == ["a", "b", "a"]
    assert [host.name for host in store.find(HOSTS, "address", b"2")] == ["b"]
    with pytest.raises(Conflict):
        await put(store, Host("c", b"2"))
    await put(store, Host("a", b"3"))
    assert [host.name for host in store.find(HOSTS, "tag", b"red")] == ["b"]
    assert list(store.find(HOSTS, "address", b"1")) == []


async def test_fresh_values_are_kept_like_others(store: Store, tmp_path: Path) -> None:
    hosts = [Host(f"h{n}", bytes([0, n]), ("x",)) for n in range(3)]
    async with store.transaction() as tx:
        tx.insert_fresh(HOSTS, hosts)
        assert list(tx.scan(HOSTS)) == hosts
        with pytest.raises(Conflict):
            tx.insert(HOSTS, hosts[0])
        tx.emit(HostChanged(name="h0"))
    await store.close()
    again = await Store.open(tmp_path / "db", COLLECTIONS, EVENTS)
    assert list(again.find(HOSTS, "address", b"\0\2")) == [hosts[2]]
    assert list(again.find(HOSTS, "tag", b"x")) == hosts
    assert again.version(HOSTS, b"h1") == 1
    await again.close()


async def test_a_transaction_sees_its_own_writes(store: Store) -> None:
    await put(store, Host("a", b"1", ("x",)), Host("b", b"2"), Host("c", b"3"))
    async with store.transaction() as tx:
        tx.delete(HOSTS, b"b")
        tx.put(HOSTS, Host("a", b"9", ("y",)))
        tx.put(HOSTS, Host("aa", b"2", ("x",)))
        tx.emit(HostChanged(name="a"))
        assert [host.name for host in tx.scan(HOSTS)] == ["a", "aa", "c"]
        assert [host.name for host in tx.scan(HOSTS, reverse=True)] == ["c", "aa", "a"]
        assert [host.name for host in tx.find(HOSTS, "tag", b"x")] == ["aa"]
        assert [host.name for host in tx.find(HOSTS, "address", b"2")] == ["aa"]
        assert tx.get(HOSTS, b"b") is None
        assert tx.version(HOSTS, b"a") == 4


async def test_a_dry_run_stores_nothing_and_tells_what_it_would(store: Store) -> None:
    async with store.transaction(Principal("eva"), dry_run=True) as tx:
        tx.put(HOSTS, Host("a"))
        tx.emit(HostChanged(name="a"))
    assert tx.entries[0].sequence == 1
    assert tx.entries[0].actor.name == "eva"
    assert store.get(HOSTS, b"a") is None
    assert store.sequence == 0


async def test_a_change_without_an_event_is_an_error(store: Store) -> None:
    with pytest.raises(RuntimeError, match="needs an event"):
        async with store.transaction() as tx:
            tx.put(HOSTS, Host("a"))
    async with store.transaction() as tx:
        tx.put(NOTES, Note("n"))
    assert store.get(HOSTS, b"a") is None
    assert store.get(NOTES, b"n") == Note("n")


async def test_a_snapshot_stays_at_its_instant(store: Store) -> None:
    await put(store, Host("a", b"1", ("x",)))
    async with store.snapshot() as snap:
        await put(store, Host("a", b"2"), Host("b"))
        assert snap.sequence == 1
        assert snap.get(HOSTS, b"a") == Host("a", b"1", ("x",))
        assert snap.get(HOSTS, b"b") is None
        assert list(snap.scan(HOSTS)) == [Host("a", b"1", ("x",))]
        assert list(snap.find(HOSTS, "tag", b"x")) == [Host("a", b"1", ("x",))]
    assert store.sequence == 3


async def test_a_second_opener_is_told_who_holds_the_lock(store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreLocked, match=r"in use by process \d+"):
        await Store.open(tmp_path / "db", COLLECTIONS, EVENTS)
    await put(store, Host("a"))


async def test_an_event_that_nobody_declares_is_kept(store: Store, tmp_path: Path) -> None:
    await put(store, Host("a"))
    await store.close()
    again = await Store.open(tmp_path / "db")
    (entry,) = again.journal.read()
    assert isinstance(entry.event, UnknownEvent)
    assert entry.event.type == entry.type == "host.changed"
    await again.close()


async def test_cursors_are_kept(store: Store, tmp_path: Path) -> None:
    assert store.cursor("x") == 0
    await store.save_cursor("x", 7)
    await store.close()
    again = await Store.open(tmp_path / "db")
    assert again.cursor("x") == 7
    await again.close()


async def test_a_transaction_may_await_and_others_wait_for_it(store: Store) -> None:
    order: list[str] = []

    async def write(name: str, turns: int) -> None:
        async with store.transaction() as tx:
            order.append(f"{name} in")
            for _ in range(turns):
                await asyncio.sleep(0)
            assert tx.get(HOSTS, b"a") == (None if name == "1" else Host("a"))
            tx.put(HOSTS, Host("a"))
            tx.emit(HostChanged(name=name))
            order.append(f"{name} out")

    await asyncio.gather(write("1", 20), write("2", 0), write("3", 5))
    assert order == ["1 in", "1 out", "2 in", "2 out", "3 in", "3 out"]
    assert [entry.transaction for entry in store.journal.read()] == [1, 2, 3]


async def test_one_cancelled_while_it_waits_lets_the_next_go(store: Store) -> None:
    inside, leave = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with store.transaction():
            inside.set()
            await leave.wait()

    holding = asyncio.create_task(hold())
    await inside.wait()
    waiting = [asyncio.create_task(put(store, Host(name))) for name in "abc"]
    await asyncio.sleep(0)
    waiting[0].cancel()
    leave.set()
    await asyncio.sleep(0)
    waiting[1].cancel()
    await asyncio.wait([holding, *waiting])
    assert waiting[0].cancelled()
    assert store.get(HOSTS, b"c") == Host("c")
    await put(store, Host("d"))


async def test_a_transaction_within_a_transaction_is_refused(store: Store) -> None:
    async with store.transaction():
        with pytest.raises(RuntimeError, match="would wait for itself"):
            await put(store, Host("a"))
    await put(store, Host("a"))


async def test_too_many_waiting_transactions_are_refused(tmp_path: Path) -> None:
    options = StoreOptions(transactions_waiting_max=2)
    store = await Store.open(tmp_path / "few", COLLECTIONS, EVENTS, options=options)
    async with store.transaction():
        waiting = [asyncio.create_task(put(store, Host(name))) for name in "abc"]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="2 transactions are waiting"):
            await waiting[2]
    await asyncio.wait(waiting)
    assert [host.name for host in store.scan(HOSTS)] == ["a", "b"]
    await store.close()


async def test_a_transaction_has_a_size_limit(tmp_path: Path) -> None:
    options = StoreOptions(transaction_bytes_max=10_000)
    store = await Store.open(tmp_path / "small", COLLECTIONS, EVENTS, options=options)

    async def fill() -> None:
        async with store.transaction() as tx:
            tx.emit(HostChanged(name="a"))
            for number in range(100):
                tx.put(HOSTS, Host(f"h{number}", b"%d" % number, ("x" * 500,)))

    async def fill_on() -> None:
        async with store.transaction() as tx:
            tx.emit(HostChanged(name="a"))
            with contextlib.suppress(TooLarge):
                tx.put(HOSTS, Host("b", b"", tuple("x" * at for at in range(500))))

    with pytest.raises(TooLarge, match="10000 bytes"):
        await fill()
    assert store.metrics.aborted.value == 1
    with pytest.raises(TooLarge):
        await fill_on()
    assert list(store.scan(HOSTS)) == []
    assert list(store.find(HOSTS, "tag", b"", prefix=True)) == []
    await store.close()


async def test_a_transaction_is_used_once_and_only_inside_its_block(store: Store) -> None:
    tx = store.transaction()
    with pytest.raises(RuntimeError, match="not open"):
        tx.put(HOSTS, Host("a"))
    async with tx:
        tx.emit(HostChanged(name="a"))
    for use in (
        lambda: tx.put(HOSTS, Host("a")),
        lambda: tx.delete(HOSTS, b"a"),
        lambda: tx.emit(HostChanged(name="a")),
        tx.changes,
    ):
        with pytest.raises(RuntimeError, match="not open"):
            use()
    with pytest.raises(RuntimeError, match="once"):
        await tx.__aenter__()


async def test_a_transaction_that_only_reads_costs_no_flush(store: Store) -> None:
    await put(store, Host("a"))
    before = sum(store.metrics.flush_seconds.counts)
    async with store.transaction() as tx:
        assert tx.get(HOSTS, b"a") == Host("a")
    assert sum(store.metrics.flush_seconds.counts) == before
    assert store.sequence == 1


async def test_changes_tell_before_and_after(store: Store) -> None:
    await put(store, Host("a", b"1"), Host("b"))
    async with store.transaction(dry_run=True) as tx:
        tx.put(HOSTS, Host("a", b"2"))
        tx.delete(HOSTS, b"b")
        tx.put(HOSTS, Host("c"))
        tx.put(HOSTS, Host("d"))
        tx.delete(HOSTS, b"d")
        tx.emit(HostChanged(name="a"))
    assert tx.changes() == [
        Change("test.hosts", b"a", Host("a", b"1"), Host("a", b"2")),
        Change("test.hosts", b"b", Host("b"), None),
        Change("test.hosts", b"c", None, Host("c")),
    ]
    assert store.get(HOSTS, b"a") == Host("a", b"1")


async def test_a_dry_run_finds_the_mistakes_that_the_real_one_would(store: Store) -> None:
    async def silent() -> None:
        async with store.transaction(dry_run=True) as tx:
            tx.put(HOSTS, Host("a"))

    with pytest.raises(RuntimeError, match="needs an event"):
        await silent()


async def test_a_unique_key_may_move_within_a_transaction(store: Store) -> None:
    await put(store, Host("a", b"1"), Host("b", b"2"))
    async with store.transaction() as tx:
        tx.put(HOSTS, Host("a"))
        tx.put(HOSTS, Host("b", b"1"))
        tx.put(HOSTS, Host("a", b"2"))
        tx.emit(HostChanged(name="swap"))
    assert [host.name for host in store.find(HOSTS, "address", b"1")] == ["b"]
    assert [host.name for host in store.find(HOSTS, "address", b"2")] == ["a"]


async def test_scans_have_prefix_start_direction_and_limit(store: Store) -> None:
    await put(store, *(Host(name) for name in ("a", "b", "b1", "b2", "b\xff", "c")))

    def names(**options: Any) -> list[str]:
        return [host.name for host in store.scan(HOSTS, **options)]

    assert names(prefix=b"b") == ["b", "b1", "b2", "b\xff"]
    assert names(prefix=b"b", start=b"b2") == ["b2", "b\xff"]
    assert names(prefix=b"b", start=b"a") == ["b", "b1", "b2", "b\xff"]
    assert names(prefix=b"b", start=b"b1", reverse=True) == ["b1", "b"]
    assert names(prefix=b"b", start=b"zz", reverse=True) == ["b\xff", "b2", "b1", "b"]
    assert names(start=b"b1", limit=2) == ["b1", "b2"]
    assert names(reverse=True, limit=1) == ["c"]
    assert names(limit=0) == []


async def test_a_scan_shows_the_moment_of_its_call(store: Store) -> None:
    await put(store, *(Host(f"h{number:03}", b"%d" % number, ("x",)) for number in range(60)))
    scan, find = store.scan(HOSTS), store.find(HOSTS, "tag", b"x")
    await put(store, Host("h030", b"new"), Host("h0005"))
    async with store.transaction() as tx:
        tx.delete(HOSTS, b"h059")
        tx.emit(HostChanged(name="h059"))
    expected = [Host(f"h{number:03}", b"%d" % number, ("x",)) for number in range(60)]
    assert list(scan) == expected
    assert list(find) == expected


async def test_a_loop_may_change_what_it_scans(store: Store) -> None:
    await put(store, *(Host(f"h{number:03}", b"", ("x",)) for number in range(100)))
    async with store.transaction() as tx:
        for host in tx.scan(HOSTS):
            tx.delete(HOSTS, host.name.encode())
            tx.put(HOSTS, Host("new" + host.name))
        tx.emit(HostChanged(name="all"))
    names = [host.name for host in store.scan(HOSTS)]
    assert names == [f"newh{number:03}" for number in range(100)]


async def test_a_large_transaction_lets_others_run_while_it_is_prepared(store: Store) -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    async with store.transaction() as tx:
        for number in range(20_000):
            tx.put(NOTES, Note(f"n{number}", "x" * 60))
        before = turns
    assert turns - before >= 4
    counting.cancel()
    assert sum(1 for _ in store.scan(NOTES)) == 20_000


async def test_versions_of_unjournaled_values_count_transactions(store: Store) -> None:
    for expected in (1, 2):
        async with store.transaction() as tx:
            tx.put(NOTES, Note("n"))
        assert store.version(NOTES, b"n") == expected
    async with store.transaction() as tx:
        with pytest.raises(Conflict):
            tx.put(NOTES, Note("n"), if_version=1)
        tx.put(NOTES, Note("n", "new"), if_version=2)
    assert store.get(NOTES, b"n") == Note("n", "new")


async def test_a_value_that_does_not_fit_its_type_is_a_fault_that_names_it(
    store: Store, tmp_path: Path
) -> None:
    class Other(msgspec.Struct):
        name: int

    await put(store, Host("a"))
    await store.close()
    wrong = Collection("test.hosts", Other, key=lambda other: b"")
    again = await Store.open(tmp_path / "db", [wrong])
    with pytest.raises(StorageFault, match=r"test\.hosts can't be read as Other"):
        again.get(wrong, b"a")
    await again.close()


async def test_a_value_that_can_not_be_encoded_is_refused_at_once(store: Store) -> None:
    async with store.transaction() as tx:
        with pytest.raises(TypeError):
            tx.put(NOTES, Note("n", object()))  # type: ignore[arg-type]  # the point
    assert store.get(NOTES, b"n") is None


async def test_a_snapshot_waits_for_what_it_shows_to_be_durable(store: Store) -> None:
    writing = asyncio.create_task(put(store, Host("a")))
    await asyncio.sleep(0)
    assert store.get(HOSTS, b"a") == Host("a")
    assert store.sequence == 0
    async with store.snapshot() as snap:
        assert snap.get(HOSTS, b"a") == Host("a")
        assert (snap.sequence, store.sequence) == (1, 1)
    await writing
    with pytest.raises(StorageFault, match="gone"):
        snap.get(HOSTS, b"a")


async def test_metrics_tell_what_goes_on(store: Store) -> None:
    before = store.metrics.committed.value
    await asyncio.gather(*(put(store, Host(f"h{number}")) for number in range(20)))
    read = {
        (metric.name, *sample.labels): sample.value
        for metric in store.metrics
        for sample in metric.samples()
    }
    assert read["microdns_store_transactions_total", "committed"] == before + 20
    assert read["microdns_store_state", "open"] == 1
    assert read["microdns_store_transactions_waiting",] == 0
    assert read["microdns_journal_entries_total",] == 20
    assert read["microdns_journal_oldest_sequence",] == 1
    journal_bytes = read["microdns_journal_bytes",]
    assert isinstance(journal_bytes, float | int)
    assert journal_bytes > 20 * 50
    assert store.metrics.flush_transactions.counts[4:6] == [0, 1]  # all shared one flush


async def test_what_is_written_but_not_applied_yet_is_seen_in_every_way(store: Store) -> None:
    async def add(number: int) -> None:
        async with store.transaction() as tx:
            last = tx.get(HOSTS, b"counter") or Host("counter", b"0")
            assert int(last.address) == number
            tx.put(HOSTS, Host("counter", b"%d" % (number + 1)))
            tx.put(HOSTS, Host(f"h{number}", b"", ("x",)))
            if number:
                tx.delete(HOSTS, b"h%d" % (number - 1))
            tx.emit(HostChanged(name=f"h{number}"))

    async def look(number: int) -> None:
        assert store.sequence == 0
        assert store.get(HOSTS, b"h%d" % (number - 1)) == Host(f"h{number - 1}", b"", ("x",))
        assert store.get(HOSTS, b"h%d" % (number - 2)) is None
        assert store.version(HOSTS, b"counter") == number
        if number == 5:
            assert [host.name for host in store.scan(HOSTS)] == ["counter", "h4"]
        if number == 7:
            assert [host.name for host in store.find(HOSTS, "tag", b"x")] == ["h6"]
            assert list(store.find(HOSTS, "address", b"7")) == [Host("counter", b"7")]

    work = [step(number) for number in range(10) for step in (look, add) if number or step is add]
    await asyncio.gather(*work)
    assert [host.name for host in store.scan(HOSTS)] == ["counter", "h9"]
    assert [entry.sequence for entry in store.journal.read()] == list(range(1, 11))


class Wide(msgspec.Struct, array_like=True):
    name: str
    size: int
    text: str = ""


class Narrow(msgspec.Struct, array_like=True):
    name: str
    size: int


WIDES = Collection(
    "test.wides",
    Wide,
    key=lambda wide: wide.name.encode(),
    indexes=(Index("text", lambda wide: [wide.text.encode()]),),
    journaled=False,
)


async def test_all_values_are_loaded_by_their_first_fields(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.declare([WIDES])
    assert list(store.load_as(WIDES, Narrow)) == []
    monkeypatch.setattr("microdns.store.store._LOADED_AT_ONCE", 2)
    async with store.transaction() as tx:
        for number in range(4):
            tx.put(WIDES, Wide(f"{number}", number, "much text"))
        assert list(store.load_as(WIDES, Narrow)) == []
    async with store.transaction() as tx:
        tx.put(WIDES, Wide("4", 4))
        tx.delete(WIDES, b"0")
    found = list(store.load_as(WIDES, Narrow))
    assert [len(each) for each in found] == [2, 2]
    assert [each.name for chunk in found for each in chunk] == ["1", "2", "3", "4"]
    with pytest.raises(StorageFault, match=r"test\.wides can't be read"):
        list(store.load_as(WIDES, Note))
    await store.close()
    with pytest.raises(StorageFault):
        list(store.load_as(WIDES, Narrow))


class CountingEngine(Engine):
    """Counts the writes."""

    writes = 0

    def write(self, batch: Batch) -> None:
        self.writes += 1
        super().write(batch)


@pytest.fixture
async def counted(tmp_path: Path) -> AsyncIterator[tuple[Store, CountingEngine]]:
    """A store, and its engine, whose writes are counted from now on."""
    store = await Store.open(tmp_path / "db", COLLECTIONS, EVENTS, engine=CountingEngine)
    engine = store.bulk_engine
    assert isinstance(engine, CountingEngine)
    engine.writes = 0
    yield store, engine
    await store.close()


async def put_and_scan(store: Store, name: str, seen: list[list[str]]) -> None:
    async with store.transaction() as tx:
        seen.append([host.name for host in tx.scan(HOSTS)])
        tx.put(HOSTS, Host(name))
        tx.emit(HostChanged(name=name))


@pytest.mark.parametrize(("count", "writes"), [(3, 1), (300, 2)])
async def test_transactions_of_a_round_scan_without_a_write_each(
    counted: tuple[Store, CountingEngine], count: int, writes: int
) -> None:
    store, engine = counted
    expected = [f"h{number:03}" for number in range(count)]
    seen: list[list[str]] = []
    await asyncio.gather(*(put_and_scan(store, name, seen) for name in expected))
    assert seen == [expected[:number] for number in range(count)]
    assert engine.writes == writes


@pytest.mark.parametrize(("prefixes", "writes"), [(1, 1), (300, 2)])
async def test_reading_many_prefixes_applies_what_is_staged(
    counted: tuple[Store, CountingEngine], prefixes: int, writes: int
) -> None:
    store, engine = counted

    async def put_and_read(name: str, seen: list[str]) -> None:
        async with store.transaction() as tx:
            found = tx.scan_each(HOSTS, [b"h%03d" % number for number in range(prefixes)])
            seen.extend([host.name for host in found])
            tx.put(HOSTS, Host(name))
            tx.emit(HostChanged(name=name))

    seen: list[str] = []
    await asyncio.gather(put_and_read("h000", []), put_and_read("other", seen))
    assert seen == ["h000"]
    assert engine.writes == writes


async def test_what_a_transaction_looked_at_is_not_kept(store: Store) -> None:
    async with store.transaction(dry_run=True) as tx:
        assert list(tx.scan(HOSTS)) == []
        assert store.bulk_engine.sharing
    assert not store.bulk_engine.sharing
    seen: list[list[str]] = []
    await put_and_scan(store, "a", seen)
    assert not store.bulk_engine.sharing
