"""Which addresses are given out, in which order, and at what cost."""

from typing import Any

import hypothesis.strategies as st
from hypothesis import given, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from microdns_dhcp.free import FreeAddresses


def test_gives_fresh_addresses_in_order_then_the_longest_unused() -> None:
    pool = FreeAddresses(10, 13)
    assert [pool.take() for _ in range(5)] == [10, 11, 12, 13, None]
    pool.release(12)
    pool.release(10)
    assert [pool.take() for _ in range(3)] == [12, 10, None]


def test_a_released_address_waits_behind_fresh_ones() -> None:
    pool = FreeAddresses(1, 3)
    assert pool.take() == 1
    pool.release(1)
    assert [pool.take() for _ in range(3)] == [2, 3, 1]


def test_steps_over_a_long_run_at_once() -> None:
    pool = FreeAddresses(0, 1 << 64)
    for address in range(1, 50_000):
        assert pool.take_at(address)
    assert pool.take() == 0
    assert pool.take() == 50_000


def test_small_holes_found_while_rebuilding_are_given_out_after_fresh_ones() -> None:
    pool = FreeAddresses(0, 6)
    pool.rebuild([0, 3, 4])
    assert pool.free == 4
    assert [pool.take() for _ in range(5)] == [5, 6, 1, 2, None]


def test_large_holes_found_while_rebuilding_stay_fresh() -> None:
    pool = FreeAddresses(0, 1 << 24)
    pool.rebuild([1_000_000])
    assert pool.free == 1 << 24
    assert pool.take() == 0


@given(st.sets(st.integers(0, 60)))
def test_rebuilt_ranges_give_out_exactly_what_is_not_taken(taken: set[int]) -> None:
    pool = FreeAddresses(0, 60)
    pool.rebuild(sorted(taken))
    assert pool.free == 61 - len(taken)
    given_out = [pool.take() for _ in range(61 - len(taken))]
    assert set(given_out) == set(range(61)) - taken
    assert pool.take() is None


class AgainstASet(RuleBasedStateMachine):
    """Any sequence of steps agrees with a plain set of free addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = FreeAddresses(100, 119)
        self.free = set(range(100, 120))

    @rule()
    def take(self) -> None:
        address = self.pool.take()
        if address is None:
            assert not self.free
        else:
            self.free.remove(address)

    @rule(address=st.integers(98, 122))
    def take_at(self, address: int) -> None:
        assert self.pool.is_free(address) == (address in self.free)
        assert self.pool.take_at(address) == (address in self.free)
        self.free.discard(address)

    @rule(address=st.integers(98, 122))
    def release(self, address: int) -> None:
        self.pool.release(address)
        if 100 <= address < 120:
            self.free.add(address)

    @invariant()
    def counts(self) -> None:
        assert self.pool.free == len(self.free)


AgainstASet.TestCase.settings = settings(max_examples=100, stateful_step_count=60)
TestAgainstASet: Any = AgainstASet.TestCase
