"""The bus: taps before the writer goes on, subscriptions without loss or repetition."""

import asyncio
import logging
import tempfile
from pathlib import Path

import pytest
from core.tests.bus.colours import EVENTS, Blue, Red, Seen, emit
from hypothesis import given, settings
from hypothesis import strategies as st

from microdns.bus import Bus, Subscription
from microdns.events import Entry, Event
from microdns.store import CursorTooOld, Store, StoreOptions
from microdns.testing.clock import FakeClock

pytestmark = pytest.mark.anyio


async def take(subscription: Subscription, number: int) -> list[int]:
    async with asyncio.timeout(60):
        return [(await anext(subscription)).sequence for _ in range(number)]


async def nothing_comes(subscription: Subscription) -> bool:
    waiting = asyncio.ensure_future(anext(subscription))
    for _ in range(5):
        await asyncio.sleep(0)
    came = waiting.done()
    waiting.cancel()
    return not came


async def test_a_tap_gets_each_transaction_as_one_before_its_writer_goes_on(
    store: Store, bus: Bus
) -> None:
    heard: list[list[int]] = []
    bus.tap(lambda entries: heard.append([entry.sequence for entry in entries]))
    await emit(store, Red(), Blue())
    assert heard == [[1, 2]]
    await asyncio.gather(*(emit(store, Red()) for _ in range(3)))
    assert heard == [[1, 2], [3], [4], [5]]


async def test_a_tap_gets_only_its_types_and_none_after_it_left(store: Store, bus: Bus) -> None:
    heard: list[int] = []
    untap = bus.tap(lambda entries: heard.extend(e.sequence for e in entries), [Blue])
    await emit(store, Red(), Blue(), Red())
    await emit(store, Red())
    untap()
    untap()
    await emit(store, Blue())
    assert heard == [2]


async def test_a_tap_that_fails_is_logged_and_others_go_on(
    store: Store, bus: Bus, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[int] = []

    def fail(entries: list[Entry]) -> None:
        raise ZeroDivisionError

    bus.tap(fail)
    bus.tap(lambda entries: heard.append(entries[0].sequence))
    with caplog.at_level(logging.ERROR, "microdns.bus"):
        await emit(store, Red())
    assert heard == [1]
    assert bus.metrics.tap_errors.value == 1
    assert "ZeroDivisionError" in caplog.text


async def test_a_tap_may_leave_and_others_may_come_while_it_is_called(
    store: Store, bus: Bus
) -> None:
    heard: list[str] = []

    def once(entries: list[Entry]) -> None:
        heard.append("once")
        untap()
        bus.tap(lambda entries: heard.append("later"))

    untap = bus.tap(once)
    await emit(store, Red())
    await emit(store, Red())
    assert heard == ["once", "later"]


async def test_a_subscription_begins_now_unless_it_has_a_cursor(store: Store, bus: Bus) -> None:
    await emit(store, Red(), Red(), Red())
    async with bus.subscribe() as now, bus.subscribe(after=1) as earlier:
        await emit(store, Red())
        assert await take(earlier, 3) == [2, 3, 4]
        assert await take(now, 1) == [4]
        assert await nothing_comes(now)


async def test_a_slow_subscriber_delays_nobody_and_misses_nothing(store: Store, bus: Bus) -> None:
    async with bus.subscribe(queue_max=5) as slow, bus.subscribe(queue_max=100) as quick:
        for number in range(50):
            await emit(store, Red(number=number))
        assert await take(quick, 50) == list(range(1, 51))
        assert await take(slow, 50) == list(range(1, 51))
        await emit(store, Red())
        assert await take(slow, 1) == [51]
    assert bus.metrics.lapses.value == 1


async def test_a_transaction_larger_than_the_queue_gets_through(store: Store, bus: Bus) -> None:
    async with bus.subscribe(queue_max=3) as subscription:
        waiting = asyncio.create_task(take(subscription, 12))
        await asyncio.sleep(0)
        await emit(store, *(Red() for _ in range(10)))
        await emit(store, Red(), Red())
        assert await waiting == list(range(1, 13))


async def test_position_passes_over_what_is_not_wanted(store: Store, bus: Bus) -> None:
    async with bus.subscribe([Blue]) as subscription:
        await emit(store, Red())
        assert subscription.position == 1
        await emit(store, Blue(), Red())
        assert subscription.position == 1
        await take(subscription, 1)
        assert subscription.position == 3
        await emit(store, Red())
    async with bus.subscribe([Blue], after=0) as subscription:
        await take(subscription, 1)
        assert await nothing_comes(subscription)
        assert subscription.position == 4


async def test_a_long_journal_without_what_is_wanted_does_not_stop_the_loop(
    store: Store, bus: Bus
) -> None:
    for _ in range(4):
        await emit(store, *(Red() for _ in range(1000)))
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    async with bus.subscribe([Blue], after=0) as subscription:
        waiting = asyncio.create_task(take(subscription, 1))
        for _ in range(100):
            await asyncio.sleep(0)
        assert subscription.position == 4000
        assert turns >= 10
        await emit(store, Blue())
        assert await waiting == [4001]
    counting.cancel()


async def test_a_cursor_older_than_the_journal_is_refused_now_or_later(tmp_path: Path) -> None:
    clock = FakeClock()
    options = StoreOptions(journal_age_seconds=10)
    store = await Store.open(tmp_path / "db", events=EVENTS, clock=clock, options=options)
    bus = Bus(store.journal, clock)
    await emit(store, Red(), Red())
    async with bus.subscribe(after=0, queue_max=5) as late:
        assert await take(late, 1) == [1]
        await clock.advance(100)
        await store.trim()
        await emit(store, Red())
        assert await take(late, 1) == [2]  # it had been read already
        assert await take(late, 1) == [3]
    async with bus.subscribe(queue_max=1) as slow:
        await emit(store, Red(), Red())
        await clock.advance(100)
        await store.trim()
        with pytest.raises(CursorTooOld, match="oldest entry is 6"):
            await take(slow, 1)
    with pytest.raises(CursorTooOld):
        async with bus.subscribe(after=1):
            pass
    await store.close()


async def test_ephemeral_events_go_to_those_who_name_them_and_never_to_disk(
    store: Store, bus: Bus
) -> None:
    heard: list[int] = []
    bus.tap(lambda entries: heard.append(entries[0].sequence))
    named: list[str] = []
    bus.tap(lambda entries: named.append(entries[0].type), ["test.*"])
    async with bus.subscribe([Seen, Red], queue_max=2) as both, bus.subscribe() as durable:
        bus.publish(Seen(number=1))
        await emit(store, Red())
        bus.publish(Seen(number=2))
        first = await anext(both)
        assert (first.sequence, first.event) == (0, Seen(number=1))
        assert await take(both, 1) == [1]
        assert await nothing_comes(both)
        assert await take(durable, 1) == [1]
    assert bus.metrics.dropped.value == 1
    assert heard == [1]
    assert named == ["test.seen", "test.red", "test.seen"]
    assert store.sequence == 1
    with pytest.raises(TypeError, match="not ephemeral"):
        bus.publish(Red())


async def test_a_closed_bus_hears_nothing(store: Store, bus: Bus) -> None:
    heard: list[Entry] = []
    bus.tap(heard.extend)
    bus.close()
    await emit(store, Red())
    assert heard == []


async def test_lag_is_shown_for_subscriptions_with_a_name(store: Store, bus: Bus) -> None:
    async with bus.subscribe(name="kafka"), bus.subscribe(name="kafka") as quick, bus.subscribe():
        await emit(store, Red(), Red())
        await take(quick, 2)
        lag = {sample.labels: sample.value for sample in bus.metrics.lag.samples()}
        assert lag == {("kafka",): 2}


steps = st.lists(
    st.one_of(
        st.tuples(st.just("emit"), st.lists(st.booleans(), min_size=1, max_size=4)),
        st.tuples(st.just("burst"), st.lists(st.booleans(), min_size=5, max_size=30)),
        st.tuples(st.just("take"), st.integers(1, 6)),
        st.tuples(st.just("publish"), st.integers(0, 9)),
        st.tuples(st.just("leave"), st.just(0)),
    ),
    max_size=25,
)


@settings(max_examples=25, deadline=None)
@given(steps, st.integers(1, 8), st.sampled_from([None, [Red], [Red, Seen]]))
def test_whatever_happens_a_subscriber_gets_each_entry_once_in_order(
    plan: list[tuple[str, object]], queue_max: int, types: list[type[Event]] | None
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_follow(Path(folder), plan, queue_max, types))


async def _follow(
    folder: Path,
    plan: list[tuple[str, object]],
    queue_max: int,
    types: list[type[Event]] | None,
) -> None:
    store = await Store.open(folder / "db", events=EVENTS, clock=FakeClock())
    bus = Bus(store.journal, store.clock)
    wanted: list[int] = []
    got: list[int] = []
    manager = bus.subscribe(types, after=0, queue_max=queue_max)
    subscription = await manager.__aenter__()
    for step, value in plan:
        if step in ("emit", "burst"):
            assert isinstance(value, list)
            writes = [value] if step == "emit" else [value[:1], value[1:3], value[3:]]
            for reds in writes:
                first = store.sequence + 1
                await emit(store, *(Red() if red else Blue() for red in reds))
                wanted += [first + at for at, red in enumerate(reds) if red or types is None]
        elif step == "publish":
            bus.publish(Seen())
        elif step == "take":
            assert isinstance(value, int)
            for _ in range(min(value, len(wanted) - len(got))):
                got += await _durable(subscription)
        else:
            await manager.__aexit__(None, None, None)
            manager = bus.subscribe(types, after=subscription.position, queue_max=queue_max)
            subscription = await manager.__aenter__()
    while len(got) < len(wanted):
        got += await _durable(subscription)
    assert got == wanted
    await manager.__aexit__(None, None, None)
    await store.close()


async def _durable(subscription: Subscription) -> list[int]:
    async with asyncio.timeout(60):
        while True:
            entry = await anext(subscription)
            if entry.sequence:
                return [entry.sequence]
