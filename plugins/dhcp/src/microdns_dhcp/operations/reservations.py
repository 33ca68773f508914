"""``reservation.*``: addresses and settings for single clients."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from microdns.operations import Call, Cli, Column, Nothing, Operation
from microdns_dhcp.model import Reservation
from microdns_dhcp.operations import samples
from microdns_dhcp.operations.base import (
    Desk,
    FamilyField,
    FamilyFilter,
    Id,
    Limit,
    Offset,
    ToldFields,
    new_id,
    values_of,
)


class ReservationQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which reservations to show."""

    family: FamilyFilter = 0
    text: Annotated[str, Meta(description="Whose address, identifiers or name contain this.")] = ""
    offset: Offset = 0
    limit: Limit = 100


class ReservationPage(msgspec.Struct, frozen=True):
    """Some of the reservations; ``total`` counts all that were asked for."""

    items: list[Reservation]
    total: int
    offset: int
    limit: int


class ReservationKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One reservation."""

    id: Id


class ReservationCreate(ToldFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reservation to be made, for a client known by one of its identifiers."""

    ip: Annotated[str, Meta(description="Address for it; without one, a free one.")] = ""
    mac: Annotated[str, Meta(description="Its hardware address.")] = ""
    client_id: Annotated[str, Meta(description="Its client identifier: text or `0x…`.")] = ""
    circuit_id: Annotated[str, Meta(description="Circuit of its relay agent.")] = ""
    remote_id: Annotated[str, Meta(description="Remote id of its relay agent.")] = ""
    duid: Annotated[str, Meta(description="Its DUID, in hexadecimal (IPv6).")] = ""
    prefix: Annotated[
        str, Meta(description="Prefix to delegate to it, with its length (IPv6).")
    ] = ""
    hostname: Annotated[str, Meta(max_length=253, description="Its name.")] = ""
    family: FamilyField = 4


class ReservationReplace(ReservationCreate, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reservation as it is to be from now on."""

    id: Id


COLUMNS = (
    Column("ID", "id"),
    Column("IP", "ip"),
    Column("MAC", "mac"),
    Column("HOSTNAME", "hostname"),
    Column("SOURCE", "source"),
)


class ReservationOperations:
    """Handlers of ``reservation.*``."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def operations(self) -> list[Operation[Any, Any]]:
        return [*self._reading(), *self._changing()]

    def _reading(self) -> list[Operation[Any, Any]]:
        return [
            Operation(
                name="reservation.list",
                summary="Show reservations.",
                input=ReservationQuery,
                output=ReservationPage,
                handler=self.list,
                scope="reservations:read",
                http="GET /dhcp/reservations",
                sample=samples.RESERVATION_LIST,
                cli=Cli(columns=COLUMNS),
            ),
            Operation(
                name="reservation.get",
                summary="Show one reservation.",
                input=ReservationKey,
                output=Reservation,
                handler=self.get,
                scope="reservations:read",
                http="GET /dhcp/reservations/{id}",
                sample=samples.RESERVATION_GET,
            ),
        ]

    def _changing(self) -> list[Operation[Any, Any]]:
        return [
            Operation(
                name="reservation.create",
                summary="Reserve an address, or settings, for a client.",
                input=ReservationCreate,
                output=Reservation,
                handler=self.create,
                scope="reservations:write",
                http="POST /dhcp/reservations",
                sample=samples.RESERVATION_CREATE,
            ),
            Operation(
                name="reservation.update",
                summary="Change a reservation; what is left out is set to its default.",
                input=ReservationReplace,
                output=Reservation,
                handler=self.update,
                scope="reservations:write",
                http="PUT /dhcp/reservations/{id}",
                sample=samples.RESERVATION_UPDATE,
            ),
            Operation(
                name="reservation.delete",
                summary="Remove a reservation; its client keeps its lease until that ends.",
                input=ReservationKey,
                output=Nothing,
                handler=self.delete,
                scope="reservations:write",
                http="DELETE /dhcp/reservations/{id}",
                sample=samples.RESERVATION_DELETE,
            ),
        ]

    async def list(self, _call: Call, query: ReservationQuery) -> ReservationPage:
        found = self._desk.catalogue.reservations(query.family or None)
        text = query.text.lower()
        if text:
            found = [each for each in found if text in _searched(each)]
        page = found[query.offset : query.offset + query.limit]
        return ReservationPage(page, len(found), query.offset, query.limit)

    async def get(self, _call: Call, key: ReservationKey) -> Reservation:
        return self._desk.catalogue.reservation(key.id)

    async def create(self, call: Call, wanted: ReservationCreate) -> Reservation:
        made = Reservation(id=new_id(), **values_of(wanted))
        return await self._desk.catalogue.put_reservation(call, made, None)

    async def update(self, call: Call, wanted: ReservationReplace) -> Reservation:
        before = self._desk.catalogue.reservation(wanted.id)
        after = Reservation(**values_of(wanted))
        return await self._desk.catalogue.put_reservation(call, after, before)

    async def delete(self, call: Call, key: ReservationKey) -> Nothing:
        await self._desk.catalogue.delete_reservation(call, key.id)
        return Nothing()


def _searched(each: Reservation) -> str:
    parts = (
        *(each.ip, each.prefix, each.mac, each.duid, each.client_id, each.circuit_id),
        *(each.hostname, each.comment),
    )
    return " ".join(parts).lower()
