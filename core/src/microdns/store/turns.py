"""One transaction at a time, first come first served."""

import asyncio
from collections import deque
from time import perf_counter
from typing import Any

from microdns.errors import Unavailable


class Turns:
    """A lock that is given in order; without contention it does not suspend.

    The fast way is inlined by the transaction: when ``holder`` is None, set it.
    """

    __slots__ = ("_limit", "_queue", "holder", "since")

    def __init__(self, limit: int) -> None:
        self.holder: asyncio.Task[Any] | None = None
        self.since = 0.0
        """When the present turn began (``perf_counter``)."""
        self._queue: deque[tuple[asyncio.Future[None], asyncio.Task[Any] | None]] = deque()
        self._limit = limit

    async def take(self) -> None:
        """Wait for the turn.

        Raises Unavailable when too many wait already, RuntimeError when the caller has the turn.
        """
        task = asyncio.current_task()
        if self.holder is None:
            self.holder = task
            self.since = perf_counter()
            return
        if self.holder is task:
            raise RuntimeError("a transaction within a transaction would wait for itself")
        if len(self._queue) >= self._limit:
            raise Unavailable(f"{self._limit} transactions are waiting for their turn already")
        turn = asyncio.get_running_loop().create_future()
        self._queue.append((turn, task))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give()
            raise

    def give(self) -> None:
        """Pass the turn on."""
        while self._queue:
            turn, task = self._queue.popleft()
            if not turn.done():
                self.holder = task
                self.since = perf_counter()
                turn.set_result(None)
                return
        self.holder = None

    def held_seconds(self) -> float:
        """For how long the present holder has had its turn."""
        return 0.0 if self.holder is None else perf_counter() - self.since

    def __len__(self) -> int:
        """How many wait."""
        return len(self._queue)
