"""``zone.*``: what can be done to zones."""

from typing import Annotated, Any

import anyio.lowlevel
import msgspec
from msgspec import UNSET, Meta, UnsetType

from microdns.operations import Call, Cli, Column, Operation
from microdns_dns.limits import sees_zone
from microdns_dns.model import ZONES, Soa, Zone, id_key
from microdns_dns.operations import samples
from microdns_dns.operations.access import BY_ZONE, require, visible_zone
from microdns_dns.operations.base import DnsOperations
from microdns_dns.operations.forms import (
    Filter,
    Glob,
    Limit,
    Offset,
    SoaData,
    SourceFilter,
    TextFilter,
    TtlField,
    ZoneRef,
    ZoneShown,
    soa_of,
    zone_name_of,
    zone_shown,
)
from microdns_dns.repository import ZoneAlter, all_zones

COLUMNS = (
    Column("NAME", "name"),
    Column("SERIAL", "soa.serial"),
    Column("RECORDS", "record_count"),
    Column("SOURCE", "source"),
    Column("ID", "id"),
)


class ZoneQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which zones to show."""

    name: Glob = ""
    source: SourceFilter = ""
    text: TextFilter = ""
    offset: Offset = 0
    limit: Limit = 100


class ZonePage(msgspec.Struct, frozen=True):
    """Some of the zones; ``total`` counts all that were asked for."""

    items: list[ZoneShown]
    total: int
    offset: int
    limit: int


class ZoneKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One zone."""

    id: ZoneRef


class ZoneCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A zone to be made."""

    name: Annotated[str, Meta(min_length=1, description="The zone's name.")]
    default_ttl: TtlField = 300
    soa: SoaData = SoaData()


class ZonePatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of a zone to change; what is left out stays."""

    id: ZoneRef
    default_ttl: TtlField | UnsetType = UNSET
    soa: SoaData | UnsetType = UNSET


class _ZoneArgument(msgspec.Struct, frozen=True):
    zone: ZoneRef


class _SoaOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The command line's way to write an SOA."""

    mname: Annotated[str | None, Meta(description="Name of the primary server.")] = None
    rname: Annotated[str | None, Meta(description="Mailbox of who is responsible.")] = None
    serial: Annotated[int, Meta(ge=0, le=2**32 - 1)] | None = None
    refresh: Annotated[int, Meta(ge=0, le=2**32 - 1, description="Seconds.")] | None = None
    retry: Annotated[int, Meta(ge=0, le=2**32 - 1, description="Seconds.")] | None = None
    expire: Annotated[int, Meta(ge=0, le=2**32 - 1, description="Seconds.")] | None = None
    minimum: Annotated[int, Meta(ge=0, le=2**32 - 1, description="Seconds.")] | None = None
    soa_ttl: Annotated[int, Meta(ge=0, description="TTL of the SOA, seconds.")] | None = None
    default_ttl: Annotated[int, Meta(ge=0, description="For records without one.")] | None = None

    def soa(self) -> SoaData:
        fields = ("mname", "rname", "serial", "refresh", "retry", "expire", "minimum")
        given = {field: getattr(self, field) for field in fields}
        given["ttl"] = self.soa_ttl
        return SoaData(**{field: value for field, value in given.items() if value is not None})


class _CreateArguments(_SoaOptions, frozen=True, kw_only=True):
    name: Annotated[str, Meta(description="The zone's name.")]


class _UpdateArguments(_SoaOptions, frozen=True, kw_only=True):
    zone: ZoneRef


def _zone_key(typed: _ZoneArgument) -> ZoneKey:
    return ZoneKey(typed.zone)


def _create_input(typed: _CreateArguments) -> ZoneCreate:
    ttl = {} if typed.default_ttl is None else {"default_ttl": typed.default_ttl}
    return ZoneCreate(typed.name, soa=typed.soa(), **ttl)


def _update_input(typed: _UpdateArguments) -> ZonePatch:
    ttl = UNSET if typed.default_ttl is None else typed.default_ttl
    return ZonePatch(typed.zone, ttl, typed.soa())


class ZoneOperations(DnsOperations):
    """Handlers of ``zone.*``."""

    def declare(self) -> list[Operation[Any, Any]]:
        """The operations, for every interface."""
        return [self._list(), self._get(), self._create(), self._update(), self._delete()]

    def _list(self) -> Operation[ZoneQuery, ZonePage]:
        return Operation(
            name="zone.list",
            summary="List zones.",
            input=ZoneQuery,
            output=ZonePage,
            handler=self.list_zones,
            scope="zones:read",
            http="GET /zones",
            sample=samples.ZONE_LIST,
            grpc="ZoneService/ListZones",
            offline=True,
            remembers=True,
            honours=BY_ZONE,
            examples=("microdns zone list", "microdns zone list --name '*.in-addr.arpa'"),
            cli=Cli(columns=COLUMNS),
        )

    def _get(self) -> Operation[ZoneKey, ZoneShown]:
        return Operation(
            name="zone.get",
            summary="Show a zone.",
            input=ZoneKey,
            output=ZoneShown,
            handler=self.get_zone,
            scope="zones:read",
            http="GET /zones/{id}",
            sample=samples.ZONE_GET,
            grpc="ZoneService/GetZone",
            offline=True,
            remembers=True,
            honours=BY_ZONE,
            examples=("microdns zone get example.com",),
            cli=Cli(input=_ZoneArgument, convert=_zone_key),
        )

    def _create(self) -> Operation[ZoneCreate, ZoneShown]:
        return Operation(
            name="zone.create",
            conditional=False,
            summary="Create a zone.",
            description="Without --mname and --rname, ns1 and hostmaster of the zone are taken. "
            "The serial starts as the time and goes up by one with every change.",
            input=ZoneCreate,
            output=ZoneShown,
            handler=self.create_zone,
            scope="zones:write",
            http="POST /zones",
            sample=samples.ZONE_CREATE,
            grpc="ZoneService/CreateZone",
            offline=True,
            honours=BY_ZONE,
            examples=(
                "microdns zone create example.com",
                "microdns zone create example.net --mname ns1.example.com --rname me@example.com",
            ),
            cli=Cli(input=_CreateArguments, convert=_create_input),
        )

    def _update(self) -> Operation[ZonePatch, ZoneShown]:
        return Operation(
            name="zone.update",
            summary="Change a zone's SOA or default TTL.",
            input=ZonePatch,
            output=ZoneShown,
            handler=self.update_zone,
            scope="zones:write",
            http="PATCH /zones/{id}",
            sample=samples.ZONE_UPDATE,
            grpc="ZoneService/UpdateZone",
            offline=True,
            honours=BY_ZONE,
            examples=("microdns zone update example.com --minimum 60 --default-ttl 600",),
            cli=Cli(input=_UpdateArguments, convert=_update_input),
        )

    def _delete(self) -> Operation[ZoneKey, ZoneShown]:
        return Operation(
            name="zone.delete",
            summary="Delete a zone with all its records.",
            input=ZoneKey,
            output=ZoneShown,
            handler=self.delete_zone,
            scope="zones:write",
            http="DELETE /zones/{id}",
            sample=samples.ZONE_DELETE,
            grpc="ZoneService/DeleteZone",
            offline=True,
            honours=BY_ZONE,
            examples=("microdns zone delete example.com --yes",),
            cli=Cli(
                input=_ZoneArgument,
                convert=_zone_key,
                confirm="Delete the zone {zone} with all its records?",
            ),
        )

    async def list_zones(self, call: Call, query: ZoneQuery) -> ZonePage:
        name, text = Filter(query.name), query.text.lower()
        found: list[Zone] = []
        items: list[ZoneShown] = []
        async with self.repository.store.snapshot(call.as_of) as snapshot:
            await snapshot.unwind(ZONES)
            for number, zone in enumerate(all_zones(snapshot)):
                if number % 500 == 499:
                    await anyio.lowlevel.checkpoint()
                if (
                    name.takes(zone.name)
                    and query.source in ("", zone.source)
                    and text in f"{zone.name} {zone.soa.mname} {zone.soa.rname}".lower()
                    and sees_zone(call.principal, zone.name)
                ):
                    found.append(zone)
            for zone in found[query.offset : query.offset + query.limit]:
                items.append(zone_shown(zone, snapshot.version(ZONES, id_key(zone.id)) or 0))
        return ZonePage(items, len(found), query.offset, query.limit)

    async def get_zone(self, call: Call, key: ZoneKey) -> ZoneShown:
        async with self.repository.store.snapshot(call.as_of) as snapshot:
            await snapshot.unwind(ZONES)
            zone = visible_zone(call.principal, snapshot, key.id)
            return zone_shown(zone, snapshot.version(ZONES, id_key(zone.id)) or 0)

    async def create_zone(self, call: Call, wanted: ZoneCreate) -> ZoneShown:
        name = zone_name_of(wanted.name)
        zone = self.repository.new_zone(name, None, wanted.default_ttl)
        zone = msgspec.structs.replace(zone, soa=soa_of(wanted.soa, zone.soa))
        require(sees_zone(call.principal, zone.name), call.principal)
        outcome = await self.repository.create_zone(call, zone)
        return zone_shown(outcome.zone, outcome.version)

    async def update_zone(self, call: Call, wanted: ZonePatch) -> ZoneShown:
        zone = visible_zone(call.principal, self.repository.store, wanted.id)
        soa: Soa | UnsetType = UNSET
        if wanted.soa is not UNSET and wanted.soa != SoaData():
            soa = soa_of(wanted.soa, zone.soa)
        alter = ZoneAlter(soa=soa, default_ttl=wanted.default_ttl)
        outcome = await self.repository.update_zone(call, zone.id, alter)
        return zone_shown(outcome.zone, outcome.version)

    async def delete_zone(self, call: Call, key: ZoneKey) -> ZoneShown:
        zone = visible_zone(call.principal, self.repository.store, key.id)
        version = self.repository.store.version(ZONES, id_key(zone.id)) or 0
        return zone_shown(await self.repository.delete_zone(call, zone.id), version)
