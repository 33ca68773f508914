"""The one writer of registrations: transactions of some leases each, and their outcome."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import msgspec

from microdns.clock import Clock
from microdns.events import Principal
from microdns.operations import Call
from microdns.store import Store
from microdns_dns.events import RecordChange
from microdns_dns.model import Record, Zone, zone_origin
from microdns_dns.rdata import type_name
from microdns_dns.repository import Learning, ZoneRepository
from microdns_dns.view import Views
from microdns_registration import logevents
from microdns_registration.events import NameConflict
from microdns_registration.metrics import RegistrationMetrics
from microdns_registration.model import PROGRESS, SOURCE, Progress
from microdns_registration.policy import Policy
from microdns_registration.settlement import Settlement


@dataclass(frozen=True)
class Settled:
    """What a transaction did: record changes by zone, and addresses to look at again."""

    changes: list[tuple[str, RecordChange]] = field(default_factory=list)
    left: list[bytes] = field(default_factory=list)


class Registrar:
    """Settles leases, some at a time: each call is one transaction."""

    def __init__(
        self,
        store: Store,
        repository: ZoneRepository,
        views: Views,
        policy: Policy,
        clock: Clock,
        principal: Principal,
        log: logging.Logger,
    ) -> None:
        self.store = store
        self.policy = policy
        self.principal = principal
        self.progress = store.get(PROGRESS, b"progress") or Progress()
        """As last made durable."""
        self.busy_seconds = 0.0
        """How long the last transaction kept others waiting, without the disk's part."""
        self.metrics: RegistrationMetrics
        self._repository = repository
        self._views = views
        self._clock = clock
        self._log = log

    async def settle(
        self,
        addresses: Sequence[bytes],
        *,
        cursor: int | None = None,
        doubtful: Collection[bytes] = (),
        dry_run: bool = False,
    ) -> Settled:
        """Bring the records of these leases in line with them; the cursor moves with that.

        Of those that are ``doubtful`` the records are looked at, whatever is thought of them.
        Raises the errors of ``microdns.errors``, and then nothing has happened.
        """
        call = Call(self.principal, dry_run=dry_run)
        async with self._repository.learning(call, SOURCE) as learning:
            started = perf_counter()
            policy, time_ns = self.policy, self._clock.time_ns()
            settlement = Settlement(learning, policy, self._views, time_ns, doubtful)
            settlement.run(addresses)
            before = learning.tx.get(PROGRESS, b"progress") or Progress()
            progress = _after(before, settlement, cursor)
            if progress != before:
                learning.tx.put(PROGRESS, progress)
            self.busy_seconds = perf_counter() - started
            self.metrics.seconds.observe(self.busy_seconds)
        changes = _changes(learning)
        if not dry_run:
            self.progress = progress
            self.metrics.batch.observe(len(addresses))
            self._count(changes)
            self._tell(settlement.conflicts)
        return Settled(changes, settlement.left)

    async def remove(
        self, zone: Zone, records: Sequence[Record], *, dry_run: bool = False
    ) -> list[tuple[str, RecordChange]]:
        """Remove records of one zone that belong to no lease, if they are still as they were."""
        call = Call(self.principal, dry_run=dry_run)
        name = zone_origin(zone)
        async with self._repository.learning(call, SOURCE) as learning:
            if learning.zone(name) is not None:
                for record in records:
                    if record in learning.at(name, record.name):
                        learning.remove(name, record)
        changes = _changes(learning)
        if not dry_run:
            self._count(changes)
        return changes

    async def save_cursor(self, cursor: int) -> None:
        """Remember how far the journal has been followed, without anything to settle."""
        async with self.store.transaction(self.principal) as tx:
            before = tx.get(PROGRESS, b"progress") or Progress()
            progress = msgspec.structs.replace(before, cursor=max(cursor, before.cursor))
            tx.put(PROGRESS, progress)
        self.progress = progress

    def _count(self, changes: list[tuple[str, RecordChange]]) -> None:
        cell = self.metrics.records.cell
        for _, change in changes:
            record = change.after or change.before
            if record is not None:
                what = "added" if change.before is None else "changed"
                what = "removed" if change.after is None else what
                cell(type_name(record.type), what).inc()

    def _tell(self, conflicts: list[NameConflict]) -> None:
        for each in conflicts:
            self.metrics.conflicts.cell(each.reason).inc()
            logevents.NAME_CONFLICT(
                self._log,
                "%s does not get the name %s: %s%s",
                each.address,
                each.name,
                each.reason,
                f" ({each.holder})" if each.holder else "",
                address=each.address,
                reason=each.reason,
                holder=each.holder,
            )


def _after(before: Progress, settlement: Settlement, cursor: int | None) -> Progress:
    return Progress(
        cursor=before.cursor if cursor is None else max(cursor, before.cursor),
        names=before.names + settlement.counted["names"],
        conflicts=before.conflicts + settlement.counted["conflicts"],
    )


def _changes(learning: Learning) -> list[tuple[str, RecordChange]]:
    return [
        (outcome.zone.name, change) for outcome in learning.outcomes for change in outcome.changes
    ]
