"""Group commit: many transactions, one flush of the log.

A transaction's batch is applied on the loop's thread, without waiting for the disk, so that the
next transaction sees it at once.  One worker thread then flushes the log for everybody who wrote
in the meantime; only after that are journal listeners told and the writers released, in order.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Literal

from microdns.errors import StorageFault
from microdns.events import Entry
from microdns.store.engine import Batch, Engine, fault
from microdns.store.journal import Journal
from microdns.store.metrics import StoreMetrics

State = Literal["open", "faulted", "closed"]


class Committer:
    """Writes batches, flushes them in groups, publishes what became durable."""

    def __init__(
        self,
        engine: Engine,
        journal: Journal,
        metrics: StoreMetrics,
        worker: ThreadPoolExecutor,
    ) -> None:
        self.state: State = "open"
        self.fault: StorageFault | None = None
        self.written = journal.newest
        self._engine = engine
        self._journal = journal
        self._metrics = metrics
        self._worker = worker
        self._loop = asyncio.get_running_loop()
        self._waiting: list[tuple[list[Entry], asyncio.Future[None]]] = []
        self._flushing = False

    def check(self) -> None:
        """Raise StorageFault while nothing can be written."""
        if self.state != "open":
            raise StorageFault(str(self.fault or "the store is closed"))

    def submit(self, batch: Batch, entries: list[Entry]) -> "asyncio.Future[None]":
        """Apply a batch now; the future is done when it is durable and published.

        The future fails with StorageFault when the log can't be flushed.
        """
        self.check()
        try:
            self._engine.write(batch)
        except StorageFault as error:
            self._fail(error)
            raise
        if entries:
            self.written = entries[-1].sequence
        future = self._loop.create_future()
        self._waiting.append((entries, future))
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)
        return future

    async def settled(self) -> None:
        """Return when everything written so far is durable; raises StorageFault when it can't."""
        self.check()
        if self._waiting or self._flushing:
            future = self._loop.create_future()
            self._waiting.append(([], future))
            await future

    def _flush(self) -> None:
        group, self._waiting = self._waiting, []
        started = perf_counter()
        flushing = self._loop.run_in_executor(self._worker, self._engine.flush_wal)
        flushing.add_done_callback(lambda done: self._flushed(group, started, done))

    def _flushed(
        self,
        group: Sequence[tuple[list[Entry], "asyncio.Future[None]"]],
        started: float,
        done: "asyncio.Future[None]",
    ) -> None:
        error = done.exception()
        if error is not None:
            self._waiting = [*group, *self._waiting]
            self._flushing = False
            self._fail(fault("flush the log", error))
            return
        self._metrics.flushed(len(group), perf_counter() - started)
        self._journal.publish([entries for entries, _ in group if entries])
        for _, future in group:
            if not future.done():
                future.set_result(None)
        if self._waiting:
            self._loop.call_soon(self._flush)
        else:
            self._flushing = False

    def _fail(self, error: StorageFault) -> None:
        self.state, self.fault = "faulted", error
        self._metrics.faults.inc()
        waiting, self._waiting = self._waiting, []
        for _, future in waiting:
            if not future.done():
                future.set_exception(StorageFault(str(error)))
                future.exception()  # a writer that was cancelled does not ask for it

    def close(self) -> None:
        """Write nothing any more."""
        self.state = "closed"
