"""Answers that are awaited: how many at most, and that none outlives its listener."""

import asyncio
from collections.abc import Callable

from microdns_dns.metrics import DnsMetrics
from microdns_dns.responder import Late, Many

Done = Callable[[bytes | Many | None], None]
"""Told the answer's octets, or its several messages, or None when there will be none."""


class Inflight:
    """Awaits answers in tasks, up to a limit; beyond it queries are dropped and counted.

    Tasks belong to the loop and not to a task group, since sockets are served from the moment
    they listen until they are closed.
    """

    def __init__(self, limit: int, metrics: DnsMetrics) -> None:
        self._limit = limit
        self._metrics = metrics
        self._tasks: dict[asyncio.Task[None], Late] = {}

    def start(self, answer: Late, done: Done) -> bool:
        """Await an answer, then tell ``done``; False when there are too many already."""
        if len(self._tasks) >= self._limit:
            self._metrics.dropped_overload.inc()
            answer.abandon()
            return False
        task = asyncio.get_running_loop().create_task(self._run(answer, done))
        self._tasks[task] = answer
        task.add_done_callback(self._ended)
        self._metrics.inflight.set(len(self._tasks))
        return True

    async def close(self) -> None:
        """Give up what is still awaited."""
        answers = dict(self._tasks)
        for task in answers:
            task.cancel()
        await asyncio.gather(*answers, return_exceptions=True)
        for answer in answers.values():  # those whose task had not begun
            answer.abandon()

    async def _run(self, answer: Late, done: Done) -> None:
        octets = None
        try:
            octets = await answer.octets()
        finally:
            done(octets)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)
        self._metrics.inflight.set(len(self._tasks))
        if not task.cancelled():
            task.exception()  # answers never raise; looked at so that asyncio does not complain
