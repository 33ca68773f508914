"""``lease.history``: who had which address when, read from the journal."""

import ipaddress
from contextlib import aclosing
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from microdns.errors import Invalid, Problem
from microdns.events import Entry
from microdns.operations import Call, Cli, Column, Operation
from microdns_dhcp import identifiers
from microdns_dhcp.events import LEASE_EVENTS
from microdns_dhcp.model import Lease, address_octets
from microdns_dhcp.operations.base import Desk, Limit
from microdns_dhcp.operations.leases import LeaseShown, shown


class HistoryQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose history: of an address, of a client, or of everybody."""

    ip: Annotated[str, Meta(description="Of this address.")] = ""
    mac: Annotated[str, Meta(description="Of this hardware address.")] = ""
    after: Annotated[int, Meta(ge=0, description="Only after this journal sequence.")] = 0
    renewals: Annotated[bool, Meta(description="Renewals as well.")] = False
    limit: Limit = 100


class HistoryItem(msgspec.Struct, frozen=True):
    """One thing that happened to a lease, and the lease after it (before it, when deleted)."""

    sequence: int
    time_ns: int
    event: str
    actor: str
    lease: LeaseShown


class HistoryPage(msgspec.Struct, frozen=True):
    """``next`` is the ``after`` of the following page; 0 at the end.  ``oldest`` tells how far
    back the journal goes."""

    items: list[HistoryItem]
    next: int
    oldest: int


class HistoryOperations:
    """The handler of ``lease.history``."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def operations(self) -> list[Operation[Any, Any]]:
        return [
            Operation(
                name="lease.history",
                summary="Show who had which address when.",
                description="As far back as the journal goes.",
                input=HistoryQuery,
                output=HistoryPage,
                handler=self.history,
                scope="leases:read",
                http="GET /lease-history",
                cli=Cli(
                    columns=(
                        Column("SEQUENCE", "sequence"),
                        Column("EVENT", "event"),
                        Column("IP", "lease.ip"),
                        Column("MAC", "lease.mac"),
                        Column("HOSTNAME", "lease.hostname"),
                        Column("RENEWED", "lease.renewed"),
                        Column("EXPIRES", "lease.expires"),
                    )
                ),
                examples=("microdns lease history --ip 192.0.2.7",),
            )
        ]

    async def history(self, _call: Call, query: HistoryQuery) -> HistoryPage:
        address, hardware = _wanted(query)
        journal = self._desk.store.journal
        offset = self._desk.book.clock.offset
        types = [each for each in LEASE_EVENTS if query.renewals or not _is_renewal(each)]
        after = max(query.after, journal.oldest - 1)
        items: list[HistoryItem] = []
        async with aclosing(journal.search(after, types)) as entries:
            async for entry in entries:
                lease = _lease_of(entry.event)
                if lease is None or not _is_wanted(lease, address, hardware):
                    continue
                if len(items) == query.limit:
                    return HistoryPage(items, items[-1].sequence, journal.oldest)
                items.append(_item(entry, lease, offset))
        return HistoryPage(items, 0, journal.oldest)


def _is_wanted(lease: Lease, address: bytes, hardware: bytes) -> bool:
    """Whether a lease is of the address and the client asked for; empty is any."""
    return (not address or lease.address == address) and (
        not hardware or lease.hardware == hardware
    )


def _item(entry: Entry, lease: Lease, offset: int) -> HistoryItem:
    return HistoryItem(
        entry.sequence, entry.time_ns, entry.type, entry.actor.name, shown(lease, offset)
    )


def _is_renewal(kind: type) -> bool:
    return kind.__name__ == "LeaseRenewed"


def _lease_of(event: Any) -> Lease | None:
    found = getattr(event, "lease", None) or getattr(event, "before", None)
    return found if isinstance(found, Lease) else None


def _wanted(query: HistoryQuery) -> tuple[bytes, bytes]:
    try:
        address = address_octets(query.ip) if query.ip else b""
    except (ValueError, ipaddress.AddressValueError):
        raise Invalid.of(Problem("ip", f"{query.ip[:64]!r} is not an address")) from None
    try:
        hardware = identifiers.hardware(query.mac) if query.mac else b""
    except ValueError as error:
        raise Invalid.of(Problem("mac", str(error))) from None
    return address, hardware
