"""The timer wheel."""

import hypothesis.strategies as st
from hypothesis import given

from microdns_dhcp.wheel import Wheel


@given(st.lists(st.integers(0, 50)), st.integers(0, 60), st.integers(1, 10))
def test_gives_what_is_due_in_order_and_nothing_else(
    times: list[int], now: int, limit: int
) -> None:
    wheel: Wheel[int] = Wheel()
    for when in times:
        wheel.add(when, when)
    found = []
    while due := wheel.due(now, limit):
        assert len(due) <= limit
        found += due
    assert found == sorted(when for when in times if when <= now)
    assert len(wheel) == len(times) - len(found)


def test_a_long_pause_costs_no_more_than_what_is_due() -> None:
    wheel: Wheel[str] = Wheel()
    wheel.add(5, "a")
    wheel.add(10**9, "b")
    assert wheel.due(10**8, 10) == ["a"]
    assert wheel.due(10**9, 10) == ["b"]


@given(st.lists(st.integers(0, 20)))
def test_many_at_once_are_the_same_as_one_by_one(times: list[int]) -> None:
    at_once, one_by_one = Wheel[int](), Wheel[int]()
    at_once.add_all(times, lambda when: when, never=7)
    for when in times:
        if when != 7:
            one_by_one.add(when, when)
    assert at_once.due(30, 100) == one_by_one.due(30, 100)
