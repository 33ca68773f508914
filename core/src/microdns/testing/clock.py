"""A clock that stands still until a test turns it."""

import asyncio
import heapq
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import anyio
import anyio.lowlevel

from microdns.testing.loop import run_ready

START_NS = 1_767_225_600_000_000_000
"""2026-01-01T00:00:00Z."""
WORK_SECONDS = 0.0002


class FakeClock:
    """Implements ``microdns.clock.Clock``; sleepers wake when ``advance`` passes their time."""

    def __init__(self, start_ns: int = START_NS) -> None:
        self._wall_ns = start_ns
        self._monotonic = 1000.0
        self._sleepers: list[tuple[float, int, anyio.Event]] = []
        self._numbers = itertools.count()
        self._works: list[Callable[[], bool]] = []

    def time_ns(self) -> int:
        return self._wall_ns

    def monotonic(self) -> float:
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        woken = anyio.Event()
        due = self._monotonic + max(0.0, seconds)
        heapq.heappush(self._sleepers, (due, next(self._numbers), woken))
        await woken.wait()

    def jump_wall(self, seconds: float) -> None:
        """Set the wall clock forward or back, as NTP or an operator may; nobody wakes."""
        self._wall_ns += round(seconds * 1_000_000_000)

    async def advance(self, seconds: float) -> None:
        """Let time pass; each sleeper wakes at its own moment, and gets to run."""
        end = self._monotonic + seconds
        await self.settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            due, _, woken = heapq.heappop(self._sleepers)
            self._move_to(max(due, self._monotonic))
            woken.set()
            await self.settle()
        self._move_to(end)
        await self.settle()

    @contextmanager
    def waits_while(self, at_work: Callable[[], bool]) -> Iterator[None]:
        """Inside the block no time passes while something is at work in another thread.

        So what waits for the disk goes on at the time at which it began, however slow that is.
        """
        self._works.append(at_work)
        try:
            yield
        finally:
            self._works.remove(at_work)

    async def settle(self) -> None:
        """Give every task that can run a chance to do so."""
        await run_ready()
        while any(at_work() for at_work in self._works):
            # In real time: there is nothing else to do.
            await asyncio.sleep(WORK_SECONDS)
            await run_ready()

    def _move_to(self, moment: float) -> None:
        self._wall_ns += round((moment - self._monotonic) * 1_000_000_000)
        self._monotonic = moment
