"""What collections held at an earlier point: a snapshot, from which the journal is taken back.

Entries after the point are undone, the newest first, in an overlay of the snapshot's rows; so the
cost goes by what has happened since, and not by what there is.  An event that tells everything
about the changes of a collection says so (``Event.tells``), and how to undo itself.  A collection
is unwound when a reader asks for it, and only that part of it which the reader is about to look
at.  Versions of values that came back are not known: they are 0.
"""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from time import perf_counter
from typing import Any, TypeVar

import msgspec

from microdns.errors import StorageFault, TooLarge
from microdns.events import Event, UnknownEvent
from microdns.store.collection import Collection
from microdns.store.engine import Row
from microdns.store.journal import Journal
from microdns.store.options import StoreOptions
from microdns.store.overlay import Overlay, merged
from microdns.store.reading import Tables
from microdns.store.snapshot import Snapshot
from microdns.store.table import VALUE, VERSION_OCTETS, Table, encode, walk

T = TypeVar("T", bound=msgspec.Struct)

_NO_VERSION = bytes(VERSION_OCTETS)
_TURN_SECONDS = 0.005
"""How long entries are undone before others run."""


class Past(Snapshot):
    """All collections as they were after entry ``point`` and what was written together with it."""

    __slots__ = ("_journal", "_options", "_overlays", "_room", "point")

    def __init__(
        self, tables: Tables, sequence: int, point: int, journal: Journal, options: StoreOptions
    ) -> None:
        super().__init__(tables, sequence)
        self.point = point
        self._journal = journal
        self._options = options
        self._room = options.past_rows_max
        self._overlays: dict[Collection[Any], Overlay] = {}

    async def unwind(self, collection: Collection[Any], only: str = "") -> None:
        """Bring a collection back, or the part of it that its events call ``only``.

        To be called once for each collection before it is read.  Raises CursorTooOld when the
        journal does not reach back to the point, TooLarge when too much has happened since.
        """
        kinds = [kind for kind in self._journal.names if collection in kind.tells]
        if not kinds:
            raise LookupError(f"no event tells the changes of {collection.name}")
        passed = self.sequence - self.point
        if passed > self._options.past_entries_max:
            raise TooLarge(
                f"{passed} entries of the journal were written since then; the state before the "
                f"last {self._options.past_entries_max} is not made up again (past_entries_max)"
            )
        self._overlays[collection] = self._overlay(collection)
        entries = self._journal.search(self.point, kinds, reverse=True)
        began = perf_counter()
        async with aclosing(entries) as found:
            async for entry in found:
                if entry.transaction > self.point and entry.sequence <= self.sequence:
                    self._undo(entry.event, collection, only)
                if perf_counter() - began > _TURN_SECONDS:
                    await asyncio.sleep(0)
                    began = perf_counter()

    def put(self, collection: Collection[T], value: T) -> None:
        """For events that undo themselves: there was this value."""
        overlay = self._overlays[collection]
        table = overlay.table
        key = table.key_of(value)
        self._forget(overlay, key)
        overlay.write(VALUE + key, _NO_VERSION + encode(value))
        for row in table.index_rows(key, value):
            overlay.write(row, key)

    def amend(self, collection: Collection[T], value: T) -> None:
        """As ``put``, of a value whose key in each index is that of the one that is there."""
        overlay = self._overlays[collection]
        row = VALUE + overlay.table.key_of(value)
        if row not in overlay.rows:
            self._take_room()
        overlay.write(row, _NO_VERSION + encode(value))

    def remove(self, collection: Collection[Any], key: bytes) -> None:
        """For events that undo themselves: there was nothing under this key."""
        overlay = self._overlays[collection]
        self._forget(overlay, key)
        overlay.write(VALUE + key, None)

    def _forget(self, overlay: Overlay, key: bytes) -> None:
        """Take a value's index rows away."""
        self._take_room()
        table: Table[Any] = overlay.table
        raw = overlay.read(VALUE + key)
        if raw is not None:
            for row in table.index_rows(key, table.load(raw)):
                overlay.write(row, None)

    def _take_room(self) -> None:
        self._room -= 1
        if self._room < 0:
            raise TooLarge(
                f"more than {self._options.past_rows_max} changes were made since then: "
                "what was before them is not made up again"
            )

    def _undo(self, event: Event, collection: Collection[Any], only: str) -> None:
        if isinstance(event, UnknownEvent):
            raise StorageFault(
                f"an entry of the journal ({event.type}) can't be read: "
                "what was before it can't be told"
            )
        event.undo(self, collection, only)

    def _overlay(self, collection: Collection[Any]) -> Overlay:
        table = self._table(collection)
        return Overlay(table, self._cursors[table].get)

    def _unwound(self, table: Table[Any]) -> Overlay:
        overlay = self._overlays.get(table.collection)
        if overlay is None:
            raise LookupError(f"{table.name} is not unwound: what would be read is its present")
        return overlay

    def _row(self, table: Table[Any], row: bytes) -> bytes | None:
        return self._unwound(table).read(row)

    def _rows(self, table: Table[Any], low: bytes, high: bytes, reverse: bool) -> Iterator[Row]:
        written = self._unwound(table).between(low, high)
        if reverse:
            written.reverse()
        return merged(walk(self._view(table), low, high, reverse), written, reverse)

    def _found(self, table: Table[Any], low: bytes, high: bytes) -> Iterator[bytes]:
        rows = (self._row(table, VALUE + key) for _, key in self._rows(table, low, high, False))
        return (raw for raw in rows if raw is not None)
