"""The ordered record of all changes: one entry an event, numbered from 1 without gaps.

An entry's key is its sequence; its value is transaction, time, type, actor and event as msgpack.
Beside the entries, the meta family holds the marks of ``retention`` and the oldest sequence left.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import msgspec

from microdns.clock import Clock
from microdns.errors import NotFound, StorageFault
from microdns.events import Entry, Event, Principal, UnknownEvent, event_type
from microdns.points import Point
from microdns.store import logevents
from microdns.store.engine import Batch, Family, Row
from microdns.store.errors import CursorTooOld
from microdns.store.keys import after_prefix, uint
from microdns.store.meta import MARK, OLDEST, number, put_number
from microdns.store.options import StoreOptions
from microdns.store.retention import Mark, Retention
from microdns.store.table import encode, walk
from microdns.store.typefilter import TypeFilter, Types

log = logging.getLogger("microdns.store")

Commits = list[list[Entry]]
"""Transactions that have become durable together, in order: the entries of each."""

Listener = Callable[[Commits], None]

_SEARCH_ROWS = 500
"""Entries that a search looks at in one go."""

_LEAP_NS = 3600 * 10**9
"""How far the wall clock may have been set forward since the start, and be believed."""

_SEGMENTS_CUT_MAX = 8
"""Segments that one transaction removes at most; more than it begins, so the limits are met."""

_SEQUENCE_END = b"\xff" * 9


class _Stored(msgspec.Struct, array_like=True, frozen=True):
    """An entry on disk; its sequence is the key."""

    transaction: int
    time_ns: int
    type: str
    actor: Principal
    event: msgspec.Raw


_decode = msgspec.msgpack.Decoder(_Stored).decode
_decode_mark = msgspec.msgpack.Decoder(Mark).decode


class Journal:
    """Reads entries; the store writes them, as part of transactions."""

    def __init__(self, family: Family, meta: Family, options: StoreOptions, clock: Clock) -> None:
        self.names: dict[type[Event], str] = {}
        """The event classes declared, and the type that each is known by."""
        self.oldest = 1
        """Sequence of the oldest entry left; one past ``newest`` when none is."""
        self.newest = 0
        """Sequence of the newest durable entry; 0 before the first."""
        self.undecodable = 0
        """Entries met whose event does not fit its declared class (they read as UnknownEvent)."""
        self.retention = Retention(options)
        self._clock = clock
        self._opened_ns = clock.time_ns()
        self._opened_seconds = clock.monotonic()
        self._family = family
        self._meta = meta
        self._decoders: dict[str, msgspec.msgpack.Decoder[Any]] = {}
        self._listeners: list[Listener] = []

    def declare(self, events: Iterable[type[Event]]) -> None:
        """Know these event classes from now on; raises ValueError for two of one type."""
        for event in events:
            name = event_type(event)
            known = self._decoders.get(name)
            if known is not None and known.type is not event:
                raise ValueError(f"event type {name} is declared twice, by different classes")
            self._decoders[name] = msgspec.msgpack.Decoder(event)
            self.names[event] = name

    def read(
        self,
        after: int | None = None,
        types: Types = None,
        limit: int | None = None,
        *,
        reverse: bool = False,
    ) -> Iterator[Entry]:
        """Durable entries after sequence ``after`` (None: all that are left), in order.

        ``types`` are event classes, type names or patterns like ``zone.*``; ``limit`` counts the
        entries given; ``reverse`` gives the newest first.  Raises CursorTooOld at once when
        entries after ``after`` are gone.
        """
        rows = self._rows(self.oldest - 1 if after is None else after, reverse)
        found = self._decoded(rows, TypeFilter(types))
        return found if limit is None else islice(found, limit)

    async def search(
        self, after: int | None = None, types: Types = None, *, reverse: bool = False
    ) -> AsyncGenerator[Entry, None]:
        """As ``read``, but others get to run meanwhile, however few entries are wanted."""
        rows = self._rows(self.oldest - 1 if after is None else after, reverse)
        wanted = TypeFilter(types)
        while part := list(islice(rows, _SEARCH_ROWS)):
            for entry in self._decoded(part, wanted):
                yield entry
            await asyncio.sleep(0)

    def page(self, after: int, types: TypeFilter, rows_max: int) -> tuple[list[Entry], int]:
        """Entries wanted among the next ``rows_max``, and the sequence up to which was looked.

        Raises CursorTooOld as ``read`` does.
        """
        end = min(after + rows_max, self.newest)
        return list(self._decoded(islice(self._rows(after), rows_max), types)), max(after, end)

    def sequence_at(self, point: Point) -> int:
        """The sequence that a point stands for: its own, or the last one written by its time.

        Times are looked up as if the clock had never been set back.  Raises CursorTooOld when
        what was then can't be told any more, NotFound for a point that has not come yet.
        """
        if point.sequence is not None:
            sequence = point.sequence
            if sequence > self.newest:
                raise NotFound(f"the journal has not come to {sequence} yet")
        else:
            sequence = self._written_by(point.time_ns or 0)
        if sequence + 1 < self.oldest:
            raise CursorTooOld(sequence, self.oldest)
        return sequence

    def _written_by(self, time_ns: int) -> int:
        """The last sequence with this time or an earlier one, by bisection."""
        if time_ns > self._clock.time_ns():
            raise NotFound("the journal has not come to that time yet")
        low, high = self.oldest, self.newest + 1
        while low < high:
            middle = (low + high) // 2
            if self._time_of(middle) <= time_ns:
                low = middle + 1
            else:
                high = middle
        if low == self.oldest > 1:
            raise CursorTooOld(low - 2, self.oldest)
        return low - 1

    def _time_of(self, sequence: int) -> int:
        raw = self._family.get(uint(sequence))
        if raw is None:  # retention has just removed it
            raise CursorTooOld(sequence, self.oldest)
        return _decode(raw).time_ns

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` with what becomes durable; what is returned ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    # What follows is for the store.

    def load(self) -> int:
        """Take up what is on disk, at start and after a recovery; returns its last sequence.

        ``newest`` is left alone: nothing counts before it is published.
        """
        self.oldest = number(self._meta, OLDEST) or 1
        marks = self._meta.cursor()
        self.retention.load(
            _decode_mark(raw) for _, raw in walk(marks, MARK, after_prefix(MARK) or b"")
        )
        mark = self.retention.last_mark
        start = self.oldest if mark is None else mark.sequence
        last = start - 1
        for key, raw in walk(self._family.cursor(), uint(start), _SEQUENCE_END):
            last = int.from_bytes(key, "big")
            stored = _decode(raw)
            self.retention.add(last, stored.time_ns, len(key) + len(raw))
        return last

    def record(self, batch: Batch, first: int, time_ns: int, rows: list[bytes]) -> None:
        """Add the encoded entries of a transaction to its batch, from sequence ``first`` on."""
        keys = [sequence.to_bytes(8, "big") for sequence in range(first, first + len(rows))]
        batch.update(self._family, zip(keys, rows, strict=True))
        size = 8 * len(rows) + sum(map(len, rows))
        mark = self.retention.add(first, time_ns, size)
        if mark is not None:
            self._mark(batch, mark)
            for _ in range(_SEGMENTS_CUT_MAX):
                if not self.trim(batch):
                    break
        if self.retention.fills(size):  # a start reads the open segment, which is then empty
            self._end(batch, first + len(rows))

    def trim(self, batch: Batch) -> bool:
        """Add to the batch what removes the oldest segment; False when nothing has to go."""
        cut = self.retention.cut(self._now_ns())
        if cut is None:
            return False
        gone, first = cut
        batch.delete_range(self._family, uint(0), uint(first.sequence))
        batch.update(self._meta, [(MARK + uint(gone.sequence), None)])
        self._start_at(batch, first.sequence)
        return True

    def end_segment(self, batch: Batch, written: int) -> None:
        """Let the open segment be removed too, when all of it is past its age."""
        if self.retention.expired(self._now_ns()):
            self._end(batch, written + 1)

    def _end(self, batch: Batch, following: int) -> None:
        mark = self.retention.end(following)
        if mark is not None:
            self._mark(batch, mark)

    def publish(self, commits: Commits) -> None:
        """Tell listeners what has become durable."""
        if commits:
            self.newest = commits[-1][-1].sequence
        for listener in self._listeners:
            listener(commits)

    def unpublished(self, written: int) -> Commits:
        """Transactions on disk after ``newest`` and up to ``written``, that nobody was told of."""
        low, high = uint(self.newest + 1), uint(written + 1)
        commits: Commits = []
        for entry in self._decoded(walk(self._family.cursor(), low, high), TypeFilter(None)):
            if not commits or commits[-1][0].transaction != entry.transaction:
                commits.append([])
            commits[-1].append(entry)
        return commits

    def _now_ns(self) -> int:
        """The time by which entries age: a wall clock set forward must not empty the journal."""
        passed = self._clock.monotonic() - self._opened_seconds
        return min(self._clock.time_ns(), self._opened_ns + round(passed * 1e9) + _LEAP_NS)

    def _start_at(self, batch: Batch, sequence: int) -> None:
        self.oldest = sequence
        put_number(batch, self._meta, OLDEST, sequence)

    def _mark(self, batch: Batch, mark: Mark) -> None:
        batch.put(self._meta, MARK + uint(mark.sequence), encode(mark))

    def _rows(self, after: int, reverse: bool = False) -> Iterator[Row]:
        if after + 1 < self.oldest:
            raise CursorTooOld(after, self.oldest)
        if after >= self.newest:
            return iter(())
        return walk(self._family.cursor(), uint(after + 1), uint(self.newest + 1), reverse)

    def _decoded(self, rows: Iterable[Row], types: TypeFilter) -> Iterator[Entry]:
        for key, raw in rows:
            sequence = int.from_bytes(key, "big")
            try:
                stored = _decode(raw)
            except msgspec.MsgspecError as error:
                raise StorageFault(f"journal entry {sequence} can't be read: {error}") from error
            if types.matches(stored.type):
                yield self._entry(sequence, stored)

    def _entry(self, sequence: int, stored: _Stored) -> Entry:
        return Entry(
            sequence=sequence,
            transaction=stored.transaction,
            time_ns=stored.time_ns,
            type=stored.type,
            actor=stored.actor,
            event=self._event(stored),
        )

    def _event(self, stored: _Stored) -> Event:
        decoder = self._decoders.get(stored.type)
        if decoder is not None:
            try:
                event: Event = decoder.decode(stored.event)
            except (msgspec.MsgspecError, ValueError, TypeError) as error:
                self.undecodable += 1
                logevents.UNDECODABLE(log, "an event %s: %s", stored.type, error)
            else:
                return event
        return UnknownEvent(type=stored.type, payload=bytes(stored.event))
