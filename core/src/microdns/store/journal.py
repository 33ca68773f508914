"""The ordered record of all changes: one entry an event, numbered from 1 without gaps."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import msgspec

from microdns.errors import StorageFault
from microdns.events import Entry, Event, Principal, UnknownEvent, event_type
from microdns.store.engine import Batch, Family, Row
from microdns.store.errors import CursorTooOld
from microdns.store.keys import uint
from microdns.store.table import encode, walk
from microdns.store.typefilter import TypeFilter, Types

Commits = list[list[Entry]]
"""Transactions that have become durable together, in order: the entries of each."""

Listener = Callable[[Commits], None]

SEQUENCE_END = b"\xff" * 8


class _Stored(msgspec.Struct, array_like=True, frozen=True):
    """An entry on disk; its sequence is the key."""

    transaction: int
    time_ns: int
    type: str
    actor: Principal
    event: msgspec.Raw


_decode = msgspec.msgpack.Decoder(_Stored).decode


class Journal:
    """Reads entries; the store writes them, as part of transactions."""

    def __init__(self, family: Family) -> None:
        self._family = family
        self._decoders: dict[str, msgspec.msgpack.Decoder[Any]] = {}
        self._listeners: list[Listener] = []
        self.oldest = 1
        """Sequence of the oldest entry left; one past ``newest`` when none is."""
        self.newest = 0
        """Sequence of the newest durable entry; 0 before the first."""

    def declare(self, events: Iterable[type[Event]]) -> None:
        """Know these event classes from now on; raises ValueError for two of one type."""
        for event in events:
            name = event_type(event)
            known = self._decoders.get(name)
            if known is not None and known.type is not event:
                raise ValueError(f"event type {name} is declared twice, by different classes")
            self._decoders[name] = msgspec.msgpack.Decoder(event)

    def declared(self, name: str) -> bool:
        """Whether an event class of that type is known."""
        return name in self._decoders

    def read(
        self, after: int | None = None, types: Types = None, limit: int | None = None
    ) -> Iterator[Entry]:
        """Durable entries after sequence ``after`` (None: all that are left), in order.

        ``types`` are event classes, type names or patterns like ``zone.*``; ``limit`` counts the
        entries given.  Raises CursorTooOld at once when entries after ``after`` are gone.
        """
        if after is None:
            after = self.oldest - 1
        elif after + 1 < self.oldest:
            raise CursorTooOld(after, self.oldest)
        rows = walk(self._family.cursor(), uint(after + 1), uint(self.newest + 1))
        found = self._decoded(rows, TypeFilter(types))
        return found if limit is None else islice(found, limit)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` with what becomes durable; what is returned ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def record(self, batch: Batch, entries: Iterable[Entry]) -> int:
        """Add entries to a transaction's batch; returns their bytes."""
        size = 0
        for entry in entries:
            raw = encode((entry.transaction, entry.time_ns, entry.type, entry.actor, entry.event))
            batch.put(self._family, uint(entry.sequence), raw)
            size += len(raw)
        return size

    def publish(self, commits: Commits) -> None:
        """Tell listeners what has become durable."""
        for entries in reversed(commits):
            if entries:
                self.newest = entries[-1].sequence
                break
        for listener in self._listeners:
            listener(commits)

    def last_written(self) -> int:
        """Sequence of the last entry on disk, 0 for none."""
        cursor = self._family.cursor()
        rows = cursor.descending(b"", SEQUENCE_END, 1)
        return int.from_bytes(rows[0][0], "big") if rows else 0

    def _decoded(self, rows: Iterator[Row], types: TypeFilter) -> Iterator[Entry]:
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
            except msgspec.MsgspecError:
                pass
            else:
                return event
        return UnknownEvent(type=stored.type, payload=bytes(stored.event))
