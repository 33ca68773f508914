"""Feeds: many followers of the journal, batches that they share."""

import asyncio
from pathlib import Path

import pytest
from core.tests.bus.colours import EVENTS, Blue, Red, Seen, emit

from microdns import feed
from microdns.batch import Batch
from microdns.bus import Bus
from microdns.events import Entry
from microdns.feed import Follower
from microdns.store import CursorTooOld, Store, StoreOptions
from microdns.testing import FakeClock, LoopTime

pytestmark = pytest.mark.anyio


async def batch_of(follower: Follower) -> Batch[Entry]:
    async with asyncio.timeout(60):
        return await anext(follower)


async def take(follower: Follower, number: int) -> list[int]:
    found: list[int] = []
    while len(found) < number:
        found += [entry.sequence for entry in (await batch_of(follower)).items]
    return found


async def test_followers_of_the_same_types_share_batches(store: Store, bus: Bus) -> None:
    with (
        bus.follow(["test.red"]) as one,
        bus.follow(["test.red"]) as two,
        bus.follow(["test.blue"]) as other,
    ):
        await emit(store, Red(), Blue())
        shared = await batch_of(one)
        assert await batch_of(two) is shared
        assert await take(other, 1) == [2]
        made = shared.made("sequences", lambda items: [each.sequence for each in items])
        assert made == [1]
        assert shared.made("sequences", lambda _items: []) is made


async def test_what_is_written_meanwhile_comes_together(store: Store, bus: Bus) -> None:
    with bus.follow() as follower:
        with LoopTime():
            await emit(store, Red())
            assert len((await batch_of(follower)).items) == 1
            for number in range(10):
                await emit(store, Red(number=number))
        assert len((await batch_of(follower)).items) == 10


async def test_a_follower_goes_from_the_journal_to_what_is_new(store: Store, bus: Bus) -> None:
    for number in range(300):
        await emit(store, Red(number=number), Blue())
    with bus.follow(["test.red"], after=0) as late, bus.follow(["test.red"]) as live:
        reading = asyncio.create_task(take(late, 350))
        for number in range(50):
            await emit(store, Red(number=number), Blue())
        assert await reading == list(range(1, 700, 2))
        assert await take(live, 50) == list(range(601, 700, 2))


async def test_one_that_comes_while_a_batch_is_gathered_gets_what_is_after_its_place(
    store: Store, bus: Bus
) -> None:
    with bus.follow() as first:
        with LoopTime():
            await emit(store, Red())
            await take(first, 1)
            await emit(store, Red())  # gathered, and told in a while
        with bus.follow() as second, bus.follow(after=1) as third:
            await emit(store, Red())
            assert await take(second, 1) == [3]
            assert await take(third, 2) == [2, 3]
            assert await take(first, 2) == [2, 3]


async def test_a_slow_follower_reads_the_journal_and_misses_nothing(
    store: Store, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "KEPT_BATCHES_MAX", 2)
    monkeypatch.setattr(feed, "BATCH_ENTRIES_MAX", 4)
    with bus.follow() as slow, bus.follow() as quick:
        for burst in range(6):
            with LoopTime():  # or the quick one's five come in more batches than are kept
                for number in range(5):
                    await emit(store, Red(number=5 * burst + number))
            await take(quick, 5)
        assert await take(slow, 30) == list(range(1, 31))
        assert bus.metrics.lapses.value == 1
        await emit(store, Red())
        assert await take(slow, 1) == [31]
        assert await take(quick, 1) == [31]


async def test_ephemeral_events_are_for_those_who_name_them(store: Store, bus: Bus) -> None:
    with bus.follow(["test.seen", "test.red"]) as named, bus.follow() as everything:
        bus.publish(Seen())
        assert await take(named, 1) == [0]
        await emit(store, Red())
        assert await take(named, 1) == [1]
        assert await take(everything, 1) == [1]


async def test_the_lag_is_told_and_a_feed_ends_with_its_last_follower(
    store: Store, bus: Bus
) -> None:
    with bus.follow(name="slow"), bus.follow(name="quick") as quick:
        await emit(store, Red(), Red())
        await take(quick, 2)
        lags = {sample.labels[0]: sample.value for sample in bus.metrics.lag.samples()}
        assert lags == {"slow": 2, "quick": 0}
    await emit(store, Red())
    assert not list(bus.metrics.lag.samples())


async def test_a_place_that_retention_has_removed_is_told(tmp_path: Path) -> None:
    clock = FakeClock()
    options = StoreOptions(journal_age_seconds=50)
    store = await Store.open(tmp_path / "db", events=EVENTS, clock=clock, options=options)
    bus = Bus(store.journal, clock)
    await emit(store, Red(), Red())
    with bus.follow(after=0) as late:
        await clock.advance(100)
        await store.trim()
        await emit(store, Red())
        with pytest.raises(CursorTooOld):
            await take(late, 3)
    with pytest.raises(CursorTooOld), bus.follow(after=0):
        pass
    await store.close()
