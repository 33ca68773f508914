"""A transaction: reads, writes and events that become durable together, or not at all."""

import asyncio
from collections import deque
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from microdns.errors import Conflict, NotFound, TooLarge, Unavailable
from microdns.events import Entry, Event, Principal, event_type
from microdns.store.collection import Collection
from microdns.store.engine import Batch, Row
from microdns.store.overlay import Overlay, merged
from microdns.store.reading import Reader
from microdns.store.table import (
    VALUE,
    VERSION_OCTETS,
    Table,
    View,
    encode,
    version_of,
    walk,
)

if TYPE_CHECKING:
    from microdns.store.store import Store

T = TypeVar("T", bound=msgspec.Struct)


class Turns:
    """Lets one transaction in at a time, first come first served.

    Without contention it neither suspends nor touches the loop.
    """

    __slots__ = ("_holder", "_limit", "_queue")

    def __init__(self, limit: int) -> None:
        self._holder: asyncio.Task[Any] | None = None
        self._queue: deque[tuple[asyncio.Future[None], asyncio.Task[Any] | None]] = deque()
        self._limit = limit

    async def take(self) -> None:
        """Wait for the turn; raises Unavailable when too many wait already."""
        task = asyncio.current_task()
        if self._holder is None:
            self._holder = task
            return
        if self._holder is task:
            raise RuntimeError("a transaction within a transaction would wait for itself")
        if len(self._queue) >= self._limit:
            raise Unavailable(f"{self._limit} transactions are waiting for their turn")
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
                self._holder = task
                turn.set_result(None)
                return
        self._holder = None

    def __len__(self) -> int:
        return len(self._queue)


class Transaction(Reader):
    """See ``Store.transaction``.  Its reads see its own writes."""

    __slots__ = (
        "_bytes",
        "_overlays",
        "_state",
        "_store",
        "_versions",
        "actor",
        "dry_run",
        "entries",
        "time_ns",
        "transaction",
    )

    def __init__(self, store: "Store", actor: Principal, dry_run: bool) -> None:
        super().__init__(store.tables)
        self.actor = actor
        self.dry_run = dry_run
        self.entries: list[Entry] = []
        """What it emits; after the block, what stands in the journal (but for a dry run)."""
        self.transaction = 0
        """Sequence of its first entry, and version of the values it writes."""
        self.time_ns = 0
        """Unix time in nanoseconds that its entries bear."""
        self._store = store
        self._overlays: dict[Table[Any], Overlay] = {}
        self._bytes = 0
        self._state = "new"

    async def __aenter__(self) -> "Transaction":
        if self._state != "new":
            raise RuntimeError("a transaction can be entered once")
        store = self._store
        store.committer.check()
        await store.turns.take()
        try:
            store.committer.check()
        except BaseException:
            store.turns.give()
            raise
        self.transaction = store.committer.written + 1
        self.time_ns = store.clock.time_ns()
        self._versions = {
            True: self.transaction.to_bytes(VERSION_OCTETS, "big"),
            False: (store.unjournaled + 1).to_bytes(VERSION_OCTETS, "big"),
        }
        self._state = "open"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        store = self._store
        try:
            if kind is not None or self.dry_run or not (self._overlays or self.entries):
                self._abandon(kind)
                return
            self._check_events()
            durable = store.committer.submit(self._batch(), self.entries)
        finally:
            self._state = "closed"
            store.turns.give()
        store.metrics.committed.inc()
        await durable

    def insert(self, collection: Collection[T], value: T) -> None:
        """Write a value whose key, and whose keys in unique indexes, are new; else Conflict."""
        self.put(collection, value, if_version=0)

    def put(self, collection: Collection[T], value: T, if_version: int | None = None) -> None:
        """Write a value, replacing what its key holds.

        Raises Conflict when ``if_version`` is given and is not the version there (0: nothing may
        be there), or when a unique index has one of the value's keys for another value.
        """
        table = self._open_table(collection)
        key = table.key_of(value)
        row = VALUE + key
        overlay = self._overlay(table)
        if if_version is not None or table.indexes:
            before = self._row(table, row)
            if if_version is not None:
                _check_version(table, key, before, if_version)
            if table.indexes:
                self._reindex(table, overlay, key, before, value)
        raw = self._versions[table.journaled] + encode(value)
        overlay.write(row, raw)
        self._grow(len(row) + len(raw))

    def delete(self, collection: Collection[T], key: bytes, if_version: int | None = None) -> T:
        """Delete the value under ``key`` and return it; raises NotFound, and Conflict as put."""
        table = self._open_table(collection)
        before = self._row(table, VALUE + key)
        if if_version is not None:
            _check_version(table, key, before, if_version)
        if before is None:
            raise NotFound(f"{table.name} has nothing under {_shown(key)}")
        overlay = self._overlay(table)
        self._reindex(table, overlay, key, before, None)
        overlay.write(VALUE + key, None)
        self._grow(len(key))
        return table.load(before)

    def emit(self, event: Event) -> None:
        """Add an event to the journal as part of this transaction."""
        self._check_open()
        name = event_type(type(event))
        if event.ephemeral:
            raise TypeError(f"{name} is ephemeral: publish it on the bus")
        if not self._store.journal.declared(name):
            raise LookupError(f"event type {name} is not declared to the store")
        self.entries.append(
            Entry(
                sequence=self.transaction + len(self.entries),
                transaction=self.transaction,
                time_ns=self.time_ns,
                type=name,
                actor=self.actor,
                event=event,
            )
        )

    def _abandon(self, kind: type[BaseException] | None) -> None:
        metrics = self._store.metrics
        (metrics.aborted if kind is not None else metrics.dry_runs).inc()

    def _check_events(self) -> None:
        if self.entries:
            return
        for table in self._overlays:
            if table.journaled:
                raise RuntimeError(f"a change of {table.name} needs an event: tx.emit(...)")

    def _batch(self) -> Batch:
        batch = Batch()
        unjournaled = False
        for table, overlay in self._overlays.items():
            batch.update(table.family, overlay.rows.items())
            unjournaled |= not table.journaled
        if unjournaled:
            self._store.count_unjournaled(batch)
        self._store.journal.record(batch, self.entries)
        return batch

    def _reindex(
        self, table: Table[T], overlay: Overlay, key: bytes, before: bytes | None, value: T | None
    ) -> None:
        old = {} if before is None else table.index_rows(key, table.load(before))
        new = {} if value is None else table.index_rows(key, value)
        for row, index in new.items():
            if row not in old:
                if index.unique and self._row(table, row) is not None:
                    raise Conflict(f"{table.name} has another value with this {index.name}")
                self._grow(len(row) + len(key))
        for row in old:
            if row not in new:
                overlay.write(row, None)
        for row in new:
            if row not in old:
                overlay.write(row, key)

    def _grow(self, octets: int) -> None:
        self._bytes += octets
        limit = self._store.options.transaction_bytes_max
        if self._bytes > limit:
            raise TooLarge(f"the transaction would exceed {limit} bytes")

    def _overlay(self, table: Table[Any]) -> Overlay:
        found = self._overlays.get(table)
        if found is None:
            found = self._overlays[table] = Overlay()
        return found

    def _open_table(self, collection: Collection[T]) -> Table[T]:
        self._check_open()
        return self._table(collection)

    def _check_open(self) -> None:
        if self._state != "open":
            raise RuntimeError("the transaction is not open")

    def _row(self, table: Table[Any], row: bytes) -> bytes | None:
        overlay = self._overlays.get(table)
        if overlay is not None and row in overlay.rows:
            return overlay.rows[row]
        return table.family.get(row)

    def _view(self, table: Table[Any]) -> View:
        return table.family.cursor()

    def _rows(self, table: Table[Any], low: bytes, high: bytes, reverse: bool) -> Iterator[Row]:
        self._check_open()
        stored = walk(self._view(table), low, high, reverse)
        overlay = self._overlays.get(table)
        written = [] if overlay is None else overlay.between(low, high)
        if not written:
            return stored
        if reverse:
            written.reverse()
        return merged(stored, written, reverse)

    def _found(self, table: Table[Any], low: bytes, high: bytes) -> Iterator[bytes]:
        rows = [self._row(table, VALUE + key) for _, key in self._rows(table, low, high, False)]
        return iter([raw for raw in rows if raw is not None])


def _check_version(table: Table[Any], key: bytes, before: bytes | None, wanted: int) -> None:
    present = 0 if before is None else version_of(before)
    if present == wanted:
        return
    if wanted == 0:
        raise Conflict(f"{table.name} has something under {_shown(key)} already")
    if present == 0:
        raise Conflict(f"{table.name} has nothing under {_shown(key)} any more")
    raise Conflict(
        f"{_shown(key)} in {table.name} has changed since: its version is {present}, not {wanted}"
    )


def _shown(key: bytes) -> str:
    text = key.decode("ascii", "replace")
    return repr(text) if text.isprintable() else key.hex()
