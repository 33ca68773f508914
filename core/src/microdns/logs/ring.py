"""The last records, in memory, for whoever asks; and new ones as they come."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

from microdns.logs import own
from microdns.logs.entry import LogEntry
from microdns.logs.filter import EVERYTHING, LogFilter

FOLLOWER_ENTRIES_MAX = 1_000


class LogRing:
    """A bounded number of entries, newest last.  May be fed from any thread."""

    def __init__(self, records_max: int, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._now_ns = now_ns
        self._entries: deque[LogEntry] = deque(maxlen=records_max)
        self._followers: list[LogFollower] = []
        self._lock = threading.RLock()  # a finalizer may log while this thread holds it

    def append(self, entry: LogEntry) -> None:
        """Keep an entry, and hand it to those who follow."""
        with self._lock:
            self._entries.append(entry)
            for follower in self._followers:
                follower.offer(entry)

    def resize(self, records_max: int) -> None:
        """Keep this many from now on (the newest of what there is)."""
        with self._lock:
            self._entries = deque(self._entries, maxlen=records_max)

    def read(self, wanted: LogFilter = EVERYTHING, limit: int = 100) -> list[LogEntry]:
        """The newest ``limit`` entries that are wanted, oldest first; raises ``Invalid``."""
        accepts = wanted.matcher(self._now_ns())
        with self._lock:
            entries = list(self._entries)
        found: list[LogEntry] = []
        for entry in reversed(entries):
            if len(found) >= limit:
                break
            if accepts(entry):
                found.append(entry)
        return found[::-1]

    @contextmanager
    def follow(
        self, wanted: LogFilter = EVERYTHING, *, backlog: int = 0
    ) -> Iterator["LogFollower"]:
        """New entries as they come, after up to ``backlog`` that are there already.

        Runs on the event loop of the caller: ``with ring.follow() as new: async for entry in new``.
        A reader that is too slow gets an entry ``log.missed`` in place of those it missed.
        """
        follower = LogFollower(wanted.matcher(self._now_ns()), asyncio.get_running_loop())
        with self._lock:
            for entry in self.read(wanted, backlog) if backlog else ():
                follower.offer(entry)
            self._followers.append(follower)
        try:
            yield follower
        finally:
            with self._lock:
                self._followers.remove(follower)

    @property
    def follower_count(self) -> int:
        """How many readers follow at present."""
        return len(self._followers)


class LogFollower:
    """Entries on their way to one reader."""

    def __init__(
        self, accepts: Callable[[LogEntry], bool], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._accepts = accepts
        self._loop = loop
        self._waiting: deque[LogEntry] = deque()
        self._missed = 0
        self._last: LogEntry | None = None
        self._new = asyncio.Event()

    def offer(self, entry: LogEntry) -> None:
        """Take an entry if it is wanted; from any thread, never waiting."""
        if self._loop.is_closed() or not self._accepts(entry):
            return
        if len(self._waiting) >= FOLLOWER_ENTRIES_MAX:
            self._missed += 1
            self._last = entry
            return
        self._waiting.append(entry)
        self._loop.call_soon_threadsafe(self._new.set)

    async def __aiter__(self) -> AsyncIterator[LogEntry]:
        while True:
            await self._new.wait()
            self._new.clear()
            while self._waiting:
                yield self._waiting.popleft()
            if self._last is not None:
                yield self._missing(self._last)

    def _missing(self, last: LogEntry) -> LogEntry:
        """An entry that stands for those missed, ``last`` being the newest of them."""
        count, self._missed, self._last = self._missed, 0, None
        return LogEntry(
            sequence=last.sequence,
            time_ns=last.time_ns,
            level="warn",
            event=own.MISSED.name,
            logger=own.LOGGER,
            message=f"{count} records were missed: they came faster than they were read",
            fields={"count": count},
        )
