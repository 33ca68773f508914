"""The store: typed collections and the journal, in one RocksDB."""

import asyncio
import contextlib
import logging
import shutil
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from microdns.clock import Clock, SystemClock
from microdns.errors import StorageFault
from microdns.events import KERNEL, Event, Principal
from microdns.points import Point
from microdns.store import logevents
from microdns.store.backup import Backup, make_backup
from microdns.store.bulk import undo_unfinished
from microdns.store.collection import Collection
from microdns.store.commit import Committer, State
from microdns.store.engine import Batch, Engine
from microdns.store.files import Progress, no_progress
from microdns.store.indexing import build_indexes
from microdns.store.journal import Journal
from microdns.store.keys import uint
from microdns.store.meta import (
    FORMAT,
    FORMAT_NUMBER,
    JOURNAL,
    META,
    OWN_FAMILIES,
    UNJOURNALED,
    applied_migrations,
    number,
    put_number,
)
from microdns.store.metrics import StoreMetrics
from microdns.store.migration import Migration, Migrations, apply, pending
from microdns.store.options import StoreOptions
from microdns.store.past import Past
from microdns.store.reading import Reader
from microdns.store.recovery import Recovery
from microdns.store.snapshot import Snapshot
from microdns.store.table import VALUE, VALUES_END, VERSION_OCTETS, Table, View
from microdns.store.transaction import Transaction
from microdns.store.transfer import FORMAT as EXPORT_FORMAT
from microdns.store.transfer import Head, Summary, export_values
from microdns.store.turns import Turns

T = TypeVar("T", bound=msgspec.Struct)

_TRIM_SECONDS = 60.0
_PASTS_AT_ONCE = 4
"""Views of the past that are open at the same time, since each takes memory; others wait."""
_LOADED_AT_ONCE = 10_000
_ARRAY32 = b"\xdd"
"""What an array begins with in MessagePack; its length follows."""

log = logging.getLogger("microdns.store")


class Cursor(msgspec.Struct, frozen=True):
    """How far a subscriber has got."""

    name: str
    sequence: int
    time_ns: int


CURSORS = Collection(
    "kernel.cursors", Cursor, key=lambda cursor: cursor.name.encode(), journaled=False
)


class Store(Reader):
    """Everything that is kept, and the journal of how it came to be.

    ``get``, ``version``, ``scan`` and ``find`` read the latest state written, which may be ahead
    of the disk by one flush: fit for decisions inside the process.  What is shown to others comes
    from ``snapshot`` or from the journal.
    """

    def __init__(
        self,
        engine: Engine,
        worker: ThreadPoolExecutor,
        clock: Clock,
        options: StoreOptions,
    ) -> None:
        """Use ``Store.open``."""
        self.tables: dict[Collection[Any], Table[Any]] = {}
        super().__init__(self.tables)
        self.clock = clock
        self.options = options
        self.loop = asyncio.get_running_loop()
        self.turns = Turns(options.transactions_waiting_max)
        self._pasts = asyncio.Semaphore(_PASTS_AT_ONCE)
        self.unjournaled_version = b""
        """Version of the next transaction's writes to collections that are not journaled."""
        self._engine = engine
        self._worker = worker
        self.meta = self._meta = engine.family(META)
        self.bulk_engine = engine
        shutil.rmtree(self.folder("bulk"), ignore_errors=True)  # of an import cut short
        self.journal = Journal(engine.family(JOURNAL), self._meta, options, clock)
        self.journal.newest = self._load()
        self.metrics = StoreMetrics()
        self.committer = Committer(engine, self.journal, self.metrics, worker)
        self._recovery = Recovery(
            engine, self.journal, self.committer, self.metrics, worker, clock, self._load
        )
        self.committer.on_fault = self._recovery.start
        self.metrics.watch(self)
        self._trimming = self.loop.create_task(self._trim_now_and_then(), name="store-trim")

    @classmethod
    async def open(
        cls,
        path: str | Path,
        collections: Iterable[Collection[Any]] = (),
        events: Iterable[type[Event]] = (),
        *,
        migrations: Migrations | None = None,
        clock: Clock | None = None,
        options: StoreOptions | None = None,
        engine: type[Engine] = Engine,
    ) -> "Store":
        """Open the database in the folder ``path``, making it when it is not there.

        ``migrations`` not applied yet are applied, by owner; indexes that are new are built.
        Raises StoreLocked when another process has it open, StorageFault when it can't be read or
        was written by newer code.  ``engine`` is for tests that make the disk fail.
        """
        options = options or StoreOptions()
        opened = engine(Path(path), options)
        worker = ThreadPoolExecutor(1, thread_name_prefix="store")
        store = None
        try:
            await asyncio.get_running_loop().run_in_executor(worker, opened.open, OWN_FAMILIES)
            store = cls(opened, worker, clock or SystemClock(), options)
            await store._check_format()
            await store.migrate(migrations or {})
            await store.declare([CURSORS, *collections], events)
        except BaseException:
            if store is not None:
                await store.close()
            else:
                opened.release(opened.detach())
                worker.shutdown(wait=False)
            raise
        return store

    async def declare(
        self, collections: Iterable[Collection[Any]] = (), events: Iterable[type[Event]] = ()
    ) -> None:
        """Know these collections and events from now on (those known already are left alone).

        Raises ValueError when two different ones have one name, StorageFault when an index can't
        be built.
        """
        self.journal.declare(events)
        names = {collection.name: collection for collection in self.tables}
        for collection in collections:
            if names.setdefault(collection.name, collection) is not collection:
                raise ValueError(f"collection {collection.name} is declared twice")
            if collection.name in OWN_FAMILIES:
                raise ValueError(f"the name {collection.name} is the kernel's")
            if collection not in self.tables:
                await self._add_table(collection)

    async def migrate(self, migrations: Migrations) -> list[tuple[str, Migration]]:
        """Apply what is not applied yet, each migration atomically; returns those.

        To be called before the collections concerned are declared.  Raises StorageFault when the
        database has seen migrations that the code does not know.
        """
        missing = pending(self._meta, migrations)
        for owner, migration in missing:
            await self.turns.take()
            try:
                version = max(1, self.committer.written)
                batch = apply(self._engine, self._meta, owner, migration, version)
                await self._submit(batch)
            finally:
                self.turns.give()
            logevents.MIGRATED(
                log, "%s: migration %d: %s", owner, migration.number, migration.summary
            )
        return missing

    async def close(self) -> None:
        """Wait for what is being written, then let go of the database."""
        if self.committer.state == "closed":
            return
        try:
            with contextlib.suppress(StorageFault):
                await self.committer.settled()
        finally:
            self.committer.close()
            self._trimming.cancel()
            await self._recovery.stop()
            left = self._engine.detach()
            try:
                await self.loop.run_in_executor(self._worker, self._engine.release, left)
            finally:
                self._worker.shutdown(wait=False)

    @property
    def sequence(self) -> int:
        """Sequence of the last durable journal entry."""
        return self.journal.newest

    @property
    def state(self) -> State:
        """``open``, ``faulted`` (nothing can be written now) or ``closed``."""
        return self.committer.state

    @property
    def fault(self) -> StorageFault | None:
        """Why the store is faulted."""
        return self.committer.fault

    def figure(self, name: str) -> int:
        """A figure of RocksDB's, summed over the collections."""
        return self._engine.figure(name)

    def folder(self, name: str) -> Path:
        """A folder for what can be made anew from the store (it may not exist yet).

        It lies beside the data, and goes with them; backups and exports leave it out.
        """
        return self._engine.path / "derived" / name

    def transaction(self, actor: Principal = KERNEL, dry_run: bool = False) -> Transaction:
        """A transaction, to be entered with ``async with``; leaving the block means durable.

        Transactions run one after another; the block may await, and then others wait for it.  An
        exception in the block undoes it.  Leaving raises StorageFault when the disk fails.
        A dry run stores nothing; its ``entries`` tell what it would have done.
        """
        return Transaction(self, actor, dry_run)

    @contextlib.asynccontextmanager
    async def snapshot(self, as_of: Point | None = None) -> AsyncIterator[Snapshot]:
        """One instant of all collections, of which everything is durable.

        With ``as_of``, an earlier instant (see ``Past``): each collection has to be unwound before
        it is read.  Raises StorageFault when what was written last can't be made durable,
        CursorTooOld and NotFound for a point that the journal does not have.
        """
        if as_of is not None:
            async with self._pasts:
                await self.committer.settled()
                point = self.journal.sequence_at(as_of)
                self.metrics.past_reads.inc()
                written = self.committer.written
                past = Past(self.tables, written, point, self.journal, self.options)
                async with self._kept(past):
                    yield past
            return
        snapshot = Snapshot(self.tables, self.committer.written)
        async with self._kept(snapshot):
            yield snapshot

    @contextlib.asynccontextmanager
    async def _kept(self, snapshot: Snapshot) -> AsyncIterator[None]:
        """Keep a snapshot whose all is durable until the block is left."""
        try:
            await self.committer.settled()
            yield
        finally:
            snapshot.close()

    async def save_cursor(self, name: str, sequence: int) -> None:
        """Remember how far the subscriber ``name`` has got."""
        async with self.transaction() as tx:
            tx.put(CURSORS, Cursor(name, sequence, self.clock.time_ns()))

    def cursor(self, name: str) -> int:
        """What ``save_cursor`` remembered, 0 for a name never saved."""
        saved = self.get(CURSORS, name.encode())
        return 0 if saved is None else saved.sequence

    def load_as(self, collection: Collection[Any], kind: type[T]) -> Iterator[list[T]]:
        """All values in key order, in lists, each with only its first fields, as a ``kind``.

        For collections of array-like structs, whose leading fields ``kind`` repeats: what memory
        holds of a million values is read from them in a third of the time that ``scan`` takes.
        To be read without a pause.  Raises StorageFault.
        """
        table = self._table(collection)
        decode = msgspec.msgpack.Decoder(list[kind]).decode  # type: ignore[valid-type]  # by value
        try:
            for raw in table.family.chunks(VALUE, VALUES_END, _LOADED_AT_ONCE):
                values = b"".join([each[VERSION_OCTETS:] for each in raw])
                yield decode(_ARRAY32 + len(raw).to_bytes(4, "big") + values)
        except msgspec.MsgspecError as error:
            raise StorageFault(f"a value in {table.name} can't be read: {error}") from error

    async def backup(self, target: str | Path) -> Backup:
        """Copy everything to a new folder while the store runs.

        Raises Conflict when there is something at ``target``, StorageFault when the disk fails.
        """
        await self.committer.settled()
        return await asyncio.to_thread(
            make_backup, self._engine, Path(target), self.journal.newest, self.clock.time_ns()
        )

    async def export(self, target: str | Path, progress: Progress = no_progress) -> Summary:
        """Write all values, of whatever plugin, to a new JSON Lines file while the store runs.

        Raises Conflict when there is something at ``target``, StorageFault when the disk fails.
        """
        head = Head(
            microdns_export=EXPORT_FORMAT,
            time_ns=self.clock.time_ns(),
            sequence=self.committer.written,
            unjournaled=int.from_bytes(self.unjournaled_version, "big") - 1,
            migrations=applied_migrations(self._meta),
            counts={},
        )
        cursors = {
            name: family.cursor()
            for name, family in self._engine.families.items()
            if name not in OWN_FAMILIES
        }
        try:
            await self.committer.settled()
            return await export_values(cursors, head, Path(target), progress)
        finally:
            for cursor in cursors.values():
                cursor.close()

    def count_unjournaled(self, batch: Batch) -> None:
        """Use up a version of the collections that are not journaled."""
        batch.put(self._meta, UNJOURNALED, self.unjournaled_version)
        self._number_unjournaled(int.from_bytes(self.unjournaled_version, "big"))

    async def trim(self) -> None:
        """Remove journal entries past their age or beyond the size allowed."""
        batch = Batch()
        self.journal.end_segment(batch, self.committer.written)
        while self.journal.trim(batch):
            await self._submit(batch)
            batch = Batch()

    async def _trim_now_and_then(self) -> None:
        while True:
            await self.clock.sleep(_TRIM_SECONDS)
            with contextlib.suppress(StorageFault):
                await self.trim()

    async def _check_format(self) -> None:
        found = number(self._meta, FORMAT)
        if found == 0:
            batch = Batch()
            put_number(batch, self._meta, FORMAT, FORMAT_NUMBER)
            await self._submit(batch)
        elif found > FORMAT_NUMBER:
            raise StorageFault(
                f"the database has format {found}, and this version of microdns-core knows"
                f" {FORMAT_NUMBER}: install a newer one"
            )

    async def _add_table(self, collection: Collection[Any]) -> None:
        table = Table(collection, self._engine.family(collection.name))
        await self.turns.take()
        try:
            await build_indexes(table, self._meta, self._submit)
        finally:
            self.turns.give()
        self.tables[collection] = table

    def _submit(self, batch: Batch) -> "asyncio.Future[None]":
        return self.committer.submit(batch, [])

    def _number_unjournaled(self, last: int) -> None:
        self.unjournaled_version = uint(last + 1)

    def _load(self) -> int:
        undone = undo_unfinished(self._engine, self._meta)
        if undone:
            logevents.BULK_UNDONE(log, "%d imports that were not completed are removed", undone)
        self._number_unjournaled(number(self._meta, UNJOURNALED))
        return self.journal.load()

    def _row(self, table: Table[Any], row: bytes) -> bytes | None:
        return table.family.get(row)

    def _view(self, table: Table[Any]) -> View:
        return table.family.cursor()
