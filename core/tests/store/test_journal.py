"""The journal: order, gaps, types, and how much of it is kept."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdns.events import Event, Principal, UnknownEvent
from microdns.store import CursorTooOld, Store, StoreOptions
from microdns.store.retention import SEGMENT_ENTRIES, Retention
from microdns.store.typefilter import TypeFilter
from microdns.testing.clock import FakeClock

from .samples import COLLECTIONS, EVENTS, HOSTS, Host, HostChanged, HostPinged

pytestmark = pytest.mark.anyio


class HostGone(Event, frozen=True, kw_only=True, tag="host.gone"):
    name: str


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def store(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Store]:
    store = await opened(tmp_path, clock)
    yield store
    await store.close()


async def opened(
    path: Path, clock: FakeClock, age: float | None = None, size: int | None = None
) -> Store:
    return await Store.open(
        path / "db",
        COLLECTIONS,
        [*EVENTS, HostGone],
        clock=clock,
        options=StoreOptions(journal_age_seconds=age, journal_bytes_max=size),
    )


async def emit(
    store: Store, *names: str, kind: type[HostChanged] | type[HostGone] = HostChanged
) -> None:
    async with store.transaction(Principal("eva", address="::1")) as tx:
        for name in names:
            tx.emit(kind(name=name))


def sequences(store: Store) -> list[int]:
    return [entry.sequence for entry in store.journal.read()]


async def test_an_entry_says_who_when_and_in_which_transaction(
    store: Store, clock: FakeClock
) -> None:
    await emit(store, "a")
    await clock.advance(1)
    await emit(store, "b", "c")
    last = list(store.journal.read())[-1]
    assert (last.sequence, last.transaction) == (3, 2)
    assert last.time_ns == clock.time_ns()
    assert last.actor == Principal("eva", address="::1")
    assert (last.type, last.event) == ("host.changed", HostChanged(name="c"))


async def test_reading_by_cursor_limit_and_type(store: Store) -> None:
    for number in range(10):
        await emit(store, f"h{number}", kind=HostGone if number % 3 == 0 else HostChanged)
    journal = store.journal
    assert [entry.sequence for entry in journal.read(after=7)] == [8, 9, 10]
    assert [entry.sequence for entry in journal.read(after=2, limit=2)] == [3, 4]
    assert [entry.sequence for entry in journal.read(types=[HostGone])] == [1, 4, 7, 10]
    assert [e.sequence for e in journal.read(types=["host.gone"], limit=2)] == [1, 4]
    assert len(list(journal.read(types=["host.*"]))) == 10
    assert list(journal.read(types=["zone.*"])) == []
    assert [e.sequence for e in journal.read(types=[HostGone], limit=2, reverse=True)] == [10, 7]
    assert [entry.sequence for entry in journal.read(after=7, reverse=True)] == [10, 9, 8]
    assert list(journal.read(after=10)) == []
    assert list(journal.read(after=99)) == []


async def test_a_search_lets_others_run_and_finds_what_reading_does(store: Store) -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    for _ in range(3):
        await emit(store, *(f"h{number}" for number in range(1000)))
    await emit(store, "last", kind=HostGone)
    counting = asyncio.create_task(count())
    assert [entry.sequence async for entry in store.journal.search(types=[HostGone])] == [3001]
    assert turns >= 5
    newest = store.journal.search(2995, reverse=True)
    assert [entry.sequence async for entry in newest] == [3001, 3000, 2999, 2998, 2997, 2996]
    counting.cancel()


async def test_a_single_text_is_not_a_list_of_types(store: Store) -> None:
    with pytest.raises(TypeError, match=r"host\.gone"):
        store.journal.read(types="host.gone")


async def test_an_aborted_transaction_leaves_no_gap(store: Store) -> None:
    async def fail() -> None:
        async with store.transaction() as tx:
            tx.emit(HostChanged(name="x"))
            raise ZeroDivisionError

    await emit(store, "a")
    with pytest.raises(ZeroDivisionError):
        await fail()
    await emit(store, "b")
    assert sequences(store) == [1, 2]


async def test_an_event_that_does_not_fit_its_class_any_more_reads_as_unknown(
    store: Store, tmp_path: Path, clock: FakeClock
) -> None:
    class Changed(Event, frozen=True, kw_only=True, tag="host.changed"):
        name: int

    await emit(store, "a")
    await store.close()
    again = await Store.open(tmp_path / "db", events=[Changed], clock=clock)
    (entry,) = again.journal.read()
    assert isinstance(entry.event, UnknownEvent)
    assert msgspec.msgpack.decode(entry.event.payload)["name"] == "a"
    assert again.journal.undecodable == 1
    await again.close()


async def test_events_must_be_declared_and_not_ephemeral(store: Store) -> None:
    class Stranger(Event, frozen=True, kw_only=True, tag="stranger.came"):
        pass

    async with store.transaction() as tx:
        with pytest.raises(LookupError, match=r"stranger\.came is not declared"):
            tx.emit(Stranger())
        with pytest.raises(TypeError, match="ephemeral"):
            tx.emit(HostPinged(name="a"))
    with pytest.raises(ValueError, match="declared twice"):
        await store.declare(events=[_other_host_gone()])
    assert store.sequence == 0


def _other_host_gone() -> type[Event]:
    class Other(Event, frozen=True, kw_only=True, tag="host.gone"):
        pass

    return Other


async def test_entries_past_their_age_go_segment_by_segment(
    tmp_path: Path, clock: FakeClock
) -> None:
    store = await opened(tmp_path, clock, age=1600)
    for _ in range(10):
        await emit(store, "a", "b")
        await clock.advance(200)
    assert store.journal.oldest > 1
    assert store.journal.oldest <= 2 * 10 - 2 * 1600 // 200 + 1
    assert sequences(store) == list(range(store.journal.oldest, 21))
    with pytest.raises(CursorTooOld) as caught:
        store.journal.read(after=0)
    assert (caught.value.after, caught.value.oldest) == (0, store.journal.oldest)
    await store.close()
    again = await opened(tmp_path, clock, age=1600)
    assert again.journal.oldest == store.journal.oldest
    assert sequences(again)[-1] == 20
    await again.close()


async def test_a_journal_all_of_which_is_old_empties_and_keeps_counting(
    tmp_path: Path, clock: FakeClock
) -> None:
    store = await opened(tmp_path, clock, age=1000)
    await emit(store, "a", "b", "c")
    await clock.advance(5000)
    await store.trim()
    assert (store.journal.oldest, store.journal.newest) == (4, 3)
    assert sequences(store) == []
    await store.close()
    store = await opened(tmp_path, clock, age=1000)
    assert (store.journal.oldest, store.journal.newest) == (4, 3)
    await clock.advance(500)
    await emit(store, "d")
    assert sequences(store) == [4]
    await clock.advance(600)
    await store.trim()
    assert sequences(store) == [4]
    await clock.advance(500)
    await store.trim()
    assert sequences(store) == []
    await store.close()


async def test_old_entries_go_though_nobody_writes(tmp_path: Path, clock: FakeClock) -> None:
    store = await opened(tmp_path, clock, age=100)
    await emit(store, "a")
    for _ in range(5):
        await clock.advance(60)
    async with store.snapshot():
        pass
    assert store.journal.oldest == 2
    await store.close()


async def test_a_clock_set_forward_does_not_empty_the_journal(
    tmp_path: Path, clock: FakeClock
) -> None:
    store = await opened(tmp_path, clock, age=86_400)
    await emit(store, "a")
    clock.jump_wall(365 * 86_400)
    await emit(store, "b")
    await store.trim()
    assert sequences(store) == [1, 2]
    await store.close()


async def test_the_journal_keeps_to_its_size(tmp_path: Path, clock: FakeClock) -> None:
    size = 64_000
    store = await opened(tmp_path, clock, size=size)
    for number in range(400):
        await emit(store, "x" * (number % 700))
        assert store.journal.retention.bytes < size * 1.2
    assert store.journal.retention.bytes > size * 0.7
    assert store.journal.oldest > 100
    assert sequences(store) == list(range(store.journal.oldest, 401))
    before = store.journal.retention.bytes
    await store.close()
    again = await opened(tmp_path, clock, size=size)
    assert again.journal.retention.bytes == before
    smaller = size // 4
    await again.close()
    again = await opened(tmp_path, clock, size=smaller)
    await again.trim()
    assert again.journal.retention.bytes < smaller * 1.6
    await again.close()


async def test_a_start_does_not_read_a_large_transaction_again(
    tmp_path: Path, clock: FakeClock
) -> None:
    store = await opened(tmp_path, clock, size=100_000)
    await emit(store, "first")
    await emit(store, *("x" * 1000 for _ in range(200)))
    assert store.journal.retention.last_mark is not None
    assert store.journal.retention.last_mark.sequence == 202  # nothing is in the open segment
    await store.trim()
    assert sequences(store)[-200:] == list(range(2, 202))  # it stays, though it is too large
    size = store.journal.retention.bytes
    await store.close()

    store = await opened(tmp_path, clock, size=100_000)
    assert store.sequence == 201
    assert store.journal.retention.bytes == size
    await emit(store, "next")
    assert sequences(store) == [202]
    await store.close()

    store = await opened(tmp_path, clock, size=100_000)
    assert sequences(store) == [202]
    await store.close()


async def test_a_reader_under_way_keeps_what_retention_removes(
    tmp_path: Path, clock: FakeClock
) -> None:
    store = await opened(tmp_path, clock, age=100)
    await emit(store, *"abcdef")
    reading = store.journal.read()
    assert next(reading).sequence == 1
    await clock.advance(1000)
    await store.trim()
    assert [entry.sequence for entry in reading] == [2, 3, 4, 5, 6]
    await store.close()


@given(
    st.lists(st.tuples(st.integers(1, 3000), st.integers(0, 400_000), st.integers(-5, 500))),
    st.integers(1000, 3_000_000),
)
def test_retention_keeps_books_of_every_byte(
    transactions: list[tuple[int, int, int]], size: int
) -> None:
    retention = Retention(StoreOptions(journal_bytes_max=size, journal_age_seconds=1000))
    sequence, now_s = 1, 10_000
    kept: dict[int, tuple[int, int]] = {}
    for entries, octets, seconds in transactions:
        now_s += seconds
        kept[sequence] = (octets, now_s)
        retention.add(sequence, now_s * 10**9, octets)
        sequence += entries
        while (cut := retention.cut(now_s * 10**9)) is not None:
            _, first = cut
            gone = [start for start in kept if start < first.sequence]
            assert gone
            for start in gone:
                del kept[start]
        assert retention.bytes == sum(octets for octets, _ in kept.values())
    assert sequence - 1 < SEGMENT_ENTRIES or not transactions or retention.last_mark is not None


@given(st.lists(st.sampled_from(["a.x", "a.y", "b.x", "a.*", "*", "b"])))
def test_type_patterns_match_whole_parts(types: list[str]) -> None:
    chosen = TypeFilter(types)
    for name, _ in itertools.product(["a.x", "a.y", "b.x", "ab.x"], range(2)):
        wanted = name in types or any(
            kind.endswith(".*") and name.startswith(kind[:-1]) for kind in types
        )
        assert chosen.matches(name) == wanted


async def test_host_names_of_the_sample_are_kept(store: Store) -> None:
    async with store.transaction() as tx:
        tx.put(HOSTS, Host("a"))
        tx.emit(HostChanged(name="a", after=Host("a")))
    assert tx.entries == list(store.journal.read())
