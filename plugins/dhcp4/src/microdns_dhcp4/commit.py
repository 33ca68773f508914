"""Durable first, told second: leases that wait for the disk, many together.

Requests that arrive while a transaction is being flushed form the next one.  So the more there
is to do the larger the transactions, and the price of the disk is shared.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from microdns.errors import MicroDNSError
from microdns.logs import LogEvents
from microdns_dhcp.book import Change, LeaseBook
from microdns_dhcp4.exchange import Exchange
from microdns_dhcp4.metrics import Dhcp4Metrics

EVENTS = LogEvents("dhcp4.commit")
COMMIT_FAILED = EVENTS.error(
    "lease.commit_failed", "Leases can't be stored: their clients are not answered."
)

BATCH_MAX = 256
WAITING_MAX = 4096
"""Changes that wait; beyond it requests are dropped, and clients ask again."""


@dataclass(slots=True)
class Pending:
    """A change of a lease, and what to do once it is durable."""

    exchange: Exchange
    address: bytes
    change: Change
    done: Callable[[], None] | None
    since: float


class CommitQueue:
    """Changes on their way to the disk."""

    def __init__(self, book: LeaseBook, metrics: Dhcp4Metrics, log: logging.Logger) -> None:
        self.in_flight: set[bytes] = set()
        """Addresses of the changes that wait."""
        self._book = book
        self._metrics = metrics
        self._log = log
        self._waiting: list[Pending] = []
        self._wake = asyncio.Event()

    @property
    def full(self) -> bool:
        """Whether nothing more is taken now."""
        return len(self._waiting) >= WAITING_MAX

    def add(
        self,
        exchange: Exchange,
        address: bytes,
        change: Change,
        done: Callable[[], None] | None = None,
    ) -> None:
        """Have a change made; ``done`` is called when it is durable, and not if it fails."""
        self.in_flight.add(address)
        self._waiting.append(Pending(exchange, address, change, done, perf_counter()))
        self._wake.set()

    async def run(self) -> None:
        """Commit until cancelled."""
        while True:
            await self._wake.wait()
            while self._waiting:
                batch = self._waiting[:BATCH_MAX]
                del self._waiting[:BATCH_MAX]
                await self._commit(batch)
            self._wake.clear()

    async def _commit(self, batch: list[Pending]) -> None:
        stored = False
        try:
            await self._book.commit([each.change for each in batch])
            stored = True
        except MicroDNSError as error:
            COMMIT_FAILED(self._log, "can't store %d leases: %s", len(batch), error)
        finally:
            now = perf_counter()
            for each in batch:
                self.in_flight.discard(each.address)
                if not stored:
                    each.exchange.arena.let_go(each.address)
        if stored:
            self._metrics.batch.observe(len(batch))
            for each in batch:
                self._metrics.commit_seconds.observe(now - each.since)
                if each.done is not None:
                    each.done()
