"""The journal for many who want the same of it, as it is written.

A subscription has a queue of its own, and costs each entry once for each subscriber.  A feed is one
for all who want the same types: what is written is gathered into batches, the last of which are
kept, and followers go through them at their own pace.  One that is too slow for what is kept reads
the journal until it is back, so it delays nobody and misses nothing.

A batch is closed at once when nothing was told for a while.  Under load, the time between batches
grows with what it took the followers to take the last one, so that they have half of the loop at
the most, and get more with each turn instead of taking more turns.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from microdns.batch import Batch
from microdns.events import Entry
from microdns.store.journal import Journal
from microdns.store.typefilter import TypeFilter

INTERVAL_SECONDS = 0.02
"""The least time between two batches."""
BATCH_ENTRIES_MAX = 256
KEPT_ENTRIES_MAX = 4_096
KEPT_BATCHES_MAX = 256


class Told(Batch[Entry]):
    """Entries with their place in the journal: those of the types wanted in ``(after, upto]``."""

    __slots__ = ("after", "upto")

    def __init__(self, entries: tuple[Entry, ...], after: int, upto: int) -> None:
        super().__init__(entries)
        self.after = after
        self.upto = upto

    def beyond(self, position: int) -> "Told":
        """The part after a sequence; ephemeral entries have none, and stay."""
        if position <= self.after:
            return self
        left = [each for each in self.items if not each.sequence or each.sequence > position]
        return Told(tuple(left), position, self.upto)


class Feed:
    """Gathers what is written; kept by the bus while it has followers."""

    def __init__(self, journal: Journal, types: TypeFilter) -> None:
        self.types = types
        self.journal = journal
        self.followers: list[Follower] = []
        self.first = 0
        """Ordinal of the first batch kept."""
        self.upto = journal.newest
        """Everything up to here is in batches, or not wanted."""
        self._batches: deque[Told] = deque()
        self._entries = 0
        self._pending: list[Entry] = []
        self._loop = asyncio.get_running_loop()
        self._next_seconds = 0.0
        self._waiting: dict[asyncio.Future[None], None] = {}
        self._timer: asyncio.Handle | None = None

    @property
    def end(self) -> int:
        """Ordinal of the batch to come."""
        return self.first + len(self._batches)

    def take(self, entries: list[Entry]) -> None:
        """Gather entries (a tap of the bus)."""
        self._pending += entries
        if self._timer is None:
            wait = self._next_seconds - self._loop.time()
            self._timer = (
                self._loop.call_soon(self._tell)
                if wait <= 0
                else self._loop.call_later(wait, self._tell)
            )

    def close(self) -> None:
        """Gather nothing any more."""
        if self._timer is not None:
            self._timer.cancel()

    def batch(self, ordinal: int) -> Told:
        """A batch that is kept."""
        return self._batches[ordinal - self.first]

    def ordinal_after(self, position: int) -> int | None:
        """The first batch with something after a sequence; None if older ones would be needed."""
        if position >= self.upto:
            return self.end
        if not self._batches or position < self._batches[0].after:
            return None
        found = next(each for each, told in enumerate(self._batches) if told.upto > position)
        return self.first + found

    async def more(self) -> None:
        """Return when there is a new batch."""
        waiter = self._loop.create_future()
        self._waiting[waiter] = None
        try:
            await waiter
        finally:
            self._waiting.pop(waiter, None)

    def _tell(self) -> None:
        pending, self._pending = self._pending, []
        newest = self.journal.newest
        for start in range(0, len(pending), BATCH_ENTRIES_MAX):
            part = pending[start : start + BATCH_ENTRIES_MAX]
            whole = start + BATCH_ENTRIES_MAX >= len(pending)
            self._keep(tuple(part), newest if whole else max(self.upto, part[-1].sequence))
        waiting, self._waiting = self._waiting, {}
        for waiter in waiting:
            if not waiter.done():
                waiter.set_result(None)
        # Called after those who were woken: the loop runs what it is given in order.
        self._loop.call_soon(self._told, self._loop.time())

    def _told(self, began: float) -> None:
        now = self._loop.time()
        self._next_seconds = now + max(INTERVAL_SECONDS, now - began)
        self._timer = None
        if self._pending:
            self.take([])

    def _keep(self, entries: tuple[Entry, ...], upto: int) -> None:
        self._batches.append(Told(entries, self.upto, upto))
        self._entries += len(entries)
        self.upto = upto
        while len(self._batches) > 1 and (
            self._entries > KEPT_ENTRIES_MAX or len(self._batches) > KEPT_BATCHES_MAX
        ):
            self._entries -= len(self._batches.popleft().items)
            self.first += 1


class Follower:
    """Goes through a feed from a place in the journal on; made by ``Bus.follow``."""

    def __init__(self, feed: Feed, after: int, name: str, lapsed: Callable[[], None]) -> None:
        self.name = name
        self.position = after
        """Everything up to this sequence has been handed out, or was not asked for."""
        self._feed = feed
        self._lapsed = lapsed
        self._ordinal = feed.ordinal_after(after)

    def __aiter__(self) -> "Follower":
        return self

    async def __anext__(self) -> Batch[Entry]:
        """The next entries, one at least.

        Raises CursorTooOld when retention was faster than the reader.
        """
        while True:
            told = await self._next()
            self.position = max(self.position, told.upto)
            if told.items:
                return told

    async def _next(self) -> Told:
        feed = self._feed
        if self._ordinal is not None and self._ordinal < feed.first:
            self._ordinal = None
            self._lapsed()
        if self._ordinal is None:
            return await self._from_journal()
        while self._ordinal == feed.end:
            await feed.more()
            if self._ordinal < feed.first:
                return Told((), self.position, self.position)  # and lapsed with the next call
        told = feed.batch(self._ordinal).beyond(self.position)
        self._ordinal += 1
        return told

    async def _from_journal(self) -> Told:
        feed, after = self._feed, self.position
        entries, upto = feed.journal.page(after, feed.types, BATCH_ENTRIES_MAX)
        self._ordinal = feed.ordinal_after(upto)
        await asyncio.sleep(0)  # a long way back: let others run
        return Told(tuple(entries), after, upto)
