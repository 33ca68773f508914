"""What happens to zones and records, as the journal keeps it."""

from collections.abc import Iterator
from typing import Any

import msgspec

from microdns.events import Event, Principal
from microdns.store import Collection, Past
from microdns_dns.limits import sees_record, sees_zone
from microdns_dns.model import (
    RECORDS,
    ZONES,
    Record,
    Source,
    Zone,
    counted_ids,
    id_key,
    record_key,
)
from microdns_dns.rdata import rdata_to_text, type_name
from microdns_dns.shown import record_values, zone_values

CHANGES_PER_ENTRY_MAX = 1_000
"""A larger change is told in several entries of one transaction."""


class ZoneCreated(Event, frozen=True, kw_only=True, tag="zone.created"):
    """A zone exists; its records follow in ``RecordsChanged``."""

    tells = (ZONES,)
    zone: Zone

    def undo(self, past: Past, collection: Collection[Any], only: str) -> None:
        past.remove(ZONES, id_key(self.zone.id))

    def shown_to(self, principal: Principal) -> Any:
        return _zone_shown(self.zone, principal)


class ZoneUpdated(Event, frozen=True, kw_only=True, tag="zone.updated"):
    """A zone's own settings changed (SOA, default TTL), not its records."""

    tells = (ZONES,)
    before: Zone
    after: Zone

    def undo(self, past: Past, collection: Collection[Any], only: str) -> None:
        past.put(ZONES, self.before)

    def shown_to(self, principal: Principal) -> Any:
        before, after = self.before, self.after
        if not sees_zone(principal, after.name):
            return None
        return {
            "before": zone_values(before),
            "after": zone_values(after),
            "summary": f"{after.name}: serial {before.soa.serial} to {after.soa.serial}",
        }


class ZoneDeleted(Event, frozen=True, kw_only=True, tag="zone.deleted"):
    """A zone is gone; entries before this one, of the same transaction, told its records."""

    tells = (ZONES,)
    zone: Zone

    def undo(self, past: Past, collection: Collection[Any], only: str) -> None:
        past.put(ZONES, self.zone)

    def shown_to(self, principal: Principal) -> Any:
        return _zone_shown(self.zone, principal)


class RecordChange(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One record's change: added (no ``before``), removed (no ``after``) or altered."""

    before: Record | None
    after: Record | None


class Alike(msgspec.Struct, array_like=True, frozen=True):
    """Records that are all alike but for what ``records`` says: of an import, see ``packed``.

    Ids count up from ``first_id``; each record is its name, type, TTL and rdata.
    """

    first_id: str
    source: Source
    origin: str
    time_ns: int
    records: list[tuple[str, int, int, bytes]]


NOTHING_PACKED = msgspec.Raw(b"\xc0")
_decode_alike = msgspec.msgpack.Decoder(Alike | None).decode
_encode = msgspec.msgpack.Encoder().encode


class RecordsChanged(Event, frozen=True, kw_only=True, tag="zone.records_changed"):
    """Records of one zone changed, and its serial with them.

    ``zone`` is its name.  All entries of one transaction that tell of one zone carry the same
    serials.  When a zone is created or deleted with its records, both serials are its own.

    ``changes`` are what changed.  They are kept one by one (``listed``), but for those of a large
    import: it adds records that are alike, and ``packed`` keeps what tells them apart (``Alike`` as
    msgpack, nil for none).  ``removed`` does the same for the end of a large zone.
    """

    tells = (ZONES, RECORDS)
    zone_id: str
    zone: str
    serial_before: int
    serial_after: int
    listed: list[RecordChange] = msgspec.field(default_factory=list, name="changes")
    packed: msgspec.Raw = NOTHING_PACKED
    updated_before_ns: int = 0
    """When the zone had been changed last before; 0 where that is not known."""
    removed: msgspec.Raw = NOTHING_PACKED

    def undo(self, past: Past, collection: Collection[Any], only: str) -> None:
        """``only`` is a zone's id."""
        if collection is ZONES:
            self._undo_zone(past)
        elif only in ("", self.zone_id):
            for change in reversed(self.changes):
                if change.after is not None:
                    past.remove(RECORDS, record_key(change.after))
                if change.before is not None:
                    past.put(RECORDS, change.before)

    def _undo_zone(self, past: Past) -> None:
        """Take back the serial and the count; with equal serials, other events tell the zone."""
        zone = past.get(ZONES, id_key(self.zone_id))
        if zone is None or self.serial_before == self.serial_after:
            return
        added = sum((one.after is not None) - (one.before is not None) for one in self.changes)
        soa = msgspec.structs.replace(zone.soa, serial=self.serial_before)
        updated = self.updated_before_ns or zone.created_ns
        count = zone.record_count - added
        before = msgspec.structs.replace(zone, soa=soa, record_count=count, updated_ns=updated)
        past.amend(ZONES, before)

    @property
    def changes(self) -> list[RecordChange]:
        """Every change; made anew each time for a packed event, which is worth keeping."""
        removed, added = _decode_alike(self.removed), _decode_alike(self.packed)
        if added is None and removed is None:
            return self.listed
        return [
            *(RecordChange(record, None) for record in self._records(removed)),
            *self.listed,
            *(RecordChange(None, record) for record in self._records(added)),
        ]

    def _records(self, alike: Alike | None) -> Iterator[Record]:
        if alike is None:
            return
        ids = counted_ids(alike.first_id, len(alike.records))
        for id, (name, kind, ttl, rdata) in zip(ids, alike.records, strict=True):
            yield Record(
                id=id,
                zone_id=self.zone_id,
                name=name,
                type=kind,
                ttl=ttl,
                rdata=rdata,
                source=alike.source,
                origin=alike.origin,
                created_ns=alike.time_ns,
                updated_ns=alike.time_ns,
            )

    def shown_to(self, principal: Principal) -> Any:
        seen = [
            RecordChange(self._seen(principal, one.before), self._seen(principal, one.after))
            for one in self.changes
        ]
        changes = [one for one in seen if one.before is not None or one.after is not None]
        if not changes:
            return None
        return {
            "zone_id": self.zone_id,
            "zone": self.zone,
            "serial_before": self.serial_before,
            "serial_after": self.serial_after,
            "changes": [
                {"before": _record_shown(one.before), "after": _record_shown(one.after)}
                for one in changes
            ],
            "summary": f"{self.zone}: {_summary(changes)}",
        }

    def _seen(self, principal: Principal, record: Record | None) -> Record | None:
        if record is None or not sees_record(principal, self.zone, record.name, record.type):
            return None
        return record


def packed_additions(
    first_id: str, source: Source, origin: str, time_ns: int, records: bytes
) -> msgspec.Raw:
    """``RecordsChanged.packed`` of records that are msgpack already, as ``Alike.records``."""
    head = [_encode(field) for field in (first_id, source, origin, time_ns)]
    return msgspec.Raw(b"\x95" + b"".join(head) + records)


def alike(records: list[Record]) -> Alike | None:
    """Records in short, if their ids count up and little else tells them apart; else None."""
    first = records[0]
    ids = list(counted_ids(first.id, len(records)))
    if ids != [record.id for record in records]:
        return None
    plain = (True, first.source, first.origin, "", None, first.created_ns, first.created_ns)
    for record in records:
        if plain != (
            record.enabled,
            record.source,
            record.origin,
            record.comment,
            record.health_check,
            record.created_ns,
            record.updated_ns,
        ):
            return None
    told = [(record.name, record.type, record.ttl, record.rdata) for record in records]
    return Alike(first.id, first.source, first.origin, first.created_ns, told)


def packed(records: Alike) -> msgspec.Raw:
    """``RecordsChanged.removed`` of these."""
    return msgspec.Raw(_encode(records))


def _zone_shown(zone: Zone, principal: Principal) -> dict[str, Any] | None:
    if not sees_zone(principal, zone.name):
        return None
    return {"zone": zone_values(zone), "summary": zone.name}


def _record_shown(record: Record | None) -> dict[str, Any] | None:
    return None if record is None else record_values(record)


def _summary(changes: list[RecordChange]) -> str:
    """A change of one record in full, several as numbers."""
    if len(changes) == 1:
        lines = (("-", changes[0].before), ("+", changes[0].after))
        return ", ".join([f"{sign} {_line(record)}" for sign, record in lines if record])
    removed = sum(one.after is None for one in changes)
    added = sum(one.before is None for one in changes)
    return f"{added} added, {len(changes) - added - removed} changed, {removed} removed"


def _line(record: Record) -> str:
    off = "" if record.enabled else " (disabled)"
    data = rdata_to_text(record.type, record.rdata)
    return f"{record.name} {record.ttl} {type_name(record.type)} {data}{off}"


EVENTS: tuple[type[Event], ...] = (ZoneCreated, ZoneUpdated, ZoneDeleted, RecordsChanged)
