"""What an automatic source learns, written to any number of zones in one transaction.

Other changes are all or nothing; a source that learns thousands of records a second can't have one
of them fail the others.  So it looks at what an owner holds, decides, and changes its own records
here; the zones are then written together, each with one new serial.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from microdns.operations import Call
from microdns.store import Transaction
from microdns_dns import names
from microdns_dns.model import RECORDS, Record, Zone, new_ids, owner_prefix
from microdns_dns.repository import lookup
from microdns_dns.repository.drafts import Draft, Outcome
from microdns_dns.repository.planning import Plan

if TYPE_CHECKING:
    from microdns_dns.repository.zones import ZoneRepository

_IDS_AT_ONCE = 64

Owner = dict[str, Record]


class _Zone:
    """A zone being changed: its owners that were looked at, as they were and as they are."""

    def __init__(self, zone: Zone, new: bool) -> None:
        self.zone = zone
        self.new = new
        self.before: dict[str, Record] = {}
        self.owners: dict[str, Owner] = {}

    def plan(self, source: str, time_ns: int) -> Plan:
        plan = Plan(self.zone, source, "", time_ns)
        now: Owner = {}
        for owner in self.owners.values():
            now.update(owner)
        for id, record in now.items():
            before = self.before.get(id)
            if before is None:
                plan.added.append(record)
            elif before is record:
                plan.kept.append(record)
            else:
                plan.alter(before, record)
        plan.removed += [record for id, record in self.before.items() if id not in now]
        return plan


class Learning:
    """Changes of one automatic source's records; made by ``ZoneRepository.learning``."""

    def __init__(
        self, repository: "ZoneRepository", tx: Transaction, source: str, time_ns: int
    ) -> None:
        self.tx = tx
        """The transaction, for what else is to be written with the records."""
        self.outcomes: list[Outcome] = []
        """What became of each zone that was changed; filled at the end."""
        self._repository = repository
        self._source = source
        self._time_ns = time_ns
        self._zones: dict[bytes, _Zone | None] = {}
        self._ids: Iterator[str] = iter(())

    def zone(self, name: bytes) -> Zone | None:
        """The zone of exactly this name (wire), or None."""
        found = self._zone(names.fold(name))
        return None if found is None else found.zone

    def new_zone(self, name: str, origin: str) -> Zone:
        """Have a zone that is not there yet; ``name`` is absolute text without final dot."""
        zone = self._repository.new_zone(name, source=self._source, origin=origin)
        self._zones[names.fold(names.from_text(name))] = _Zone(zone, new=True)
        return zone

    def at(self, name: bytes, owner: str) -> list[Record]:
        """What an owner (relative to the zone of that name) holds, changes made here included."""
        return list(self._owner(self._known(name), owner).values())

    def add(self, name: bytes, draft: Draft, origin: str) -> None:
        """Add a record to an owner that was looked at, and has none that forbids it."""
        known = self._known(name)
        zone = known.zone
        record = Record(
            id=self._new_id(),
            zone_id=zone.id,
            name=draft.name,
            type=draft.type,
            ttl=zone.default_ttl if draft.ttl is None else draft.ttl,
            rdata=draft.rdata,
            source=self._source,
            origin=origin,
            comment=draft.comment,
            created_ns=self._time_ns,
            updated_ns=self._time_ns,
        )
        self._owner(known, draft.name)[record.id] = record

    def alter(self, name: bytes, record: Record, ttl: int, origin: str) -> None:
        """Give one of the source's records another TTL and origin."""
        owner = self._owner(self._known(name), record.name)
        owner[record.id] = msgspec.structs.replace(record, ttl=ttl, origin=origin)

    def remove(self, name: bytes, record: Record) -> None:
        """Remove one of the source's records."""
        del self._owner(self._known(name), record.name)[record.id]

    async def write(self, call: Call) -> None:
        """Write all zones that have changed; raises the errors of ``microdns.errors``."""
        for known in self._zones.values():
            if known is None:
                continue
            plan = known.plan(self._source, self._time_ns)
            if known.new or plan.removed or plan.altered or plan.added:
                outcome = await self._repository.write_plan(self.tx, call, plan, new=known.new)
                self.outcomes.append(outcome)

    def _known(self, name: bytes) -> _Zone:
        found = self._zone(names.fold(name))
        if found is None:
            raise LookupError(f"no zone {names.to_text(name)}")
        return found

    def _zone(self, folded: bytes) -> _Zone | None:
        if folded not in self._zones:
            zone = lookup.zone_named(self.tx, folded)
            self._zones[folded] = None if zone is None else _Zone(zone, new=False)
        return self._zones[folded]

    def _owner(self, known: _Zone, owner: str) -> Owner:
        folded = owner.lower()
        found = known.owners.get(folded)
        if found is None:
            found = known.owners[folded] = {}
            if not known.new:
                for record in self.tx.scan(RECORDS, owner_prefix(known.zone.id, owner)):
                    found[record.id] = known.before[record.id] = record
        return found

    def _new_id(self) -> str:
        id = next(self._ids, None)
        if id is None:
            self._ids = iter(new_ids(_IDS_AT_ONCE, self._time_ns))
            id = next(self._ids)
        return id
