"""The test kit's clock."""

import anyio
import pytest

from microdns.testing.clock import FakeClock

pytestmark = pytest.mark.anyio


async def test_sleepers_wake_in_the_order_of_their_time() -> None:
    clock, woken = FakeClock(), list[tuple[str, float]]()
    begin = clock.monotonic()

    async def sleeper(name: str, *naps: float) -> None:
        for nap in naps:
            await clock.sleep(nap)
            woken.append((name, clock.monotonic() - begin))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(sleeper, "late", 10.0)
        tasks.start_soon(sleeper, "often", 3.0, 3.0, 3.0)
        await clock.advance(9.0)
        assert woken == [("often", 3.0), ("often", 6.0), ("often", 9.0)]
        await clock.advance(1.0)
    assert woken[-1] == ("late", 10.0)


async def test_wall_clock_goes_along_and_can_jump() -> None:
    clock = FakeClock(start_ns=0)
    await clock.advance(1.5)
    assert clock.time_ns() == 1_500_000_000
    clock.jump_wall(-1.0)
    assert clock.time_ns() == 500_000_000
    assert clock.monotonic() == 1001.5
