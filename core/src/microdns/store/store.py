"""The store: typed collections and the journal, in one RocksDB."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from microdns.clock import Clock, SystemClock
from microdns.errors import StorageFault
from microdns.events import KERNEL, Event, Principal
from microdns.store.collection import Collection
from microdns.store.commit import Committer, State
from microdns.store.engine import Batch, Engine
from microdns.store.journal import Journal
from microdns.store.keys import uint
from microdns.store.metrics import StoreMetrics
from microdns.store.options import StoreOptions
from microdns.store.reading import Reader
from microdns.store.snapshot import Snapshot
from microdns.store.table import Table, View
from microdns.store.transaction import Transaction, Turns

T = TypeVar("T", bound=msgspec.Struct)

META = "kernel.meta"
JOURNAL = "journal"
_UNJOURNALED = b"unjournaled"


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
        self.metrics = StoreMetrics()
        self.journal = Journal(engine.family(JOURNAL))
        self.turns = Turns(options.transactions_waiting_max)
        self.unjournaled = 0
        """Version of the last transaction on collections that are not journaled."""
        self._engine = engine
        self._worker = worker
        self._meta = engine.family(META)
        self._load()
        self.committer = Committer(engine, self.journal, self.metrics, worker)

    @classmethod
    async def open(
        cls,
        path: str | Path,
        collections: Iterable[Collection[Any]] = (),
        events: Iterable[type[Event]] = (),
        *,
        clock: Clock | None = None,
        options: StoreOptions | None = None,
    ) -> "Store":
        """Open the database in the folder ``path``, making it when it is not there.

        Raises StoreLocked when another process has it open, StorageFault when it can't be read.
        """
        options = options or StoreOptions()
        engine = Engine(Path(path), options)
        worker = ThreadPoolExecutor(1, thread_name_prefix="store")
        try:
            names = [META, JOURNAL, *(collection.name for collection in collections)]
            await asyncio.get_running_loop().run_in_executor(worker, engine.open, names)
            store = cls(engine, worker, clock or SystemClock(), options)
            store.declare([CURSORS, *collections], events)
        except BaseException:
            engine.close()
            worker.shutdown(wait=False)
            raise
        return store

    def declare(
        self, collections: Iterable[Collection[Any]] = (), events: Iterable[type[Event]] = ()
    ) -> None:
        """Know these collections and events from now on (those known already are left alone)."""
        self.journal.declare(events)
        names = {collection.name: collection for collection in self.tables}
        for collection in collections:
            if names.setdefault(collection.name, collection) is not collection:
                raise ValueError(f"collection {collection.name} is declared twice")
            if collection not in self.tables:
                family = self._engine.family(collection.name)
                self.tables[collection] = Table(collection, family)

    async def close(self) -> None:
        """Wait for what is being written, then let go of the database."""
        if self.committer.state == "closed":
            return
        with contextlib.suppress(StorageFault):
            await self.committer.settled()
        self.committer.close()
        self._engine.close()
        self._worker.shutdown(wait=True)

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

    def transaction(self, actor: Principal = KERNEL, dry_run: bool = False) -> Transaction:
        """A transaction, to be entered with ``async with``; leaving the block means durable.

        Transactions run one after another; the block may await, and then others wait for it.  An
        exception in the block undoes it.  Leaving raises StorageFault when the disk fails.
        A dry run stores nothing; its ``entries`` tell what it would have done.
        """
        return Transaction(self, actor, dry_run)

    @contextlib.asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Snapshot]:
        """One instant of all collections, of which everything is durable.

        Raises StorageFault when what was written last can't be made durable.
        """
        snapshot = Snapshot(self.tables, self.committer.written)
        try:
            await self.committer.settled()
            yield snapshot
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

    def count_unjournaled(self, batch: Batch) -> None:
        """Give the transaction being written its version for collections that are not journaled."""
        self.unjournaled += 1
        batch.put(self._meta, _UNJOURNALED, uint(self.unjournaled))

    def _load(self) -> None:
        self.journal.newest = self.journal.last_written()
        self.unjournaled = int.from_bytes(self._meta.get(_UNJOURNALED) or b"", "big")

    def _row(self, table: Table[Any], row: bytes) -> bytes | None:
        return table.family.get(row)

    def _view(self, table: Table[Any]) -> View:
        return table.family.cursor()
