"""The store's promises: transactions, reads, snapshots, reopening."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from microdns.bus import Bus
from microdns.errors import Conflict, NotFound
from microdns.events import Entry, Principal, UnknownEvent
from microdns.store import Store, StoreLocked

from .samples import COLLECTIONS, EVENTS, HOSTS, NOTES, Host, HostChanged, HostPinged, Note

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


async def test_taps_hear_of_a_transaction_before_its_writer_goes_on(store: Store) -> None:
    bus = Bus(store.journal)
    heard: list[list[str]] = []
    untap = bus.tap(lambda entries: heard.append([e.type for e in entries]))
    bus.tap(lambda entries: heard.append([str(1 / 0)]), ["other.*"])
    await put(store, Host("a"), Host("b"))
    assert heard == [["host.changed", "host.changed"]]
    untap()
    await put(store, Host("c"))
    assert len(heard) == 1


async def test_a_subscription_goes_on_from_its_cursor_without_a_gap(store: Store) -> None:
    bus = Bus(store.journal)
    for name in "abc":
        await put(store, Host(name))
    seen: list[Entry] = []
    async with bus.subscribe(after=1, queue_max=2) as subscription:
        async for entry in subscription:
            seen.append(entry)
            if entry.sequence == 2:
                for name in "defgh":
                    await put(store, Host(name))
            if entry.sequence == 8:
                break
    assert [entry.sequence for entry in seen] == [2, 3, 4, 5, 6, 7, 8]


async def test_ephemeral_events_reach_those_who_name_them(store: Store) -> None:
    bus = Bus(store.journal)
    async with bus.subscribe([HostPinged], queue_max=1) as named, bus.subscribe() as other:
        bus.publish(HostPinged(name="a"))
        bus.publish(HostPinged(name="b"))
        await put(store, Host("a"))
        assert (await anext(named)).event == HostPinged(name="a")
        assert (await anext(other)).type == "host.changed"
    assert bus.metrics.dropped.value == 1
