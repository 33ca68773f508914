"""What was there at an earlier point, from the journal."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdns.errors import Invalid, NotFound, StorageFault, TooLarge
from microdns.events import Event
from microdns.points import FORM, Point, point_of
from microdns.store import Collection, CursorTooOld, Past, Store, StoreOptions
from microdns.testing.clock import FakeClock

from .samples import COLLECTIONS, EVENTS, HOSTS, NOTES, Host, HostChanged

pytestmark = pytest.mark.anyio


class HostWas(Event, frozen=True, kw_only=True, tag="host.was"):
    """Tells all about a change of a host."""

    tells = (HOSTS,)
    before: Host | None = None
    after: Host | None = None

    def undo(self, past: Past, collection: Collection[Any], only: str) -> None:
        if self.after is not None:
            past.remove(HOSTS, self.after.name.encode())
        if self.before is not None and only in ("", self.before.name):
            past.put(HOSTS, self.before)


OPTIONS = StoreOptions(past_entries_max=50, past_rows_max=30)


@pytest.fixture
async def store(tmp_path: Path, fake_clock: FakeClock) -> AsyncIterator[Store]:
    store = await Store.open(
        tmp_path / "db", COLLECTIONS, [*EVENTS, HostWas], clock=fake_clock, options=OPTIONS
    )
    yield store
    await store.close()


async def change(store: Store, *changes: tuple[Host | None, Host | None]) -> int:
    """All in one transaction, an entry each; the sequence of the last."""
    async with store.transaction() as tx:
        for before, after in changes:
            if before is not None:
                tx.delete(HOSTS, before.name.encode())
            if after is not None:
                tx.put(HOSTS, after)
            tx.emit(HostWas(before=before, after=after))
    return store.sequence


async def hosts_at(store: Store, point: Point, only: str = "") -> list[Host]:
    async with store.snapshot(point) as past:
        await past.unwind(HOSTS, only)
        return list(past.scan(HOSTS))


async def test_a_point_is_a_sequence_or_a_time() -> None:
    assert point_of("17") == Point(sequence=17)
    noon = Point(time_ns=1_767_268_800_123_456_000)
    assert point_of("2026-01-01T12:00:00.123456Z") == noon
    assert point_of("2026-01-01T13:00:00.123456+01:00") == noon


@pytest.mark.parametrize(
    "text", ["", "-1", "x", "2026-01-01", "2026-01-01T12:00:00", "1" * 19, "1\n"]
)
async def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="as_of: write a sequence of the journal, or a time"):
        point_of(text)


@given(st.text(max_size=40) | st.from_regex(FORM, fullmatch=True))
def test_any_text_is_a_point_or_refused(text: str) -> None:
    try:
        point = point_of(text)
    except Invalid:
        return
    assert (point.sequence is None) != (point.time_ns is None)


async def test_each_sequence_shows_what_was_there_then(store: Store) -> None:
    one, two, three = Host("a", b"1", ("x",)), Host("a", b"2"), Host("b", b"1")
    states = {0: [], await change(store, (None, one)): [one]}
    states[await change(store, (one, two))] = [two]
    states[await change(store, (None, three))] = [two, three]
    states[await change(store, (two, None))] = [three]
    for sequence, hosts in states.items():
        assert await hosts_at(store, Point(sequence=sequence)) == hosts
    async with store.snapshot(Point(sequence=1)) as past:
        await past.unwind(HOSTS)
        assert list(past.find(HOSTS, "address", b"1")) == [one]
        assert list(past.find(HOSTS, "tag", b"x")) == [one]
        assert list(past.find(HOSTS, "address", b"2")) == []
        assert past.get(HOSTS, b"b") is None
        assert [each.name for each in past.scan(HOSTS, reverse=True)] == ["a"]
        assert past.version(HOSTS, b"a") == 0  # that is not known any more


async def test_only_a_part_is_brought_back_when_only_that_is_wanted(store: Store) -> None:
    both = (Host("a"), Host("b"))
    before = await change(store, (None, both[0]), (None, both[1]))
    await change(store, (both[0], None), (both[1], None))
    assert await hosts_at(store, Point(sequence=before), "b") == [both[1]]


async def test_a_transaction_counts_whole(store: Store) -> None:
    await change(store, (None, Host("a")), (None, Host("b")), (None, Host("c")))
    for sequence in (1, 2, 3):
        assert len(await hosts_at(store, Point(sequence=sequence))) == 3


async def test_a_time_is_the_last_entry_written_by_then(
    store: Store, fake_clock: FakeClock
) -> None:
    states = {fake_clock.time_ns(): 0}
    for number in range(1, 8):
        fake_clock.jump_wall(10)
        await change(store, (None, Host(str(number))))
        states[fake_clock.time_ns()] = number
        fake_clock.jump_wall(10)
        states[fake_clock.time_ns()] = number
    for time_ns, count in states.items():
        assert len(await hosts_at(store, Point(time_ns=time_ns))) == count
    with pytest.raises(NotFound, match="not come to that time"):
        await hosts_at(store, Point(time_ns=fake_clock.time_ns() + 1))


async def test_what_the_journal_does_not_have_is_refused(store: Store) -> None:
    await change(store, (None, Host("a")))
    with pytest.raises(NotFound, match="not come to 2"):
        await hosts_at(store, Point(sequence=2))
    store.journal.oldest = 3  # as after retention
    store.journal.newest = 5
    with pytest.raises(CursorTooOld):
        await hosts_at(store, Point(sequence=1))


async def test_a_time_before_the_oldest_entry_left_is_refused(tmp_path: Path) -> None:
    clock = FakeClock()
    options = StoreOptions(journal_age_seconds=100)
    store = await Store.open(tmp_path, COLLECTIONS, [HostWas], clock=clock, options=options)
    start = clock.time_ns()
    for number in range(10):
        await change(store, (None, Host(str(number))))
        await clock.advance(30)
    await store.trim()
    assert store.journal.oldest > 1
    for point in (Point(time_ns=start), Point(sequence=1)):
        with pytest.raises(CursorTooOld):
            await hosts_at(store, point)
    assert len(await hosts_at(store, Point(sequence=9))) == 9
    await store.close()


async def test_what_happens_meanwhile_does_not_show(store: Store) -> None:
    await change(store, (None, Host("a")))
    async with store.snapshot(Point(sequence=1)) as past:
        await change(store, (None, Host("b")))
        await past.unwind(HOSTS)
        await change(store, (Host("a"), None))
        assert list(past.scan(HOSTS)) == [Host("a")]


async def test_work_and_memory_are_bounded(store: Store) -> None:
    for number in range(40):
        await change(store, (None, Host(str(number))))
    with pytest.raises(TooLarge, match="more than 30 changes"):
        await hosts_at(store, Point(sequence=5))
    assert len(await hosts_at(store, Point(sequence=15))) == 15
    for number in range(40, 60):
        await change(store, (None, Host(str(number))))
    with pytest.raises(TooLarge, match="past_entries_max"):
        await hosts_at(store, Point(sequence=5))


async def test_only_what_was_unwound_can_be_read(store: Store) -> None:
    await change(store, (None, Host("a")))
    async with store.snapshot(Point(sequence=0)) as past:
        with pytest.raises(LookupError, match="not unwound"):
            past.get(HOSTS, b"a")
        with pytest.raises(LookupError, match="no event tells"):
            await past.unwind(NOTES)


async def test_an_entry_that_can_not_be_read_is_a_fault(tmp_path: Path) -> None:
    class Other(Event, frozen=True, kw_only=True, tag="host.was"):
        tells = (HOSTS,)
        before: int

    store = await Store.open(tmp_path, COLLECTIONS, [HostWas])
    await change(store, (None, Host("a")))
    await store.close()
    again = await Store.open(tmp_path, COLLECTIONS, [Other, HostChanged])
    with pytest.raises(StorageFault, match=r"host\.was"):
        await hosts_at(again, Point(sequence=0))
    await again.close()


async def test_a_snapshot_of_now_needs_no_unwinding(store: Store) -> None:
    await change(store, (None, Host("a")))
    async with store.snapshot() as now:
        await now.unwind(HOSTS)
        assert list(now.scan(HOSTS)) == [Host("a")]
