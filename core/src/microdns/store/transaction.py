"""A transaction: reads, writes and events that become durable together, or not at all."""

import asyncio
from collections.abc import Collection as AbstractCollection
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from microdns.errors import Conflict, NotFound, Outdated, TooLarge
from microdns.events import Entry, Event, Principal, event_type
from microdns.store.bulk import Bulk
from microdns.store.collecting import collect
from microdns.store.collection import Collection
from microdns.store.engine import Batch, Row
from microdns.store.keys import escape
from microdns.store.overlay import Overlay, merged
from microdns.store.reading import Reader
from microdns.store.sweep import Sweep
from microdns.store.table import (
    END,
    VALUE,
    VALUES_END,
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

_LARGE_BYTES = 1 << 20
"""Size from which a transaction is prepared in slices, so that other tasks get a chance."""

_SLICE_ROWS = 4096

_STAGED_ROWS_MAX = 256
"""As many staged rows of a table may a scan look through; where there are more, they are applied
before, which costs as much as looking through so many."""


class Change(msgspec.Struct, frozen=True):
    """What a transaction does to one key; None stands for nothing there."""

    collection: str
    key: bytes
    before: Any
    after: Any


class Transaction(Reader):
    """See ``Store.transaction``.  Its reads see its own writes."""

    __slots__ = (
        "_bulks",
        "_bytes",
        "_changes",
        "_doom",
        "_epoch",
        "_open",
        "_overlays",
        "_rows_journal",
        "_store",
        "_sweeps",
        "_version",
        "actor",
        "dry_run",
        "entries",
        "time_ns",
        "transaction",
    )

    def __init__(self, store: "Store", actor: Principal, dry_run: bool) -> None:
        self._tables = store.tables
        self._store = store
        self.actor = actor.identity()
        self.dry_run = dry_run
        self.entries: list[Entry] = []
        """What it emits; after the block, what stands in the journal (but for a dry run)."""
        self.transaction = 0
        """Sequence of its first entry, and version of the values it writes."""
        self.time_ns = 0
        """Unix time in nanoseconds that its entries bear."""
        self._overlays: dict[Collection[Any], Overlay] = {}
        self._rows_journal: list[bytes] = []
        self._changes: list[Change] | None = None
        self._bulks: list[Bulk] = []
        self._sweeps: list[Sweep] = []
        self._bytes = 0
        self._doom: TooLarge | None = None
        self._open = False

    async def __aenter__(self) -> "Transaction":
        if self.transaction:
            raise RuntimeError("a transaction can be entered once")
        store = self._store
        turns, committer = store.turns, store.committer
        if turns.holder is None:
            turns.holder = asyncio.current_task(store.loop)
            turns.since = perf_counter()
        else:
            await turns.take()
        if committer.state != "open":
            turns.give()
            committer.check()
        self._epoch = committer.epoch
        self.transaction = committer.written + 1
        self.time_ns = store.clock.time_ns()
        self._version = self.transaction.to_bytes(VERSION_OCTETS, "big")
        self._open = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        store = self._store
        try:
            if kind is not None:
                store.metrics.aborted.inc()
                return
            if self._doom is not None:
                raise self._doom  # caught in the block, but half of a write is missing
            if self.dry_run:
                self._finish_dry_run()
                collect(self.entries)
                return
            if not (self._overlays or self.entries):
                return
            if not self.entries:
                self._check_events()
            if self._bulks:
                await self._note_bulks()
                durable = await self._commit_large()
            elif self._bytes > _LARGE_BYTES or self._sweeps:
                durable = await self._commit_large()
            else:
                durable = self._commit()
        finally:
            self._open = False
            self._overlays = {}
            for bulk in self._bulks:
                bulk.discard()
            store.committer.release_views()
            store.turns.give()
        await durable
        collect(self.entries)

    def insert(self, collection: Collection[T], value: T) -> None:
        """Write a value whose key, and whose keys in unique indexes, are new; else Conflict."""
        self.put(collection, value, if_version=0)

    def insert_fresh(self, collection: Collection[T], values: Iterable[T]) -> None:
        """Insert many values whose keys are new by construction: random ids are part of them.

        Nothing is looked up, which halves the cost of an import.  The same goes for their keys in
        unique indexes.
        """
        overlay = self._overlays.get(collection) or self._stage(collection)
        table = overlay.table
        version = self._version if table.journaled else self._store.unjournaled_version
        key_of, indexes = table.key_of, table.plan
        rows: list[Row] = []
        for value in values:
            key = key_of(value)
            rows.append((VALUE + key, version + encode(value)))
            for index, keys_of, head in indexes:
                for index_key in keys_of(value):
                    row = head + escape(index_key) + END
                    rows.append((row if index.unique else row + key, key))
        overlay.write_all(rows)
        self._grow(sum([len(row) + len(raw) for row, raw in rows]))

    def bulk(self, collection: Collection[Any]) -> Bulk:
        """A way in for very many new values, whose rows the caller lays out: see ``Bulk``.

        They are not in what this transaction reads, and its limit of bytes is not for them.
        """
        self._check_open()
        table = self._table(collection)
        if not table.journaled or self._bulks:
            raise RuntimeError("a transaction takes one bulk, of a journaled collection")
        store = self._store
        made = Bulk(table, self._version, store.bulk_engine, store.folder("bulk"))
        self._bulks.append(made)
        return made

    def sweep(self, collection: Collection[Any]) -> Sweep:
        """A way out for very many values, by ranges of keys: see ``Sweep``.

        What this transaction reads still has them, and what it writes itself is not swept.
        """
        self._check_open()
        table = self._table(collection)
        if not table.journaled:
            raise RuntimeError("a sweep is of a journaled collection")
        made = Sweep(table)
        self._sweeps.append(made)
        return made

    def scan_each(
        self, collection: Collection[T], prefixes: AbstractCollection[bytes]
    ) -> Iterator[T]:
        """Values whose key starts with one of these prefixes, none of which begins with another.

        Like a ``scan`` for each, at a fraction of the cost where most of them find little.
        """
        table = self._table(collection)
        family = table.family
        if len(prefixes) * len(family.staged) > _STAGED_ROWS_MAX:
            self._store.committer.apply()
        if family.staged or collection in self._overlays:
            return chain.from_iterable([self.scan(collection, each) for each in prefixes])
        load = table.load
        found = family.applied().under(sorted([VALUE + prefix for prefix in prefixes]))
        return (load(raw) for _, raw in found)

    def put(self, collection: Collection[T], value: T, if_version: int | None = None) -> None:
        """Write a value, replacing what its key holds.

        Raises Conflict when ``if_version`` is given and is not the version there (0: nothing may
        be there), or when a unique index has one of the value's keys for another value.  Raises
        TooLarge when the transaction grows beyond its limit.
        """
        overlay = self._overlays.get(collection)
        if overlay is None:
            overlay = self._stage(collection)
        table = overlay.table
        key = table.key_of(value)
        row = VALUE + key
        version = self._version if table.journaled else self._store.unjournaled_version
        raw = version + encode(value)
        octets = len(row) + len(raw)
        if if_version is not None or table.indexes:
            before = overlay.read(row)
            if if_version is not None:
                _check_version(table, key, before, if_version)
            if table.indexes:
                octets += _reindex(overlay, key, before, value)
        overlay.write(row, raw)
        self._grow(octets)

    def delete(self, collection: Collection[T], key: bytes, if_version: int | None = None) -> T:
        """Delete the value under ``key`` and return it; raises NotFound, and Conflict as put."""
        overlay = self._overlays.get(collection) or self._stage(collection)
        table, row = overlay.table, VALUE + key
        before = overlay.read(row)
        if if_version is not None:
            _check_version(table, key, before, if_version)
        if before is None:
            raise NotFound(f"{table.name} has nothing under {_shown(key)}")
        value: T = table.load(before)
        octets = len(row) + _reindex(overlay, key, before, None)
        overlay.write(row, None)
        self._grow(octets)
        return value

    def emit(self, event: Event) -> None:
        """Add an event to the journal as part of this transaction.

        Raises LookupError for a type that the store was not told of.
        """
        name = self._store.journal.names.get(type(event))
        if name is None or event.ephemeral or not self._open:
            self._refuse(event)
        entries = self.entries
        entry = Entry(
            sequence=self.transaction + len(entries),
            transaction=self.transaction,
            time_ns=self.time_ns,
            type=name or "",
            actor=self.actor,
            event=event,
        )
        raw = encode((self.transaction, self.time_ns, name, self.actor, event))
        self._grow(len(raw))
        entries.append(entry)
        self._rows_journal.append(raw)

    def changes(self) -> list[Change]:
        """What it does to each key so far, by collection and key.

        For use inside the block; after it, of a dry run only.
        """
        if self._changes is not None:
            return self._changes
        self._check_open()
        found = []
        for overlay in self._overlays.values():
            table = overlay.table
            for row, raw in overlay.between(VALUE, VALUES_END):
                before = table.family.get(row)
                if before is None and raw is None:
                    continue
                was = None if before is None else table.load(before)
                now = None if raw is None else table.load(raw)
                found.append(Change(table.name, row[len(VALUE) :], was, now))
        return found

    def _finish_dry_run(self) -> None:
        if not self.entries:
            self._check_events()
        self._changes = self.changes()
        self._store.metrics.dry_runs.inc()

    def _check_events(self) -> None:
        for collection in self._overlays:
            if collection.journaled:
                raise RuntimeError(f"a change of {collection.name} needs an event: tx.emit(...)")

    def _commit(self) -> "asyncio.Future[None]":
        store = self._store
        committer = store.committer
        batch = committer.batch(self._epoch)
        try:
            for overlay in self._overlays.values():
                family, rows = overlay.table.family, overlay.rows
                batch.update(family, rows.items())
                family.staged.update(rows)
            self._number(batch)
        except BaseException as error:
            committer.spoil(error)
            raise
        return committer.stage(self.entries, self._bytes)

    async def _commit_large(self) -> "asyncio.Future[None]":
        """As ``_commit``, in a batch of its own that is filled while others run."""
        batch = Batch()
        for sweep in self._sweeps:
            sweep.put_into(batch)
        for overlay in self._overlays.values():
            rows = iter(overlay.rows.items())
            while chunk := list(islice(rows, _SLICE_ROWS)):
                batch.update(overlay.table.family, chunk)
                await asyncio.sleep(0)
        committer = self._store.committer
        committer.check_epoch(self._epoch)
        self._number(batch)
        self._link_bulks(batch)
        return committer.submit(batch, self.entries, self._bytes)

    async def _note_bulks(self) -> None:
        """Make durable what a start has to undo if this transaction is not written."""
        batch = Batch()
        batch.update(self._store.meta, [bulk.note() for bulk in self._bulks])
        self._store.committer.check_epoch(self._epoch)
        await self._store.committer.submit(batch, [])

    def _link_bulks(self, batch: Batch) -> None:
        """Link the bulks in; the batch that is written next makes them count."""
        for bulk in self._bulks:
            bulk.link()
            batch.update(self._store.meta, [(bulk.key, None)])

    def _number(self, batch: Batch) -> None:
        """Add what makes this transaction the last one."""
        store = self._store
        if self.entries:
            store.journal.record(batch, self.transaction, self.time_ns, self._rows_journal)
        if not all(collection.journaled for collection in self._overlays):
            store.count_unjournaled(batch)

    def _grow(self, octets: int) -> None:
        self._bytes += octets
        if self._bytes > self._store.options.transaction_bytes_max:
            limit = self._store.options.transaction_bytes_max
            self._doom = TooLarge(f"the transaction would exceed {limit} bytes")
            raise self._doom

    def _stage(self, collection: Collection[T]) -> Overlay:
        self._check_open()
        overlay = self._overlays[collection] = Overlay(self._table(collection))
        return overlay

    def _check_open(self) -> None:
        if not self._open:
            raise RuntimeError("the transaction is not open")

    def _refuse(self, event: Event) -> None:
        self._check_open()
        name = event_type(type(event))
        if event.ephemeral:
            raise TypeError(f"{name} is ephemeral: publish it on the bus")
        raise LookupError(f"event type {name} is not declared to the store")

    def _row(self, table: Table[Any], row: bytes) -> bytes | None:
        overlay = self._overlays.get(table.collection)
        return table.family.get(row) if overlay is None else overlay.read(row)

    def _view(self, table: Table[Any]) -> View:
        return table.family.cursor()

    def _rows(self, table: Table[Any], low: bytes, high: bytes, reverse: bool) -> Iterator[Row]:
        family = table.family
        if len(family.staged) > _STAGED_ROWS_MAX:
            self._store.committer.apply()
        stored = walk(family.applied(), low, high, reverse)
        overlay = self._overlays.get(table.collection)
        written = [] if overlay is None else overlay.between(low, high)
        staged = {key: raw for key, raw in family.staged.items() if low <= key < high}
        if staged:
            staged.update(written)
            written = sorted(staged.items())
        if not written:
            return stored
        if reverse:
            written.reverse()
        return merged(stored, written, reverse)

    def _found(self, table: Table[Any], low: bytes, high: bytes) -> Iterator[bytes]:
        rows = [self._row(table, VALUE + key) for _, key in self._rows(table, low, high, False)]
        return iter([raw for raw in rows if raw is not None])


def _reindex(overlay: Overlay, key: bytes, before: bytes | None, value: Any) -> int:
    """Bring the indexes from ``before`` to ``value`` (None: nothing there); returns their bytes.

    Raises Conflict, with nothing changed, when a unique index has another value there.
    """
    table = overlay.table
    new = {} if value is None else table.index_rows(key, value)
    old = {} if before is None else table.index_rows(key, table.load(before))
    for row, index in new.items():
        if index.unique and row not in old and overlay.read(row) is not None:
            raise Conflict(f"{table.name} has another value with this {index.name}")
    octets = 0
    for row in old:
        if row not in new:
            overlay.write(row, None)
            octets += len(row)
    for row in new:
        if row not in old:
            overlay.write(row, key)
            octets += len(row) + len(key)
    return octets


def _check_version(table: Table[Any], key: bytes, before: bytes | None, wanted: int) -> None:
    present = 0 if before is None else version_of(before)
    if present == wanted:
        return
    if wanted == 0:
        raise Conflict(f"{table.name} has something under {_shown(key)} already")
    if present == 0:
        raise Outdated(f"{table.name} has nothing under {_shown(key)} any more")
    raise Outdated(
        f"{_shown(key)} in {table.name} has changed since: its version is {present}, not {wanted}"
    )


def _shown(key: bytes) -> str:
    text = key.decode("ascii", "replace")
    return repr(text) if text.isprintable() else key.hex()
