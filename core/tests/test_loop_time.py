"""The test kit's hold on the event loop's time."""

import asyncio

import pytest

from microdns.testing import LoopTime

pytestmark = pytest.mark.anyio


async def test_the_loops_timers_wait_for_the_test() -> None:
    loop, called = asyncio.get_running_loop(), list[str]()
    with LoopTime() as loop_time:
        begin = loop.time()
        loop.call_later(0.001, called.append, "soon")
        loop.call_later(60, called.append, "late")
        await asyncio.to_thread(lambda: None)  # what does not wait goes on
        assert called == []
        await loop_time.advance(59)
        assert called == ["soon"]
        await loop_time.advance(1)
        assert called == ["soon", "late"]
        assert loop.time() == begin + 60


async def test_time_goes_on_from_where_it_was() -> None:
    loop = asyncio.get_running_loop()
    with LoopTime() as loop_time:
        await loop_time.advance(1000)
        held = loop.time()
    assert loop.time() >= held
    async with asyncio.timeout(60):
        await asyncio.sleep(0.001)
    assert loop.time() > held
