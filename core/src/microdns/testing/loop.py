"""The event loop's own time, in a test's hands."""

import asyncio
import time
from types import TracebackType

import anyio.lowlevel

SETTLING_ROUNDS = 20


class LoopTime:
    """``with LoopTime() as loop_time: ...``: time stands still for the loop's timers.

    That is for what waits by the loop (``call_later``, ``asyncio.timeout``) and not by a ``Clock``:
    nothing is too late because the machine stood still.  Work goes on; only ``advance`` lets time
    pass.  After the block it passes by itself again, from where it was.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._now = self._loop.time()

    def __enter__(self) -> "LoopTime":
        self._loop.time = lambda: self._now  # type: ignore[method-assign]  # what this is for
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        behind = time.monotonic() - self._now
        self._loop.time = lambda: time.monotonic() - behind  # type: ignore[method-assign]  # as above

    async def advance(self, seconds: float) -> None:
        """Let time pass; timers that are due by then run, and whom they wake."""
        self._now += seconds
        await run_ready()


async def run_ready() -> None:
    """Give every task that can run a chance to do so."""
    for _ in range(SETTLING_ROUNDS):
        await anyio.lowlevel.checkpoint()
