"""Group commit: many transactions, one write, one flush of the log.

What transactions write is staged: reads by key see it at once, and whoever looks at more than a
key has it applied first.  At the end of the loop's round the transactions of that round are applied
as one batch, and one worker thread flushes the log for all of them.  Only after that are journal
listeners told and the writers released, in order.

When a write or a flush fails nothing more is written until recovery (see ``recovery``) has made
sure of what is on the disk.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Literal

from microdns.errors import StorageFault
from microdns.events import Entry
from microdns.store import logevents
from microdns.store.engine import Batch, Engine, fault
from microdns.store.journal import Journal
from microdns.store.metrics import StoreMetrics

log = logging.getLogger("microdns.store")

State = Literal["open", "faulted", "closed"]

_STAGED_BYTES_MAX = 1 << 20
"""Beyond this, what is staged is applied without waiting for the end of the round."""

_NOTHING: list[Entry] = []
"""Stands in a group for somebody who only waits."""

Group = list[tuple[list[Entry], "asyncio.Future[None]"]]
"""Transactions that are flushed together: the entries of each, and its writer's future."""


class Committer:
    """Applies batches, flushes them in groups, publishes what became durable."""

    def __init__(
        self, engine: Engine, journal: Journal, metrics: StoreMetrics, worker: ThreadPoolExecutor
    ) -> None:
        self.state: State = "open"
        self.fault: StorageFault | None = None
        self.written = journal.newest
        """Sequence of the last entry applied; what is durable may be behind it."""
        self.epoch = 0
        """Counts recoveries; a transaction does not outlive its epoch."""
        self.on_fault: Callable[[], None] = lambda: None
        self._engine = engine
        self._journal = journal
        self._metrics = metrics
        self._worker = worker
        self._loop = asyncio.get_running_loop()
        engine.on_view = self.apply
        self._batch: Batch | None = None
        self._staged_bytes = 0
        self._waiting: Group = []
        self._flushing: Group | None = None

    def check(self) -> None:
        """Raise StorageFault while nothing can be written."""
        if self.state == "faulted":
            raise StorageFault(f"nothing can be written now: {self.fault}")
        if self.state == "closed":
            raise StorageFault("the store is closed")

    def check_epoch(self, epoch: int) -> None:
        """As ``check``, and when there was a recovery since ``epoch``."""
        self.check()
        if epoch != self.epoch:
            raise StorageFault("the database was recovered during the transaction: repeat it")

    def batch(self, epoch: int) -> Batch:
        """The batch that transactions are staged in, to be followed by ``stage``.

        Raises StorageFault while nothing can be written, or when the transaction is from before a
        recovery.
        """
        if self.state != "open" or epoch != self.epoch:
            self.check_epoch(epoch)
        if self._batch is None:
            self._batch = Batch()
        return self._batch

    def stage(self, entries: list[Entry], octets: int) -> "asyncio.Future[None]":
        """Count what was put into the batch as written; the future tells when it is durable.

        The future is done after publication.  It fails with StorageFault when batch or flush
        fail: then the transaction may or may not survive, and if it does it is published after
        the recovery.
        """
        self._metrics.written_bytes.value += octets
        self._staged_bytes += octets
        if entries:
            self.written = entries[-1].sequence
        future = self._join(entries)
        if self._staged_bytes > _STAGED_BYTES_MAX:
            self.apply()
        return future

    def spoil(self, error: BaseException) -> None:
        """Give up what is staged: half of a transaction got into the batch."""
        self._fail(fault("prepare a write", error))

    def submit(self, batch: Batch, entries: list[Entry], octets: int = 0) -> "asyncio.Future[None]":
        """Apply a batch of its own now; otherwise as ``stage``."""
        self._metrics.written_bytes.value += octets
        self.apply()
        self.check()
        try:
            self._engine.write(batch)
        except StorageFault as error:
            self._fail(error)
            raise
        if entries:
            self.written = entries[-1].sequence
        return self._join(entries)

    def release_views(self) -> None:
        """End the views that transactions share, unless a write is coming that does: they keep
        files."""
        if self._batch is None:
            self._engine.unshare()

    def apply(self) -> None:
        """Write what is staged; on failure its writers are told."""
        batch, self._batch = self._batch, None
        if batch is None:
            return
        try:
            self._engine.write(batch)
        except StorageFault as error:
            self._fail(error)
        self._staged_bytes = 0
        self._engine.unstage()

    async def settled(self) -> None:
        """Return when everything applied so far is durable; raises StorageFault when it can't."""
        self.check()
        group = self._waiting or self._flushing
        if group:
            future = self._loop.create_future()
            group.append((_NOTHING, future))
            await future

    @property
    def busy(self) -> bool:
        """Whether something waits for the disk."""
        return self._flushing is not None or bool(self._waiting)

    async def idle(self) -> None:
        """Return when no flush is under way, whatever came of it."""
        while self.busy:
            group = self._waiting or self._flushing or []
            future = self._loop.create_future()
            group.append((_NOTHING, future))
            await asyncio.wait([future])

    def resume(self, written: int) -> None:
        """Write again, after a recovery that found the journal up to ``written``."""
        self.written = written
        self.epoch += 1
        self.state, self.fault = "open", None

    def close(self) -> None:
        """Write nothing any more."""
        self.state = "closed"

    def _join(self, entries: list[Entry]) -> "asyncio.Future[None]":
        future = self._loop.create_future()
        if not self._waiting and self._flushing is None:
            self._loop.call_soon(self._flush)
        self._waiting.append((entries, future))
        return future

    def _flush(self) -> None:
        if self.state == "closed":
            self._fail(StorageFault("the store is closed"))
        self.apply()
        if self._flushing is None and self._waiting:
            self._flushing, self._waiting = self._waiting, []
            self._worker.submit(self._flush_in_worker)

    def _flush_in_worker(self) -> None:
        started = perf_counter()
        error: StorageFault | None = None
        try:
            self._engine.flush_wal()
        except Exception as failed:
            error = fault("flush the log", failed)
        seconds = perf_counter() - started
        self._loop.call_soon_threadsafe(self._flushed, seconds, error)

    def _flushed(self, seconds: float, failure: StorageFault | None) -> None:
        group, self._flushing = self._flushing or [], None
        if failure is not None:
            self._waiting = group + self._waiting
            self._fail(failure)
            return
        committed = sum(entries is not _NOTHING for entries, _ in group)
        self._metrics.flushed(committed, seconds)
        try:
            self._journal.publish([entries for entries, _ in group if entries])
        except Exception as error:
            logevents.LISTENER_FAILED(log, "a listener failed", error=error)
        for _, future in group:
            if not future.done():
                future.set_result(None)
        if self._waiting:
            self._loop.call_soon(self._flush)

    def _fail(self, error: StorageFault) -> None:
        waiting, self._waiting = self._waiting, []
        self._batch, self._staged_bytes = None, 0
        self._engine.unstage()
        if self.state == "open":
            self.state, self.fault = "faulted", error
            self._metrics.faults.inc()
            logevents.FAULTED(log, "the store can't write: %s", error)
            self.on_fault()
        for _, future in waiting:
            if not future.done():
                future.set_exception(StorageFault(str(error)))
                future.exception()  # a writer that was cancelled does not ask for it
