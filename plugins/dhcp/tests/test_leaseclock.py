"""Lease time, when the machine's clock is set."""

from pathlib import Path

import pytest

from microdns.testing import FakeClock, run_kernel
from microdns_dhcp.book import LeaseBook
from microdns_dhcp.leaseclock import NS, LeaseClock
from microdns_dhcp.plugin import DhcpPlugin

pytestmark = pytest.mark.anyio

HOUR, YEAR = 3600, 365 * 86_400


@pytest.mark.parametrize("jump", [-HOUR, YEAR])
async def test_a_jump_leaves_lease_time_where_it_is(fake_clock: FakeClock, jump: int) -> None:
    clock = LeaseClock(fake_clock)
    before = clock.now()
    fake_clock.jump_wall(jump)
    assert clock.check() == jump
    assert clock.now() == before
    assert clock.check() == 0
    await fake_clock.advance(10)
    assert clock.now() == before + 10
    assert clock.wall(clock.now()) == fake_clock.time_ns() // NS


@pytest.mark.parametrize("jump", [-HOUR, YEAR])
async def test_lease_time_goes_on_after_a_restart(fake_clock: FakeClock, jump: int) -> None:
    clock = LeaseClock(fake_clock)
    fake_clock.jump_wall(jump)
    clock.check()
    mark = clock.mark()
    await fake_clock.advance(100)
    assert LeaseClock(fake_clock, mark).now() == mark.seen + 100


async def test_lease_time_never_goes_back_over_a_restart(fake_clock: FakeClock) -> None:
    mark = LeaseClock(fake_clock).mark()
    fake_clock.jump_wall(-HOUR)
    again = LeaseClock(fake_clock, mark)
    assert again.now() == mark.seen
    assert again.check() == 0


@pytest.mark.parametrize("jump", [0, -HOUR])
async def test_lease_time_goes_on_from_the_very_end(
    fake_clock: FakeClock, jump: int, tmp_path: Path
) -> None:
    """An orderly stop leaves no minute to be lived through again."""
    async with run_kernel([DhcpPlugin()], clock=fake_clock, folder=tmp_path) as kernel:
        await fake_clock.advance(59)
        fake_clock.jump_wall(jump)  # nobody has looked at it when it stops
        before = kernel.services.require(LeaseBook).clock.now()
    fake_clock.jump_wall(jump)
    async with run_kernel([DhcpPlugin()], clock=fake_clock, folder=tmp_path) as kernel:
        assert kernel.services.require(LeaseBook).clock.now() == before


async def test_drift_is_followed(fake_clock: FakeClock) -> None:
    clock = LeaseClock(fake_clock)
    for _ in range(20):
        await fake_clock.advance(60)
        fake_clock.jump_wall(1)
        assert clock.check() == 0
    assert abs(clock.now() - fake_clock.time_ns() // NS) <= 1
