"""Timers: RFC 4861 sections 6.2.4 and 6.2.6."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdns_slaac.schedule import (
    MAX_INITIAL_RTR_ADVERT_INTERVAL,
    MIN_DELAY_BETWEEN_RAS,
    NEVER,
    UNICASTS_MAX,
    Schedule,
)


@pytest.fixture
def schedule() -> Schedule:
    return Schedule(200, 600, random.Random(1))


def sendings(schedule: Schedule, count: int, now: float = 0.0) -> list[float]:
    """When the next ones are sent."""
    times = []
    for _ in range(count):
        now = schedule.multicast_due
        times.append(now)
        schedule.sent_to_all(now)
    return times


def test_6_2_4_the_first_three_are_quick_and_the_others_random(schedule: Schedule) -> None:
    schedule.changed(100)
    times = sendings(schedule, 8)
    gaps = [after - before for before, after in pairwise(times)]
    assert 100 <= times[0] <= 100.5
    assert gaps[:2] == pytest.approx([MAX_INITIAL_RTR_ADVERT_INTERVAL] * 2)
    assert all(200 <= gap <= 600 for gap in gaps[2:])
    assert len(set(gaps[2:])) == 5


def test_6_2_4_a_short_interval_is_not_made_longer() -> None:
    schedule = Schedule(3, 4, random.Random(1))
    schedule.changed(0)
    times = sendings(schedule, 3)
    assert all(after - before <= 4 for before, after in pairwise(times))


def test_6_2_6_a_solicitation_is_answered_within_half_a_second(schedule: Schedule) -> None:
    schedule.multicast_due = 500
    assert schedule.solicited(100, b"")
    assert 100 <= schedule.due <= 100.5


def test_6_2_6_what_is_due_anyway_is_not_brought_forward(schedule: Schedule) -> None:
    schedule.multicast_due = 100.0
    assert not schedule.solicited(100, b"")
    assert schedule.due == 100.0


def test_6_2_6_after_an_advertisement_the_next_waits_three_seconds(schedule: Schedule) -> None:
    schedule.sent_to_all(100)
    assert schedule.solicited(101, b"")
    assert 103 <= schedule.due <= 103.5


@given(st.lists(st.floats(0, 30), max_size=60), st.integers(0, 2**32))
def test_6_2_6_all_hosts_are_never_told_twice_in_three_seconds(
    asked: list[float], seed: int
) -> None:
    schedule = Schedule(3, 4, random.Random(seed))
    schedule.changed(0)
    last = -NEVER
    for now in sorted(asked):
        while schedule.multicast_due <= now:
            sent = schedule.multicast_due
            assert sent - last >= MIN_DELAY_BETWEEN_RAS - 1e-9
            last = sent
            schedule.sent_to_all(sent)
        schedule.solicited(now, b"")
        schedule.soon(now)
        schedule.changed(now)


def test_a_host_is_answered_alone_once(schedule: Schedule) -> None:
    schedule.multicast_due = 900
    assert schedule.solicited(100, b"host")
    due = schedule.due
    assert not schedule.solicited(100.1, b"host")
    assert schedule.due == due
    assert schedule.hosts_due(due) == [b"host"]
    assert schedule.due == 900


def test_too_many_hosts_are_answered_together(schedule: Schedule) -> None:
    schedule.multicast_due = 900
    for number in range(UNICASTS_MAX):
        assert schedule.solicited(100, bytes((number,)))
    assert schedule.solicited(100, b"one more")
    assert len(schedule.unicasts) == UNICASTS_MAX
    assert schedule.multicast_due <= 100.5
    schedule.sent_to_all(schedule.multicast_due)
    assert not schedule.unicasts


def test_a_failure_is_tried_again_after_a_second(schedule: Schedule) -> None:
    schedule.failed(100)
    assert schedule.due == 101
