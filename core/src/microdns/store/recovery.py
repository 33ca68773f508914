"""Coming back after the disk has failed.

RocksDB refuses writes after an error until it is opened anew, and nobody knows then which of the
last writes are on the disk.  So: wait until the disk takes a write again, reopen, let the log be
replayed, make that durable, and publish what is in the journal and was never published.  Writers
that were told of a fault may thus find their transaction done; nobody finds half of one.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from microdns.clock import Clock
from microdns.errors import StorageFault
from microdns.store import logevents
from microdns.store.commit import Committer
from microdns.store.engine import Engine, fault
from microdns.store.journal import Journal
from microdns.store.metrics import StoreMetrics

log = logging.getLogger("microdns.store")

DELAY_FIRST_SECONDS = 0.1
DELAY_MAX_SECONDS = 5.0


class Recovery:
    """Tries, with growing pauses, until the store works again."""

    def __init__(
        self,
        engine: Engine,
        journal: Journal,
        committer: Committer,
        metrics: StoreMetrics,
        worker: ThreadPoolExecutor,
        clock: Clock,
        reload: Callable[[], int],
    ) -> None:
        self._engine = engine
        self._journal = journal
        self._committer = committer
        self._metrics = metrics
        self._worker = worker
        self._clock = clock
        self._reload = reload
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, unless it is under way."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name="store-recovery")

    async def stop(self) -> None:
        """Give up."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        committer, delay = self._committer, DELAY_FIRST_SECONDS
        await committer.idle()
        while committer.state == "faulted":
            await self._clock.sleep(delay)
            delay = min(delay * 2, DELAY_MAX_SECONDS)
            try:
                await self._attempt()
            except Exception as error:
                committer.fault = fault("recover", error)
                logevents.RECOVERY_FAILED(log, "not recovered yet: %s", committer.fault)

    async def _attempt(self) -> None:
        await self._in_worker(self._engine.probe)
        database = self._engine.detach()
        await self._in_worker(lambda: self._engine.reopen(database))
        written = self._reload()
        if written < self._journal.newest:
            raise StorageFault(
                f"the disk has lost entries {written + 1} to {self._journal.newest} of the journal"
                " that it had confirmed: restore the database from a backup"
            )
        commits = self._journal.unpublished(written)
        self._committer.resume(written)
        self._metrics.recoveries.inc()
        if commits:
            self._journal.publish(commits)
        logevents.RECOVERED(
            log,
            "recovered up to journal entry %d; %d transactions were not acknowledged",
            written,
            len(commits),
            sequence=written,
            unacknowledged=len(commits),
        )

    def _in_worker(self, work: Callable[[], None]) -> Awaitable[None]:
        return asyncio.get_running_loop().run_in_executor(self._worker, work)
