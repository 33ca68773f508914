"""The last records, in memory, for whoever asks; and new ones as they come."""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from microdns.logs.entry import LogEntry
from microdns.logs.events import LEVELS

FOLLOWER_ENTRIES_MAX = 1_000
FOLLOWERS_MAX = 100


class LogFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which records are wanted; all conditions hold together."""

    level: Annotated[
        Literal["debug", "info", "warn", "error"], Meta(description="This level or above.")
    ] = "debug"
    event: Annotated[str, Meta(description="Event names that begin so.", max_length=100)] = ""
    logger: Annotated[str, Meta(description="This logger or those below it.", max_length=200)] = ""
    since_ns: Annotated[int, Meta(description="Not before this Unix time, nanoseconds.")] = 0
    after: Annotated[int, Meta(description="Only records with a higher sequence number.")] = 0
    text: Annotated[
        str, Meta(description="Text in message, fields or error, ignoring case.", max_length=1000)
    ] = ""

    def accepts(self, entry: LogEntry) -> bool:
        """Whether the entry meets every condition."""
        return (
            LEVELS[entry.level] >= LEVELS[self.level]
            and entry.event.startswith(self.event)
            and (not self.logger or f"{entry.logger}.".startswith(f"{self.logger}."))
            and entry.time_ns >= self.since_ns
            and entry.sequence > self.after
            and (not self.text or self.text.casefold() in _searched(entry))
        )


def _searched(entry: LogEntry) -> str:
    parts = [entry.message, entry.error, *map(str, entry.fields.values())]
    return "\n".join(parts).casefold()


EVERYTHING = LogFilter()


class LogRing:
    """A bounded number of entries, newest last.  May be fed from any thread."""

    def __init__(self, records_max: int) -> None:
        self._entries: deque[LogEntry] = deque(maxlen=records_max)
        self._followers: list[LogFollower] = []
        self._lock = threading.RLock()  # a finalizer may log while this thread holds it

    def append(self, entry: LogEntry) -> None:
        """Keep an entry, and hand it to those who follow."""
        with self._lock:
            self._entries.append(entry)
            followers = list(self._followers)
        for follower in followers:
            follower.offer(entry)

    def resize(self, records_max: int) -> None:
        """Keep this many from now on (the newest of what there is)."""
        with self._lock:
            self._entries = deque(self._entries, maxlen=records_max)

    def read(self, wanted: LogFilter = EVERYTHING, limit: int = 100) -> list[LogEntry]:
        """The newest ``limit`` entries that are wanted, oldest first."""
        with self._lock:
            entries = list(self._entries)
        found: list[LogEntry] = []
        for entry in reversed(entries):
            if len(found) >= limit:
                break
            if wanted.accepts(entry):
                found.append(entry)
        return found[::-1]

    @contextmanager
    def follow(
        self, wanted: LogFilter = EVERYTHING, *, backlog: int = 0
    ) -> Iterator["LogFollower"]:
        """New entries as they come, after up to ``backlog`` that are there already.

        Runs on the event loop of the caller: ``with ring.follow() as new: async for entry in new``.
        A reader that is too slow misses entries, and is told how many (``LogFollower.missed``).
        """
        follower = LogFollower(wanted, asyncio.get_running_loop())
        with self._lock:
            known = list(self._entries) if backlog else []
            self._followers.append(follower)
        for entry in [entry for entry in known if wanted.accepts(entry)][-backlog:]:
            follower.offer(entry)
        try:
            yield follower
        finally:
            with self._lock:
                self._followers.remove(follower)

    @property
    def follower_count(self) -> int:
        return len(self._followers)


class LogFollower:
    """Entries on their way to one reader."""

    def __init__(self, wanted: LogFilter, loop: asyncio.AbstractEventLoop) -> None:
        self.missed = 0
        """Entries dropped since this reader is slower than the log."""
        self._wanted = wanted
        self._loop = loop
        self._waiting: deque[LogEntry] = deque()
        self._new = asyncio.Event()

    def offer(self, entry: LogEntry) -> None:
        """Take an entry if it is wanted; from any thread, never waiting."""
        if not self._wanted.accepts(entry):
            return
        if len(self._waiting) >= FOLLOWER_ENTRIES_MAX:
            self.missed += 1
            return
        self._waiting.append(entry)
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._new.set)

    async def __aiter__(self) -> AsyncIterator[LogEntry]:
        while True:
            await self._new.wait()
            self._new.clear()
            while self._waiting:
                yield self._waiting.popleft()
