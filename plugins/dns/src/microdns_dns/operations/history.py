"""What happened to zones and records, read from the journal, and taking it back."""

import dataclasses
from collections.abc import Iterator
from typing import Annotated, Any

import anyio.lowlevel
import msgspec
from msgspec import Meta

from microdns.errors import Conflict, Invalid, NotFound, Outdated
from microdns.events import Entry, Principal
from microdns.operations import Call, Cli, Column, Operation
from microdns.operations.registry import holds
from microdns.store import CursorTooOld
from microdns_dns.events import (
    NOTHING_PACKED,
    RecordChange,
    RecordsChanged,
    ZoneCreated,
    ZoneDeleted,
    ZoneUpdated,
)
from microdns_dns.limits import sees_record, sees_zone
from microdns_dns.model import AUTOMATIC, CONFIG, RECORDS, Record, Zone, record_key
from microdns_dns.operations import samples
from microdns_dns.operations.access import BY_RECORD, BY_ZONE, require, visible_zone
from microdns_dns.operations.base import DnsOperations
from microdns_dns.operations.forms import RecordRef, ZoneRef
from microdns_dns.repository import Add, Alter, Change, Draft, Outcome, Remove, ZoneAlter
from microdns_dns.repository.serials import following
from microdns_dns.shown import rfc3339

EVENTS = (ZoneCreated, ZoneUpdated, ZoneDeleted, RecordsChanged)
LOOK_BACK_MAX = 100_000
"""Journal entries that one question looks at."""
LOOK_AT_ONCE = 200
NO_CHANGE = "the journal has no such change that could be taken back"
"""Also said of changes that are not for the caller."""
HistoryLimit = Annotated[int, Meta(ge=1, le=1000, description="So many changes at most.")]


COLUMNS = (
    Column("SEQUENCE", "sequence"),
    Column("TIME", "time"),
    Column("WHO", "actor.name"),
    Column("WHAT", "event.summary"),
)


class ZoneHistoryQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose history: a zone's."""

    id: ZoneRef
    limit: HistoryLimit = 100


class RecordHistoryQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose history: a record's, be it that it is gone."""

    zone_id: ZoneRef
    record_id: RecordRef
    limit: HistoryLimit = 100


class UndoWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which change to take back, by its sequence in the journal."""

    sequence: Annotated[int, Meta(ge=1, le=2**63 - 1)]


class Happened(msgspec.Struct, frozen=True):
    """One change, as its caller may see it."""

    sequence: int
    time: str
    type: str
    actor: Principal
    event: Any


class History(msgspec.Struct, frozen=True):
    """Changes, the newest first; ``complete`` says that the journal holds no older one."""

    items: list[Happened]
    complete: bool


class Undone(msgspec.Struct, frozen=True):
    """What was taken back: the zone, its serial now, and how many records changed."""

    zone: str
    serial: int
    changes: int


class HistoryOperations(DnsOperations):
    """Handlers of ``zone.history``, ``record.history`` and ``change.undo``."""

    def declare(self) -> list[Operation[Any, Any]]:
        """The operations, for every interface."""
        return [*self._of_histories(), self._of_undo()]

    def _of_histories(self) -> list[Operation[Any, Any]]:
        return [
            Operation(
                name="zone.history",
                summary="Show what happened to a zone, the newest first.",
                description="As far back as the journal reaches.",
                input=ZoneHistoryQuery,
                output=History,
                handler=self.zone_history,
                scope="zones:read",
                http="GET /zones/{id}/history",
                sample=samples.ZONE_HISTORY,
                honours=BY_RECORD,
                cli=Cli(columns=COLUMNS),
                examples=("microdns zone history example.com",),
            ),
            Operation(
                name="record.history",
                summary="Show what happened to a record, the newest first.",
                description="As far back as the journal reaches; of deleted records, too.",
                input=RecordHistoryQuery,
                output=History,
                handler=self.record_history,
                scope="records:read",
                http="GET /zones/{zone_id}/records/{record_id}/history",
                sample=samples.RECORD_HISTORY,
                honours=BY_RECORD,
                cli=Cli(columns=COLUMNS),
            ),
        ]

    def _of_undo(self) -> Operation[UndoWanted, Undone]:
        return Operation(
            name="change.undo",
            conditional=False,
            summary="Take a change of a zone or its records back.",
            description="All of the transaction that the entry belongs to, unless something "
            "has changed the same things since. A record or a zone that comes back has a new id; "
            "records that were learned come back by themselves. Taking back that a zone was "
            "created or deleted needs the scope zones:write as well.",
            input=UndoWanted,
            output=Undone,
            handler=self.undo,
            scope="records:write",
            http="POST /undo/{sequence}",
            sample=samples.CHANGE_UNDO,
            honours=BY_RECORD,
            cli=Cli(command="undo"),
        )

    async def zone_history(self, call: Call, query: ZoneHistoryQuery) -> History:
        zone = visible_zone(call.principal, self.repository.store, query.id)
        return await self._collect(call.principal, zone, None, query.limit)

    async def record_history(self, call: Call, query: RecordHistoryQuery) -> History:
        zone = visible_zone(call.principal, self.repository.store, query.zone_id)
        found = await self._collect(call.principal, zone, query.record_id, query.limit)
        if not found.items:
            raise NotFound(f"{zone.name} has no record {query.record_id[:80]}")
        return found

    async def _collect(
        self, principal: Principal, zone: Zone, record_id: str | None, limit: int
    ) -> History:
        """Look back from the newest entry."""
        items: list[Happened] = []
        entries = self.repository.store.journal.read(types=EVENTS, reverse=True)
        for looked, entry in enumerate(entries):
            if looked % LOOK_AT_ONCE == LOOK_AT_ONCE - 1:
                await anyio.lowlevel.checkpoint()
            if len(items) == limit or looked > LOOK_BACK_MAX:
                return History(items, False)
            event = about(entry, zone, record_id)
            shown = None if event is None else event.shown_to(principal)
            if shown is not None:
                when = rfc3339(entry.time_ns)
                items.append(Happened(entry.sequence, when, entry.type, entry.actor, shown))
        return History(items, self.repository.store.journal.oldest == 1)

    async def undo(self, call: Call, wanted: UndoWanted) -> Undone:
        entries = self._transaction_of(wanted.sequence)
        events = [entry.event for entry in entries]
        if any(event.shown_to(call.principal) is None for event in events):
            raise NotFound(NO_CHANGE)
        whole = [event for event in events if isinstance(event, ZoneCreated | ZoneDeleted)]
        if len(whole) == 1 and _only_about(events, whole[0].zone.id):
            return await self._undo_zone(call, whole[0], entries)
        if len(events) == 1 and isinstance(events[0], ZoneUpdated):
            outcome = await self._undo_settings(call, events[0])
        else:
            outcome = await self._undo_records(call, events)
        return Undone(outcome.zone.name, outcome.zone.soa.serial, len(outcome.changes))

    def _transaction_of(self, sequence: int) -> list[Entry]:
        """All entries of the transaction that this one is of; raises NotFound."""
        journal = self.repository.store.journal
        missing = NotFound(NO_CHANGE)
        try:
            entry = next(journal.read(after=sequence - 1, limit=1), None)
            if entry is None:
                raise missing
            entries = []
            for each in journal.read(after=entry.transaction - 1):
                if each.transaction != entry.transaction:
                    break
                entries.append(each)
        except CursorTooOld:
            raise missing from None
        return entries

    async def _undo_settings(self, call: Call, event: ZoneUpdated) -> Outcome:
        if not BY_ZONE.issuperset(call.principal.limits):
            raise NotFound(NO_CHANGE)
        zone = visible_zone(call.principal, self.repository.store, event.after.id)
        serial = zone.soa.serial
        now = msgspec.structs.replace(zone.soa, serial=0)
        if now != msgspec.structs.replace(event.after.soa, serial=0):
            raise Conflict(f"the SOA of {zone.name} has changed since")
        soa = msgspec.structs.replace(event.before.soa, serial=serial)
        alter = ZoneAlter(soa=soa, default_ttl=event.before.default_ttl)
        return await self.repository.update_zone(call, zone.id, alter)

    async def _undo_zone(
        self, call: Call, event: ZoneCreated | ZoneDeleted, entries: list[Entry]
    ) -> Undone:
        """Delete a zone that was created and not changed since, or bring back a deleted one."""
        limits, zone = set(call.principal.limits), event.zone
        if not BY_ZONE.issuperset(limits) or not sees_zone(call.principal, zone.name):
            raise NotFound(NO_CHANGE)
        require(holds(call.principal, "zones:write"), call.principal)
        if isinstance(event, ZoneCreated):
            visible_zone(call.principal, self.repository.store, zone.id)
            unchanged = dataclasses.replace(call, if_version=entries[0].transaction)
            gone = await self.repository.delete_zone(unchanged, zone.id)
            return Undone(gone.name, gone.soa.serial, gone.record_count)
        drafts = [
            draft_of(change.before)
            for entry in entries
            if isinstance(entry.event, RecordsChanged)
            for change in entry.event.changes
            if change.before is not None and change.before.source not in AUTOMATIC
        ]
        soa = msgspec.structs.replace(zone.soa, serial=following(zone.soa, None))
        source = "api" if zone.source == CONFIG else zone.source
        again = self.repository.new_zone(zone.name, soa, zone.default_ttl, source, zone.origin)
        outcome = await self.repository.create_zone(call, again, drafts)
        return Undone(outcome.zone.name, outcome.zone.soa.serial, len(outcome.changes))

    async def _undo_records(self, call: Call, events: list[Any]) -> Outcome:
        changed = [event for event in events if isinstance(event, RecordsChanged)]
        others = [event for event in events if not isinstance(event, RecordsChanged | ZoneUpdated)]
        zones = {event.zone_id for event in changed}
        if others:
            raise Invalid("only changes of one zone can be taken back")
        if changed and not all(
            self._within(call.principal, event, each) for event in changed for each in event.changes
        ):
            raise NotFound(NO_CHANGE)
        if len(zones) != 1:
            raise Invalid("only changes of one zone can be taken back")
        zone = visible_zone(call.principal, self.repository.store, zones.pop())
        inverse = [self._inverse(each) for event in reversed(changed) for each in event.changes]
        return await self.repository.change(call, zone.id, inverse)

    def _within(self, principal: Principal, event: RecordsChanged, change: RecordChange) -> bool:
        return all(
            sees_record(principal, event.zone, record.name, record.type)
            for record in (change.before, change.after)
            if record is not None
        )

    def _inverse(self, change: RecordChange) -> Change:
        """What takes one record's change back; raises Outdated when it has changed since."""
        before, after = change.before, change.after
        if after is None:
            if before is None:
                raise Invalid("nothing was changed")
            return Add(draft_of(before))
        key = record_key(after)
        version = self.repository.store.version(RECORDS, key)
        if version is None or self.repository.store.get(RECORDS, key) != after:
            raise Outdated(f"the record {after.name} has changed since")
        if before is None:
            return Remove(after.id, version)
        draft = draft_of(before)
        return Alter(id=after.id, if_version=version, **msgspec.structs.asdict(draft))


def _only_about(events: list[Any], zone_id: str) -> bool:
    """Whether all but one of the events are changes of this zone's records."""
    records = [event for event in events if isinstance(event, RecordsChanged)]
    return len(records) == len(events) - 1 and all(each.zone_id == zone_id for each in records)


def about(entry: Entry, zone: Zone, record_id: str | None) -> Any:
    """The part of an event that is about this zone, or about this record of it; else None."""
    event = entry.event
    if isinstance(event, RecordsChanged):
        if event.zone_id != zone.id:
            return None
        if record_id is None:
            return event
        changes = [each for each in event.changes if record_id in ids_of(each)]
        if not changes:
            return None
        return msgspec.structs.replace(
            event, listed=changes, packed=NOTHING_PACKED, removed=NOTHING_PACKED
        )
    if record_id is not None:
        return None
    if isinstance(event, ZoneUpdated):
        return event if event.after.id == zone.id else None
    if isinstance(event, ZoneCreated | ZoneDeleted):
        return event if event.zone.id == zone.id else None
    return None


def ids_of(change: RecordChange) -> Iterator[str]:
    """The ids that a change is about."""
    return (record.id for record in (change.before, change.after) if record is not None)


def draft_of(record: Record) -> Draft:
    """A record as something to be made again."""
    return Draft(
        record.name,
        record.type,
        record.rdata,
        record.ttl,
        record.enabled,
        record.comment,
        record.health_check,
    )
