"""Following the journal: events of leases become addresses to settle, many in one transaction.

The follower only notes which addresses an event concerns; what they should have is asked when they
are settled.  So a lease that changes ten times in a burst is settled once.  Settling takes turns
with DHCP's own transactions, some two milliseconds at a time, and rests as long as it works: in a
burst names come later, so that addresses come in time.
"""

import logging
from collections.abc import Iterator
from itertools import islice
from typing import Any

import anyio

from microdns.bus import Bus, Subscription
from microdns.clock import Clock
from microdns.errors import MicroDNSError, StorageFault
from microdns.events import Entry, Event
from microdns.store.errors import CursorTooOld
from microdns_dhcp.events import LEASE_EVENTS, LeaseDeleted
from microdns_dhcp.model import address_octets, lease_key
from microdns_dns import names
from microdns_dns.events import RecordChange, RecordsChanged, ZoneCreated, ZoneDeleted
from microdns_registration import logevents
from microdns_registration.model import LEASE_ORIGIN, REGISTRATIONS, SOURCE, wanted_key
from microdns_registration.reconcile import Reconciler
from microdns_registration.registrar import Registrar
from microdns_registration.settlement import BATCH_MAX, BESIDE, WAITING_ASKED

TYPES: tuple[type[Event], ...] = (*LEASE_EVENTS, RecordsChanged, ZoneCreated, ZoneDeleted)
QUEUE_MAX = 2_000
WAITING_MAX = 10_000
"""Addresses noted; with more, the journal is read on only when they are settled."""
GATHER_SECONDS = 0.02
"""Pause after a transaction, in which events gather for the next one."""
IN_FLIGHT_MAX = 16
"""Transactions that wait for the disk at the same time: they share its flushes."""
RETRY_SECONDS = 1.0
CURSOR_ENTRIES = 1_000
"""Events that needed nothing, after which the cursor is saved for its own sake."""
CHANGES_MAX = 100
"""With more record changes of others in one entry, everything is reconciled."""


class Follower:
    """The plugin's task: what the journal brings, and reconciliations between."""

    def __init__(
        self,
        bus: Bus,
        registrar: Registrar,
        reconciler: Reconciler,
        clock: Clock,
        log: logging.Logger,
    ) -> None:
        self._bus = bus
        self._registrar = registrar
        self._reconciler = reconciler
        self._clock = clock
        self._log = log
        self._waiting: dict[bytes, int] = {}
        """Addresses to settle, each with the sequence that first named it."""
        self._doubtful: set[bytes] = set()
        """Those of them whose records somebody else may have changed."""
        self._read = 0
        """Everything up to this sequence is noted or settled."""
        self._in_flight = 0
        self._slots = anyio.Semaphore(IN_FLIGHT_MAX)
        self._subscription: Subscription | None = None
        self._wake = anyio.Event()
        self._room = anyio.Event()

    @property
    def waiting(self) -> int:
        """How many addresses are to be settled."""
        return len(self._waiting)

    @property
    def is_idle(self) -> bool:
        """Whether everything that the journal holds is settled."""
        if self._waiting or self._in_flight or self._subscription is None:
            return False
        return self._subscription.position >= self._registrar.store.sequence

    @property
    def is_settled(self) -> bool:
        """Whether DNS is in line with the leases, as far as anybody knows."""
        return self.is_idle and not self._reconciler.busy

    @property
    def behind(self) -> int:
        """How many entries of the journal are not settled, of whatever type."""
        if self.is_idle:
            return 0
        return self._registrar.store.sequence - self._settled_up_to()

    async def run(self) -> None:
        """Follow until cancelled."""
        self._waiting.clear()
        self._doubtful.clear()
        self._in_flight = 0
        self._slots = anyio.Semaphore(IN_FLIGHT_MAX)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._note)
            tasks.start_soon(self._work)
            tasks.start_soon(self._reconciler.run)

    # -- reading

    async def _note(self) -> None:
        after = self._registrar.progress.cursor
        while True:
            self._read = after
            try:
                await self._note_from(after)
            except CursorTooOld as error:
                logevents.CURSOR_TOO_OLD(self._log, "%s", error)
                after = self._registrar.store.sequence
                self._reconciler.want()

    async def _note_from(self, after: int) -> None:
        async with self._bus.subscribe(
            TYPES, after=after, queue_max=QUEUE_MAX, name="registration"
        ) as subscription:
            self._subscription = subscription
            async for entry in subscription:
                for address in self._concerned(entry):
                    self._waiting.setdefault(address, entry.sequence)
                self._read = entry.sequence
                self._wake.set()
                if len(self._waiting) >= WAITING_MAX:
                    self._room = anyio.Event()
                    await self._room.wait()

    def _concerned(self, entry: Entry) -> Iterator[bytes]:
        """The addresses that an entry is about."""
        event: Any = entry.event
        if type(event) is LeaseDeleted:
            yield event.before.address
        elif not isinstance(event, RecordsChanged | ZoneCreated | ZoneDeleted):
            yield event.lease.address
        elif entry.actor.name == self._registrar.principal.name:
            return  # what we did ourselves
        elif isinstance(event, RecordsChanged) and len(event.changes) <= CHANGES_MAX:
            for change in event.changes:
                for address in self._touched(event, change):
                    self._doubtful.add(address)
                    yield address
        else:
            self._reconciler.want()

    def _touched(self, event: RecordsChanged, change: RecordChange) -> Iterator[bytes]:
        """Leases whose records somebody else changed, or whose names."""
        store = self._registrar.store
        for record in (change.before, change.after):
            if record is None:
                continue
            if record.source == SOURCE and record.origin.startswith(LEASE_ORIGIN):
                yield address_octets(record.origin.removeprefix(LEASE_ORIGIN))
            elif record.type not in BESIDE:
                name = names.to_text(names.from_relative(record.name, _origin(event)))
                found = store.find(REGISTRATIONS, "wanted", wanted_key(name))
                yield from [each.address for each in islice(found, WAITING_ASKED)]
                yield from self._reconciler.registered_at(event.zone_id, record.name)

    # -- settling

    async def _work(self) -> None:
        async with anyio.create_task_group() as tasks:
            while True:
                await self._wake.wait()
                self._wake = anyio.Event()
                while self._waiting:
                    await self._slots.acquire()
                    tasks.start_soon(self._settle_batch, self._take())
                    few = len(self._waiting) < BATCH_MAX
                    busy = self._registrar.busy_seconds
                    await self._clock.sleep(GATHER_SECONDS if few else busy)
                behind = self._read - self._registrar.progress.cursor
                if behind > CURSOR_ENTRIES and not self._in_flight:
                    await self._retrying(self._registrar.save_cursor, self._read)

    def _take(self) -> list[bytes]:
        batch = list(islice(self._waiting, BATCH_MAX))
        for address in batch:
            del self._waiting[address]
        if len(self._waiting) < WAITING_MAX // 2:
            self._room.set()
        self._in_flight += 1
        return batch

    async def _settle_batch(self, batch: list[bytes]) -> None:
        """One transaction.  Others start before it is durable, and see what it wrote."""
        try:
            await self._retrying(self._settle, batch)
        finally:
            self._in_flight -= 1
            self._slots.release()

    async def _settle(self, addresses: list[bytes]) -> None:
        cursor = self._settled_up_to()
        try:
            settled = await self._registrar.settle(
                addresses, cursor=cursor, doubtful=self._doubtful.intersection(addresses)
            )
            self._doubtful.difference_update(addresses)
        except StorageFault:
            raise
        except MicroDNSError as error:
            self._registrar.metrics.failures.inc()
            if len(addresses) == 1:
                shown = lease_key(addresses[0]).hex()
                logevents.LEFT_OUT(self._log, "%s: %s", shown, error, lease=shown)
                return
            for address in addresses:
                await self._settle([address])
            return
        for address in settled.left:
            self._waiting.setdefault(address, self._read)
        if settled.left:
            self._wake.set()

    def _settled_up_to(self) -> int:
        """The cursor once the present batch is settled; what still waits was named later."""
        first = next(iter(self._waiting.values()), None)
        return self._read if first is None else max(first - 1, self._registrar.progress.cursor)

    async def _retrying(self, step: Any, argument: Any) -> None:
        """Do a step; a fault of the store is waited out."""
        while True:
            try:
                await step(argument)
                return
            except StorageFault as error:
                self._registrar.metrics.failures.inc()
                logevents.FAILED(self._log, "can't register leases: %s", error)
                await self._clock.sleep(RETRY_SECONDS)


def _origin(event: RecordsChanged) -> bytes:
    return names.from_text(event.zone)
