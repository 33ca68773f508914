"""``record.*``: what can be done to records."""

import contextlib
import dataclasses
from collections.abc import AsyncIterator, Iterator
from itertools import islice
from typing import Annotated, Any

import anyio.lowlevel
import msgspec
from msgspec import UNSET, Meta, UnsetType

from microdns.errors import Invalid, NotFound, Problem
from microdns.events import Principal
from microdns.operations import Call, Cli, Column, Operation
from microdns.store import Reader
from microdns_dns.events import RecordChange
from microdns_dns.limits import sees_record
from microdns_dns.model import RECORDS, Record, Zone, id_key, owner_prefix, record_key
from microdns_dns.operations import samples
from microdns_dns.operations.access import (
    BY_RECORD,
    require,
    visible_record,
    visible_zone,
    visible_zone_then,
)
from microdns_dns.operations.base import DnsOperations
from microdns_dns.operations.forms import (
    Comment,
    Filter,
    Glob,
    HealthCheckData,
    Limit,
    Offset,
    RecordData,
    RecordRef,
    RecordShown,
    SourceFilter,
    TextFilter,
    TtlField,
    ZoneRef,
    health_check_of,
    is_glob,
    owner_of,
    rdata_of,
    record_shown,
)
from microdns_dns.rdata import rdata_to_text, type_number
from microdns_dns.rdata.numbers import TXT
from microdns_dns.repository import Add, Alter, Change, Draft, Remove, RemoveMatching, records_of

AT_ONCE_MAX = 1_000
"""Records that are read without letting others run: a few milliseconds."""
COLUMNS = (
    Column("NAME", "name"),
    Column("TTL", "ttl"),
    Column("TYPE", "data.type"),
    Column("DATA", "text"),
    Column("ON", "enabled"),
    Column("SOURCE", "source"),
    Column("ID", "id"),
)
OwnerField = Annotated[
    str, Meta(min_length=1, description="Relative to the zone, @ for its own; or with a final dot.")
]
Enabled = Annotated[bool, Meta(description="Whether it is answered.")]


class RecordQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which records of a zone to show."""

    zone_id: ZoneRef
    name: Glob = ""
    type: Annotated[str, Meta(description="Only of this type.")] = ""
    source: SourceFilter = ""
    text: TextFilter = ""
    offset: Offset = 0
    limit: Limit = 100


class RecordPage(msgspec.Struct, frozen=True):
    """Some of a zone's records; ``total`` counts all that were asked for."""

    items: list[RecordShown]
    total: int
    offset: int
    limit: int


class RecordKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One record."""

    zone_id: ZoneRef
    record_id: RecordRef


class RecordCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record to be made; without a TTL it gets the zone's default."""

    zone_id: ZoneRef
    name: OwnerField
    data: RecordData
    ttl: TtlField | None = None
    enabled: Enabled = True
    comment: Comment = ""
    health_check: HealthCheckData | None = None


class RecordPut(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that a record shall be from now on."""

    zone_id: ZoneRef
    record_id: RecordRef
    name: OwnerField
    data: RecordData
    ttl: TtlField | None = None
    enabled: Enabled = True
    comment: Comment = ""
    health_check: HealthCheckData | None = None


class RecordPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change in a record; what is left out stays."""

    zone_id: ZoneRef
    record_id: RecordRef
    name: OwnerField | UnsetType = UNSET
    data: RecordData | UnsetType = UNSET
    ttl: TtlField | UnsetType | None = UNSET
    enabled: Enabled | UnsetType = UNSET
    comment: Comment | UnsetType = UNSET
    health_check: HealthCheckData | UnsetType | None = UNSET


class RecordDelete(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record by its id; or, without one, those of an owner, of a type, with this text."""

    zone_id: ZoneRef
    record_id: RecordRef = ""
    name: Annotated[str, Meta(description="Owner of the records to delete.")] = ""
    type: Annotated[str, Meta(description="Only of this type.")] = ""
    text: Annotated[str, Meta(description="Only with these data, as a zone file has them.")] = ""


class CreateChange(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="create", tag_field="op"
):
    """Make a record."""

    name: OwnerField
    data: RecordData
    ttl: TtlField | None = None
    enabled: Enabled = True
    comment: Comment = ""
    health_check: HealthCheckData | None = None


class UpdateChange(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="update", tag_field="op"
):
    """Change a record; what is left out stays."""

    id: RecordRef
    version: Annotated[int, Meta(description="Only if it still has this version.")] | None = None
    name: OwnerField | UnsetType = UNSET
    data: RecordData | UnsetType = UNSET
    ttl: TtlField | UnsetType | None = UNSET
    enabled: Enabled | UnsetType = UNSET
    comment: Comment | UnsetType = UNSET
    health_check: HealthCheckData | UnsetType | None = UNSET


class DeleteChange(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="delete", tag_field="op"
):
    """Delete a record by its id, or those of an owner, of a type, with this text."""

    id: RecordRef = ""
    version: Annotated[int, Meta(description="Only if it still has this version.")] | None = None
    name: str = ""
    type: str = ""
    text: str = ""


class RecordChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Changes that happen together, or not at all."""

    zone_id: ZoneRef
    changes: Annotated[list[CreateChange | UpdateChange | DeleteChange], Meta(min_length=1)]


class ChangesDone(msgspec.Struct, frozen=True):
    """What became of several changes: the records by what happened to them."""

    zone: str
    serial: int
    version: int
    created: list[RecordShown]
    updated: list[RecordShown]
    deleted: list[RecordShown]


class Deleted(msgspec.Struct, frozen=True):
    """The records that are gone."""

    items: list[RecordShown]


class _ListArguments(msgspec.Struct, frozen=True):
    zone: ZoneRef
    name: Glob = ""
    type: Annotated[str, Meta(description="Only of this type.")] = ""
    source: SourceFilter = ""
    text: TextFilter = ""
    offset: Offset = 0
    limit: Limit = 100


class _KeyArguments(msgspec.Struct, frozen=True):
    zone: ZoneRef
    id: RecordRef


class _CreateArguments(msgspec.Struct, frozen=True):
    zone: ZoneRef
    name: OwnerField
    type: str
    data: list[str]
    ttl: Annotated[int, Meta(ge=0, description="Seconds.")] | None = None
    enabled: Enabled = True
    comment: Comment = ""
    health_check: HealthCheckData | None = None


class _UpdateArguments(msgspec.Struct, frozen=True):
    zone: ZoneRef
    id: RecordRef
    name: Annotated[str | None, Meta(description="The new name.")] = None
    type: Annotated[str, Meta(description="The new type; goes with --data.")] = ""
    data: Annotated[str | None, Meta(description="The new data, as zone files have them.")] = None
    ttl: Annotated[int, Meta(ge=0, description="Seconds.")] | None = None
    enabled: Annotated[bool | None, Meta(description="Whether it is answered.")] = None
    comment: Annotated[str | None, Meta(description="A note.")] = None
    health_check: HealthCheckData | None = None


class _DeleteArguments(msgspec.Struct, frozen=True):
    zone: ZoneRef
    what: Annotated[list[str], Meta(description="An id, or NAME [TYPE [DATA...]].")]


class _ChangesArguments(msgspec.Struct, frozen=True):
    zone: ZoneRef
    changes: Annotated[list[Any], Meta(description='JSON: {"op": "create", "name": ...}')]


def _list_query(typed: _ListArguments) -> RecordQuery:
    given = msgspec.structs.asdict(typed)
    return RecordQuery(given.pop("zone"), **given)


def _record_key(typed: _KeyArguments) -> RecordKey:
    return RecordKey(typed.zone, typed.id)


def _create_input(typed: _CreateArguments) -> RecordCreate:
    return RecordCreate(
        typed.zone,
        typed.name,
        _typed_data(typed.type, typed.data),
        typed.ttl,
        typed.enabled,
        typed.comment,
        typed.health_check,
    )


def _typed_data(kind: str, words: list[str]) -> RecordData:
    """Data as typed in a shell, which has taken the quotes away from strings."""
    if kind.upper() in ("TXT", "SPF") and not words[0].startswith('"'):
        return RecordData(kind, data=words[0] if len(words) == 1 else list(words))
    return RecordData(kind, text=" ".join(words))


def _update_input(typed: _UpdateArguments) -> RecordPatch:
    given = msgspec.structs.asdict(typed)
    zone, id, kind, data = (given.pop(key) for key in ("zone", "id", "type", "data"))
    patch = {key: value for key, value in given.items() if value is not None}
    if data is not None:
        if not kind:
            raise Invalid.of(Problem("type", "--data goes with --type"))
        patch["data"] = _typed_data(kind, [data])
    return RecordPatch(zone, id, **patch)


def _delete_input(typed: _DeleteArguments) -> RecordDelete:
    first, *others = typed.what
    if not others and _is_id(first):
        return RecordDelete(typed.zone, first)
    return RecordDelete(typed.zone, "", first, others[0] if others else "", " ".join(others[1:]))


def _is_id(text: str) -> bool:
    return len(text) == 36 and text.count("-") == 4


def _changes_input(typed: _ChangesArguments) -> RecordChanges:
    return msgspec.convert({"zone_id": typed.zone, "changes": typed.changes}, RecordChanges)


class RecordOperations(DnsOperations):
    """Handlers of ``record.*``."""

    def declare(self) -> list[Operation[Any, Any]]:
        """The operations, for every interface."""
        return [
            self._list(),
            self._get(),
            self._create(),
            self._update(),
            self._patch(),
            self._delete(),
            self._changes(),
        ]

    def _list(self) -> Operation[RecordQuery, RecordPage]:
        return Operation(
            name="record.list",
            summary="List the records of a zone.",
            input=RecordQuery,
            output=RecordPage,
            handler=self.list_records,
            scope="records:read",
            http="GET /zones/{zone_id}/records",
            sample=samples.RECORD_LIST,
            grpc="RecordService/ListRecords",
            offline=True,
            remembers=True,
            honours=BY_RECORD,
            examples=(
                "microdns record list example.com --type A",
                "microdns record list example.com --name '*.dev'",
            ),
            cli=Cli(input=_ListArguments, convert=_list_query, columns=COLUMNS),
        )

    def _get(self) -> Operation[RecordKey, RecordShown]:
        return Operation(
            name="record.get",
            summary="Show a record.",
            input=RecordKey,
            output=RecordShown,
            handler=self.get_record,
            scope="records:read",
            http="GET /zones/{zone_id}/records/{record_id}",
            sample=samples.RECORD_GET,
            grpc="RecordService/GetRecord",
            offline=True,
            remembers=True,
            honours=BY_RECORD,
            examples=("microdns record get example.com 019ae0b2-7c00-7b5e-9c3d-0a1b2c3d4e5f",),
            cli=Cli(input=_KeyArguments, convert=_record_key),
        )

    def _create(self) -> Operation[RecordCreate, RecordShown]:
        return Operation(
            name="record.create",
            summary="Create a record.",
            description="On the command line, data are written as in zone files: names are "
            "relative to the zone unless a dot ends them, and those with dots in them must end "
            "with one.",
            input=RecordCreate,
            output=RecordShown,
            handler=self.create_record,
            scope="records:write",
            http="POST /zones/{zone_id}/records",
            sample=samples.RECORD_CREATE,
            grpc="RecordService/CreateRecord",
            offline=True,
            honours=BY_RECORD,
            examples=(
                "microdns record create example.com www A 192.0.2.10 --ttl 300",
                "microdns record create example.com @ MX 10 mail",
                "microdns record create example.com @ TXT 'v=spf1 mx -all'",
                "microdns record create example.com web CNAME www.example.net.",
            ),
            cli=Cli(input=_CreateArguments, convert=_create_input),
        )

    def _update(self) -> Operation[RecordPut, RecordShown]:
        return Operation(
            name="record.update",
            summary="Replace a record; what is left out gets its default.",
            input=RecordPut,
            output=RecordShown,
            handler=self.update_record,
            scope="records:write",
            http="PUT /zones/{zone_id}/records/{record_id}",
            sample=samples.RECORD_UPDATE,
            grpc="RecordService/UpdateRecord",
            offline=True,
            honours=BY_RECORD,
            cli=Cli(command="record replace", hidden=True),
        )

    def _patch(self) -> Operation[RecordPatch, RecordShown]:
        return Operation(
            name="record.patch",
            summary="Change a record; what is left out stays.",
            input=RecordPatch,
            output=RecordShown,
            handler=self.patch_record,
            scope="records:write",
            http="PATCH /zones/{zone_id}/records/{record_id}",
            sample=samples.RECORD_PATCH,
            grpc="RecordService/PatchRecord",
            offline=True,
            honours=BY_RECORD,
            examples=(
                "microdns record update example.com 019ae0b2-7c00-7b5e-9c3d-0a1b2c3d4e5f --ttl 60",
            ),
            cli=Cli(command="record update", input=_UpdateArguments, convert=_update_input),
        )

    def _delete(self) -> Operation[RecordDelete, Deleted]:
        return Operation(
            name="record.delete",
            summary="Delete a record, or all of an owner and type.",
            input=RecordDelete,
            output=Deleted,
            handler=self.delete_record,
            scope="records:write",
            http="DELETE /zones/{zone_id}/records/{record_id}",
            sample=samples.RECORD_DELETE,
            grpc="RecordService/DeleteRecord",
            offline=True,
            honours=BY_RECORD,
            examples=(
                "microdns record delete example.com www A 192.0.2.10",
                "microdns record delete example.com 019ae0b2-7c00-7b5e-9c3d-0a1b2c3d4e5f",
            ),
            cli=Cli(input=_DeleteArguments, convert=_delete_input, columns=COLUMNS),
        )

    def _changes(self) -> Operation[RecordChanges, ChangesDone]:
        return Operation(
            name="record.changes",
            summary="Make several changes of a zone's records, all or none.",
            input=RecordChanges,
            output=ChangesDone,
            handler=self.change_records,
            scope="records:write",
            http="POST /zones/{zone_id}/changes",
            sample=samples.RECORD_CHANGES,
            grpc="RecordService/ChangeRecords",
            offline=True,
            honours=BY_RECORD,
            examples=(
                "microdns record changes example.com "
                '\'{"op": "delete", "name": "old"}\' '
                '\'{"op": "create", "name": "new", "data": {"type": "A", "data": "192.0.2.1"}}\'',
            ),
            cli=Cli(input=_ChangesArguments, convert=_changes_input),
        )

    async def list_records(self, call: Call, query: RecordQuery) -> RecordPage:
        end = query.offset + query.limit
        async with self.repository.store.snapshot(call.as_of) as snapshot:
            zone = await visible_zone_then(call.principal, snapshot, query.zone_id)
            if _takes_all(query, call.principal) and end <= AT_ONCE_MAX:
                rows = islice(_candidates(snapshot, zone, ""), query.offset, end)
                items = [record_shown(record, version) for record, version in rows]
                return RecordPage(items, zone.record_count, query.offset, query.limit)
            total, items = 0, []
            async for record, version in _chosen(snapshot, zone, query, call.principal):
                if query.offset <= total < end:
                    items.append(record_shown(record, version))
                total += 1
                if total >= end and _takes_all(query, call.principal):
                    total = zone.record_count
                    break
        return RecordPage(items, total, query.offset, query.limit)

    async def get_record(self, call: Call, key: RecordKey) -> RecordShown:
        async with self.repository.store.snapshot(call.as_of) as snapshot:
            zone = await visible_zone_then(call.principal, snapshot, key.zone_id)
            record = visible_record(call.principal, snapshot, zone, key.record_id)
            return _shown(snapshot, record)

    async def create_record(self, call: Call, wanted: RecordCreate) -> RecordShown:
        zone = visible_zone(call.principal, self.repository.store, wanted.zone_id)
        outcome = await self.repository.change(call, zone.id, [_add(zone, call.principal, wanted)])
        return record_shown(outcome.added[0], outcome.version)

    async def update_record(self, call: Call, wanted: RecordPut) -> RecordShown:
        given = {
            field: getattr(wanted, field)
            for field in ("name", "data", "ttl", "enabled", "comment", "health_check")
        }
        change = UpdateChange(wanted.record_id, call.if_version, **given)
        return await self._altered(call, wanted.zone_id, change)

    async def patch_record(self, call: Call, wanted: RecordPatch) -> RecordShown:
        given = msgspec.structs.asdict(wanted)
        zone_id, id = given.pop("zone_id"), given.pop("record_id")
        return await self._altered(call, zone_id, UpdateChange(id, call.if_version, **given))

    async def _altered(self, call: Call, zone_ref: str, change: UpdateChange) -> RecordShown:
        zone = visible_zone(call.principal, self.repository.store, zone_ref)
        alter = self._alter(zone, call.principal, change)
        outcome = await self.repository.change(_without_version(call), zone.id, [alter])
        for each in outcome.changes:
            if each.after is not None and each.after.id == change.id:
                return record_shown(each.after, outcome.version)
        return _shown(self.repository.store, self.repository.record(zone.id, change.id))

    async def delete_record(self, call: Call, wanted: RecordDelete) -> Deleted:
        zone = visible_zone(call.principal, self.repository.store, wanted.zone_id)
        version = call.if_version if wanted.record_id else None
        change = DeleteChange(wanted.record_id, version, wanted.name, wanted.type, wanted.text)
        removal = self._removal(zone, call.principal, change)
        plain = _without_version(call) if wanted.record_id else call
        outcome = await self.repository.change(plain, zone.id, [removal])
        return Deleted(_gone(outcome.changes))

    async def change_records(self, call: Call, wanted: RecordChanges) -> ChangesDone:
        zone = visible_zone(call.principal, self.repository.store, wanted.zone_id)
        changes: list[Change] = []
        for number, change in enumerate(wanted.changes):
            if number % 200 == 199:
                await anyio.lowlevel.checkpoint()
            try:
                changes.append(self._change(zone, call.principal, change))
            except Invalid as error:
                raise Invalid.of(
                    *[
                        Problem(f"changes[{number}].{each.path}", each.message)
                        for each in error.problems
                    ]
                ) from None
        outcome = await self.repository.change(call, zone.id, changes)
        made = [(one.before, one.after) for one in outcome.changes if one.after is not None]
        return ChangesDone(
            zone=zone.name,
            serial=outcome.zone.soa.serial,
            version=outcome.version,
            created=[record_shown(now, outcome.version) for old, now in made if old is None],
            updated=[record_shown(now, outcome.version) for old, now in made if old is not None],
            deleted=_gone(outcome.changes),
        )

    def _change(
        self, zone: Zone, principal: Principal, change: CreateChange | UpdateChange | DeleteChange
    ) -> Change:
        if isinstance(change, CreateChange):
            return _add(zone, principal, change)
        if isinstance(change, UpdateChange):
            return self._alter(zone, principal, change)
        return self._removal(zone, principal, change)

    def _alter(self, zone: Zone, principal: Principal, change: UpdateChange) -> Alter:
        """The change in the repository's terms; a name that stays is not looked at again."""
        before = visible_record(principal, self.repository.store, zone, change.id)
        given: dict[str, Any] = {
            field: value
            for field in ("ttl", "enabled", "comment")
            if (value := getattr(change, field)) is not UNSET
        }
        name, kind = before.name, before.type
        if change.name is not UNSET and change.name != before.name:
            given["name"] = name = owner_of(zone, change.name)
        if change.data is not UNSET:
            kind, rdata = rdata_of(zone, change.data)
            given |= {"type": kind, "rdata": rdata}
        if change.health_check is not UNSET:
            given["health_check"] = health_check_of(change.health_check)
        require(sees_record(principal, zone.name, name, kind), principal)
        return Alter(id=change.id, if_version=change.version, **given)

    def _removal(
        self, zone: Zone, principal: Principal, change: DeleteChange
    ) -> Remove | RemoveMatching:
        if bool(change.id) == bool(change.name):
            raise Invalid.of(Problem("name", "give either the record's id or an owner's name"))
        if change.id:
            visible_record(principal, self.repository.store, zone, change.id)
            return Remove(change.id, change.version)
        owner = owner_of(zone, change.name)
        kind = _type_filter(change.type)
        for record in records_of(self.repository.store, zone, owner, kind):
            if not sees_record(principal, zone.name, record.name, record.type):
                raise NotFound(f"{owner} in {zone.name} has no such record")
        return RemoveMatching(owner, kind, _data_filter(zone, kind, change.text))


def _add(zone: Zone, principal: Principal, wanted: RecordCreate | CreateChange) -> Add:
    name = owner_of(zone, wanted.name)
    kind, rdata = rdata_of(zone, wanted.data)
    require(sees_record(principal, zone.name, name, kind), principal)
    check = health_check_of(wanted.health_check)
    return Add(Draft(name, kind, rdata, wanted.ttl, wanted.enabled, wanted.comment, check))


def _type_filter(name: str) -> int | None:
    if not name:
        return None
    try:
        return type_number(name)
    except ValueError as error:
        raise Invalid.of(Problem("type", str(error))) from None


def _data_filter(zone: Zone, kind: int | None, text: str) -> bytes | None:
    if not text:
        return None
    if kind is None:
        raise Invalid.of(Problem("type", "data are compared within a type: give it"))
    data = RecordData(f"TYPE{kind}", text=text)
    if kind == TXT and not text.startswith('"'):
        data = RecordData("TXT", data=text)
    return rdata_of(zone, data)[1]


def _takes_all(query: RecordQuery, principal: Principal) -> bool:
    """Whether nothing is left out, so that the zone's own count is the total."""
    return not (query.name or query.type or query.source or query.text or principal.limits)


async def _chosen(
    reader: Reader, zone: Zone, query: RecordQuery, principal: Principal
) -> AsyncIterator[tuple[Record, int]]:
    """The records asked for with their versions, letting others run meanwhile."""
    name, text = Filter(query.name), query.text.lower()
    kind = _type_filter(query.type)
    for number, (record, version) in enumerate(_candidates(reader, zone, query.name)):
        if number % 500 == 499:
            await anyio.lowlevel.checkpoint()
        if (
            (kind is None or record.type == kind)
            and query.source in ("", record.source)
            and name.takes(record.name)
            and (not text or text in _searched(record))
            and sees_record(principal, zone.name, record.name, record.type)
        ):
            yield record, version


def _candidates(reader: Reader, zone: Zone, name: str) -> Iterator[tuple[Record, int]]:
    """All records, or those of the owner when the name is no pattern."""
    prefix = id_key(zone.id)
    if name and not is_glob(name):
        with contextlib.suppress(Invalid):
            prefix = owner_prefix(zone.id, owner_of(zone, name))
    return reader.scan_versions(RECORDS, prefix)


def _searched(record: Record) -> str:
    """What a search for text looks into."""
    data = rdata_to_text(record.type, record.rdata)
    return f"{record.name} {data} {record.comment} {record.origin}".lower()


def _shown(reader: Reader, record: Record) -> RecordShown:
    return record_shown(record, reader.version(RECORDS, record_key(record)) or 0)


def _gone(changes: list[RecordChange]) -> list[RecordShown]:
    """The records that changes removed; they have no version any more."""
    return [record_shown(one.before, 0) for one in changes if one.before and one.after is None]


def _without_version(call: Call) -> Call:
    """The call, its version having been the record's and not the zone's."""
    return dataclasses.replace(call, if_version=None)
