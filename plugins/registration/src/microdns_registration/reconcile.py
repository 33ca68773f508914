"""Comparing what is in DNS with the leases, from end to end, and putting it right.

It runs at every start, when pools, reservations or zones have changed, and when asked.  Three
sweeps: every active lease has what it should have; every registration has a lease; every record
with ``source = dhcp`` has a registration.  It works in small steps and rests three times as long
as it works, so that a million leases take minutes of a quarter of a core, and nobody waits.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter

import anyio

from microdns.clock import Clock
from microdns.errors import MicroDNSError, StorageFault
from microdns_dhcp.model import ACTIVE, LEASES, address_octets, lease_key
from microdns_dns.events import RecordChange
from microdns_dns.model import RECORDS, ZONES, Record, Zone, id_key, owner_prefix, record_key
from microdns_registration import logevents
from microdns_registration.model import LEASE_ORIGIN, REGISTRATIONS, SOURCE, origin_of
from microdns_registration.registrar import Registrar
from microdns_registration.settlement import BATCH_MAX

STEP_ROWS = 500
"""Records or registrations that are looked at in one go."""
REST = 3.0
"""How long it rests, as a multiple of how long it worked."""
PAUSE = 10.0
"""Least time between two reconciliations, as a multiple of what the last one took."""
CHANGES_KEPT = 1_000


@dataclass
class Report:
    """What a reconciliation found; ``changes`` by zone, the first ones of them."""

    leases: int = 0
    registrations: int = 0
    records: int = 0
    repaired: int = 0
    failed: int = 0
    changes: list[tuple[str, RecordChange]] = field(default_factory=list)


class Reconciler:
    """Compares when it is wanted, and not too often."""

    def __init__(self, registrar: Registrar, clock: Clock, log: logging.Logger) -> None:
        self._registrar = registrar
        self._store = registrar.store
        self._clock = clock
        self._log = log
        self._wanted = anyio.Event()
        self.running = False

    def want(self) -> None:
        """Have everything compared soon."""
        self._wanted.set()

    @property
    def busy(self) -> bool:
        """Whether it is comparing, or about to."""
        return self.running or self._wanted.is_set()

    async def run(self) -> None:
        """Compare at once, and again whenever it is wanted, until cancelled."""
        self._wanted.set()
        while True:
            await self._wanted.wait()
            self._wanted = anyio.Event()
            started = perf_counter()
            try:
                await self.reconcile()
            except StorageFault as error:
                logevents.FAILED(self._log, "can't reconcile: %s", error)
                self._wanted.set()
            await self._clock.sleep(PAUSE * (perf_counter() - started))

    async def reconcile(self, dry_run: bool = False) -> Report:
        """Compare everything; with ``dry_run``, only tell what would be changed."""
        report = Report()
        self.running = True
        try:
            await self._leases(report, dry_run)
            await self._registrations(report, dry_run)
            await self._records(report, dry_run)
        finally:
            self.running = False
        if not dry_run:
            self._registrar.metrics.repairs.inc(report.repaired)
            logevents.RECONCILED(
                self._log,
                "compared %d leases and %d records: %d put right",
                report.leases,
                report.records,
                report.repaired,
                repaired=report.repaired,
                failed=report.failed,
            )
        return report

    def registered_at(self, zone_id: str, owner: str) -> Iterator[bytes]:
        """The addresses of leases that have records at an owner."""
        for record in self._store.scan(RECORDS, owner_prefix(zone_id, owner)):
            address = _lease_of(record)
            if address is not None:
                yield address

    # -- the three sweeps

    async def _leases(self, report: Report, dry_run: bool) -> None:
        at = b""
        while True:
            started = perf_counter()
            found = list(self._store.scan(LEASES, start=at, limit=BATCH_MAX))
            if not found:
                return
            at = lease_key(found[-1].address) + b"\0"
            active = [lease.address for lease in found if lease.state == ACTIVE]
            report.leases += len(active)
            await self._settle(active, report, dry_run)
            await self._rest(started)

    async def _registrations(self, report: Report, dry_run: bool) -> None:
        at = b""
        while True:
            started = perf_counter()
            found = list(self._store.scan(REGISTRATIONS, start=at, limit=STEP_ROWS))
            if not found:
                return
            at = lease_key(found[-1].address) + b"\0"
            report.registrations += len(found)
            stale = []
            for each in found:
                if not self._is_active(each.address):
                    stale.append(each.address)
            for start in range(0, len(stale), BATCH_MAX):
                await self._settle(stale[start : start + BATCH_MAX], report, dry_run)
            await self._rest(started)

    async def _records(self, report: Report, dry_run: bool) -> None:
        for zone in list(self._store.scan(ZONES)):
            at = id_key(zone.id)
            while True:
                started = perf_counter()
                found = list(self._store.scan(RECORDS, id_key(zone.id), start=at, limit=STEP_ROWS))
                if not found:
                    break
                at = record_key(found[-1]) + b"\0"
                report.records += len(found)
                await self._remove_orphans(zone, found, report, dry_run)
                await self._rest(started)

    async def _remove_orphans(
        self, zone: Zone, records: list[Record], report: Report, dry_run: bool
    ) -> None:
        orphans = [record for record in records if self._is_orphan(zone, record)]
        for start in range(0, len(orphans), BATCH_MAX):
            part = orphans[start : start + BATCH_MAX]
            self._note(report, await self._registrar.remove(zone, part, dry_run=dry_run))

    def _is_orphan(self, zone: Zone, record: Record) -> bool:
        """Whether a lease brought a record and no lease has it now."""
        address = _lease_of(record)
        if address is None:
            return False
        known = self._store.get(REGISTRATIONS, lease_key(address))
        if known is None:
            return not self._is_active(address)
        mine = (known.zone.lower(), known.name.lower()) == (zone.name.lower(), record.name.lower())
        return not mine and known.reverse.lower() != zone.name.lower()

    def _is_active(self, address: bytes) -> bool:
        lease = self._store.get(LEASES, lease_key(address))
        return lease is not None and lease.state == ACTIVE

    async def _settle(self, addresses: list[bytes], report: Report, dry_run: bool) -> None:
        if not addresses:
            return
        try:
            settled = await self._registrar.settle(addresses, doubtful=addresses, dry_run=dry_run)
        except StorageFault:
            raise
        except MicroDNSError as error:
            report.failed += len(addresses)
            logevents.FAILED(self._log, "can't reconcile %d leases: %s", len(addresses), error)
            return
        self._note(report, settled.changes)

    @staticmethod
    def _note(report: Report, changes: list[tuple[str, RecordChange]]) -> None:
        report.repaired += len(changes)
        report.changes += changes[: CHANGES_KEPT - len(report.changes)]

    async def _rest(self, started: float) -> None:
        await self._clock.sleep(REST * (perf_counter() - started))


def _lease_of(record: Record) -> bytes | None:
    """The address of the lease that brought a record, or None."""
    if record.source != SOURCE or not record.origin.startswith(LEASE_ORIGIN):
        return None
    try:
        address = address_octets(record.origin.removeprefix(LEASE_ORIGIN))
    except ValueError:
        return None
    return address if record.origin == origin_of(address) else None
