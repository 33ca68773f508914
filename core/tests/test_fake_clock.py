"""The test kit's clock."""

import time

import anyio
import pytest

from microdns.store.engine import Engine
from microdns.testing import FakeClock, run_kernel

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


async def test_no_time_passes_while_the_store_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the disk is, what waits for it goes on at the time at which it began."""
    clock, written = FakeClock(), list[float]()
    begin = clock.monotonic()
    flush = Engine.flush_wal

    def slowly(engine: Engine) -> None:
        time.sleep(0.02)
        flush(engine)

    async with run_kernel(clock=clock) as kernel, anyio.create_task_group() as tasks:
        monkeypatch.setattr(Engine, "flush_wal", slowly)

        async def write() -> None:
            for number in range(3):
                await clock.sleep(1)
                await kernel.store.save_cursor("test", number)
                written.append(clock.monotonic() - begin)

        tasks.start_soon(write)
        await clock.advance(3)
        assert written == [1, 2, 3]
