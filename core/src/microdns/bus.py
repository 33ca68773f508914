"""Whoever must react to a change reads the journal, here.

Taps are called synchronously with each transaction, before its writer goes on: they keep views
that must never be behind what was acknowledged.  Subscriptions are for everybody else: each has a
bounded queue of its own, and when that is full it goes on from the journal, so it delays nobody
and misses nothing.  Followers are subscribers that may be many: those who want the same types share
one feed of batches.  Ephemeral events take the same ways without touching the disk.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator

from microdns.clock import Clock, SystemClock
from microdns.events import KERNEL, Entry, Event, Principal, event_type
from microdns.feed import Feed, Follower
from microdns.metrics import MetricSet, Sample
from microdns.store import logevents
from microdns.store.errors import CursorTooOld
from microdns.store.journal import Commits, Journal
from microdns.store.typefilter import TypeFilter, Types

log = logging.getLogger("microdns.bus")

Tap = Callable[[list[Entry]], None]

_PAGE_ROWS = 256
"""Journal entries that a subscriber looks at in one go."""


class BusMetrics(MetricSet):
    """What the bus counts."""

    def __init__(self) -> None:
        super().__init__()
        self.published = self.counter(
            "microdns_bus_ephemeral_published_total", "Ephemeral events published."
        ).cell()
        self.dropped = self.counter(
            "microdns_bus_ephemeral_dropped_total",
            "Ephemeral events that a subscriber missed because its queue was full.",
        ).cell()
        self.lapses = self.counter(
            "microdns_bus_lapses_total",
            "Times that a subscriber's queue was full and it went on from the journal.",
        ).cell()
        self.lag = self.gauge(
            "microdns_bus_lag_entries",
            "Entries that a subscriber (the slowest of that name) has not taken.",
            ["subscriber"],
        )
        self.tap_errors = self.counter(
            "microdns_bus_tap_errors_total", "Exceptions in taps."
        ).cell()


class Subscription:
    """Entries in order, without loss or repetition; made by ``Bus.subscribe``, read by one task."""

    def __init__(
        self,
        journal: Journal,
        types: TypeFilter,
        after: int,
        queue_max: int,
        name: str,
        metrics: BusMetrics,
    ) -> None:
        self.name = name
        self.types = types
        self._journal = journal
        self._metrics = metrics
        self._queue: deque[Entry] = deque()
        self._queue_max = queue_max
        self._live = after >= journal.newest
        self._taken = after
        self._resume = after
        """Everything up to here is in the queue, has been handed out, or was not asked for."""
        self._waiter: asyncio.Future[None] | None = None

    @property
    def position(self) -> int:
        """Everything up to this sequence has been handed out or was not asked for."""
        return self._taken if self._queue else self._resume

    def __aiter__(self) -> "Subscription":
        return self

    async def __anext__(self) -> Entry:
        """The next entry; raises CursorTooOld when retention was faster than the reader."""
        while not self._queue:
            if self._live:
                await self._wait()
            else:
                await self._catch_up()
        entry = self._queue.popleft()
        if entry.sequence:
            self._taken = entry.sequence
        return entry

    def offer(self, entries: list[Entry]) -> None:
        """Take what a transaction wrote (from the bus)."""
        if not self._live or entries[-1].sequence <= self._resume:
            return
        wanted = [entry for entry in entries if self.types.matches(entry.type)]
        if len(self._queue) + len(wanted) > self._queue_max:
            self._live = False
            self._metrics.lapses.inc()
        else:
            self._taken = self.position
            self._queue.extend(wanted)
            self._resume = entries[-1].sequence
        self._wake()

    def offer_ephemeral(self, entry: Entry) -> None:
        """Take an ephemeral event, or drop it when the queue is full (from the bus)."""
        if len(self._queue) >= self._queue_max:
            self._metrics.dropped.inc()
            return
        self._taken = self.position
        self._queue.append(entry)
        self._wake()

    async def _catch_up(self) -> None:
        self._taken = self._resume
        found, self._resume = self._journal.page(
            self._resume, self.types, min(_PAGE_ROWS, self._queue_max)
        )
        self._queue.extend(found)
        self._live = self._resume >= self._journal.newest
        if not found:
            await asyncio.sleep(0)  # a long journal without what is wanted: let others run

    async def _wait(self) -> None:
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Bus:
    """Hands journal entries and ephemeral events to taps and subscribers, in order."""

    def __init__(self, journal: Journal, clock: Clock | None = None) -> None:
        self.metrics = BusMetrics()
        self._journal = journal
        self._clock = clock or SystemClock()
        self._taps: tuple[tuple[Tap, TypeFilter], ...] = ()
        self._subscriptions: list[Subscription] = []
        self._feeds: dict[frozenset[str] | None, tuple[Feed, Callable[[], None]]] = {}
        self._unlisten = journal.listen(self._committed)
        self.metrics.lag.read_with(self._lag)

    def tap(self, callback: Tap, types: Types = None) -> Callable[[], None]:
        """Call ``callback`` with the entries of each transaction that becomes durable.

        The call is synchronous, in order, and before the writer goes on: keep it short.  Only
        entries of the ``types`` are given (classes, names, patterns like ``zone.*``); ephemeral
        events come alone, and only to those that name their type.  An exception is logged and
        counted.  What is returned ends the calls.
        """
        tap = (callback, TypeFilter(types))
        self._taps = (*self._taps, tap)

        def untap() -> None:
            self._taps = tuple(each for each in self._taps if each is not tap)

        return untap

    @contextlib.asynccontextmanager
    async def subscribe(
        self,
        types: Types = None,
        after: int | None = None,
        queue_max: int = 1000,
        name: str = "",
    ) -> AsyncIterator[Subscription]:
        """Entries of these types after the cursor ``after`` (None: from now on), in order.

        Types as in ``tap``; a ``name`` makes its lag a metric.  Up to ``queue_max`` entries wait in
        memory; a slower reader goes on from the journal.  Raises CursorTooOld, now or later, when
        entries needed are gone.
        """
        if after is not None and after + 1 < self._journal.oldest:
            raise CursorTooOld(after, self._journal.oldest)
        start = self._journal.newest if after is None else after
        subscription = Subscription(
            self._journal, TypeFilter(types), start, max(1, queue_max), name, self.metrics
        )
        self._subscriptions.append(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.remove(subscription)

    @contextlib.contextmanager
    def follow(
        self, types: Iterable[str] | None = None, after: int | None = None, name: str = ""
    ) -> Iterator[Follower]:
        """As ``subscribe``, for what many may want at once; gives entries in batches.

        Followers of the same types get the same batches, a little later than subscribers: what is
        made of a batch can be made once for all.
        """
        if after is not None and after + 1 < self._journal.oldest:
            raise CursorTooOld(after, self._journal.oldest)
        feed = self._feed(None if types is None else frozenset(types))
        start = self._journal.newest if after is None else after
        follower = Follower(feed, start, name, self.metrics.lapses.inc)
        feed.followers.append(follower)
        try:
            yield follower
        finally:
            feed.followers.remove(follower)
            self._leave(feed)

    def _feed(self, types: frozenset[str] | None) -> Feed:
        if types not in self._feeds:
            feed = Feed(self._journal, TypeFilter(types))
            self._feeds[types] = (feed, self.tap(feed.take, types))
        return self._feeds[types][0]

    def _leave(self, feed: Feed) -> None:
        if not feed.followers:
            types = None if feed.types.everything else feed.types.names
            _, untap = self._feeds.pop(types)
            untap()
            feed.close()

    def close(self) -> None:
        """Hear nothing any more."""
        self._unlisten()

    def publish(self, event: Event, actor: Principal = KERNEL) -> None:
        """Hand an ephemeral event to those who named its type; full queues drop it."""
        name = event_type(type(event))
        if not event.ephemeral:
            raise TypeError(f"{name} is not ephemeral: emit it in a transaction")
        entry = Entry(
            sequence=0,
            transaction=0,
            time_ns=self._clock.time_ns(),
            type=name,
            actor=actor,
            event=event,
        )
        self.metrics.published.inc()
        for callback, types in self._taps:
            if not types.everything and types.matches(name):
                self._call(callback, [entry])
        for subscription in self._subscriptions:
            if not subscription.types.everything and subscription.types.matches(name):
                subscription.offer_ephemeral(entry)

    def _committed(self, commits: Commits) -> None:
        for entries in commits:
            for callback, types in self._taps:
                wanted = [entry for entry in entries if types.matches(entry.type)]
                if wanted:
                    self._call(callback, wanted)
            for subscription in self._subscriptions:
                subscription.offer(entries)

    def _lag(self) -> Iterator[Sample]:
        newest, lags = self._journal.newest, dict[str, int]()
        readers: list[Subscription | Follower] = [*self._subscriptions]
        for feed, _ in self._feeds.values():
            readers += feed.followers
        for reader in readers:
            name = reader.name
            if name:
                lags[name] = max(lags.get(name, 0), newest - reader.position)
        for name, lag in lags.items():
            yield Sample((name,), lag)

    def _call(self, callback: Tap, entries: list[Entry]) -> None:
        try:
            callback(entries)
        except Exception as error:
            self.metrics.tap_errors.inc()
            sequence = entries[0].sequence
            logevents.TAP_FAILED(log, "a tap failed at entry %d", sequence, error=error)
