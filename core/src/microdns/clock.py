"""Time as an argument, so that no test waits for a TTL, a lease or a backoff."""

import time
from typing import Protocol

import anyio


class Clock(Protocol):
    """What the kernel and plugins know of time."""

    def time_ns(self) -> int:
        """Wall clock, Unix time in nanoseconds; may jump."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds`` of monotonic time."""
        ...


class SystemClock:
    """The machine's clock."""

    def time_ns(self) -> int:
        return time.time_ns()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)
