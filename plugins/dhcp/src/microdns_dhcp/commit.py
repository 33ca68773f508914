"""Durable first, told second: leases that wait for the disk, many together.

Requests that arrive while a transaction is being flushed form the next one.  So the more there
is to do the larger the transactions, and the price of the disk is shared.
"""

import asyncio
import logging
from collections.abc import Callable
from time import perf_counter

from microdns.errors import MicroDNSError
from microdns.logs import LogEvents
from microdns.metrics import Buckets
from microdns_dhcp.arena import Arena
from microdns_dhcp.book import Change, LeaseBook

EVENTS = LogEvents("dhcp.commit")
COMMIT_FAILED = EVENTS.error(
    "lease.commit_failed", "Leases can't be stored: their clients are not answered."
)

BATCH_MAX = 256
WAITING_MAX = 4096
"""Requests that wait; beyond it others are dropped, and their clients ask again."""


Part = tuple[Arena, bytes, Change]
"""A change, its address, and the arena that holds the address for the client meanwhile."""


class Pending:
    """Changes that one request makes, and what to do once all of them are durable."""

    __slots__ = ("done", "parts", "since")

    def __init__(
        self, parts: tuple[Part, ...], done: Callable[[], None] | None, since: float
    ) -> None:
        self.parts = parts
        self.done = done
        self.since = since


class CommitQueue:
    """Changes on their way to the disk."""

    def __init__(
        self, book: LeaseBook, batch: Buckets, commit_seconds: Buckets, log: logging.Logger
    ) -> None:
        """``batch`` and ``commit_seconds`` are told how many leases each transaction has, and
        how long each request waited."""
        self.in_flight: set[bytes] = set()
        """Addresses of the changes that wait."""
        self.clients: set[bytes] = set()
        """Clients (``Lease.client``) of those changes."""
        self._book = book
        self._batch = batch
        self._commit_seconds = commit_seconds
        self._log = log
        self._waiting: list[Pending] = []
        self._wake = asyncio.Event()

    @property
    def full(self) -> bool:
        """Whether nothing more is taken now."""
        return len(self._waiting) >= WAITING_MAX

    def add(
        self,
        arena: Arena,
        address: bytes,
        change: Change,
        done: Callable[[], None] | None = None,
    ) -> None:
        """Have a change made; ``done`` is called when it is durable, and not if it fails."""
        self.add_all(((arena, address, change),), done)

    def add_all(self, parts: tuple[Part, ...], done: Callable[[], None] | None = None) -> None:
        """Have changes made together, all or none."""
        for _, address, change in parts:
            self.in_flight.add(address)
            if change.lease is not None:
                self.clients.add(change.lease.client)
        self._waiting.append(Pending(parts, done, perf_counter()))
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
        changes = [change for each in batch for _, _, change in each.parts]
        try:
            await self._book.commit(changes)
            stored = True
        except MicroDNSError as error:
            COMMIT_FAILED(self._log, "can't store %d leases: %s", len(changes), error)
        finally:
            for each in batch:
                for arena, address, change in each.parts:
                    self.in_flight.discard(address)
                    if change.lease is not None:
                        self.clients.discard(change.lease.client)
                    if not stored:
                        arena.let_go(address)
        if stored:
            now = perf_counter()
            self._batch.observe(len(changes))
            for each in batch:
                self._commit_seconds.observe(now - each.since)
                if each.done is not None:
                    each.done()
