"""``lease.history`` and ``lease.journal``: who had which address when, read from the journal."""

import ipaddress
from contextlib import aclosing
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from microdns.errors import Invalid, NotFound, Problem
from microdns.events import Entry, Event, Principal
from microdns.operations import Call, Cli, Column, Operation
from microdns_dhcp import identifiers
from microdns_dhcp.events import LEASE_EVENTS, LeaseRenewed
from microdns_dhcp.model import Lease, address_octets
from microdns_dhcp.operations import samples
from microdns_dhcp.operations.base import Desk, Ip, Limit
from microdns_dhcp.operations.leases import LeaseShown, shown, time_text

LOOK_BACK_MAX = 100_000
"""Journal entries that one question looks at."""
_COLUMNS = (
    Column("MAC", "lease.mac"),
    Column("HOSTNAME", "lease.hostname"),
    Column("RENEWED", "lease.renewed"),
    Column("EXPIRES", "lease.expires"),
)


class LeaseHistoryQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose history: an address's, be it that nobody has it now."""

    ip: Ip
    renewals: Annotated[bool, Meta(description="Renewals as well.")] = False
    limit: Limit = 100


class LeaseHappened(msgspec.Struct, frozen=True):
    """One thing that happened to a lease, and the lease after it (before it, when deleted)."""

    sequence: int
    time: str
    type: str
    actor: Principal
    lease: LeaseShown


class LeaseHistory(msgspec.Struct, frozen=True):
    """Changes, the newest first; ``complete`` says that the journal holds no older one."""

    items: list[LeaseHappened]
    complete: bool


class JournalQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose history: of an address, of a client, or of everybody."""

    ip: Annotated[str, Meta(description="Of this address.")] = ""
    mac: Annotated[str, Meta(description="Of this hardware address.")] = ""
    after: Annotated[int, Meta(ge=0, description="Only after this journal sequence.")] = 0
    renewals: Annotated[bool, Meta(description="Renewals as well.")] = False
    limit: Limit = 100


class JournalItem(msgspec.Struct, frozen=True):
    """One thing that happened to a lease, and the lease after it (before it, when deleted)."""

    sequence: int
    time_ns: int
    event: str
    actor: str
    lease: LeaseShown


class JournalPage(msgspec.Struct, frozen=True):
    """``next`` is the ``after`` of the following page; 0 at the end.  ``oldest`` tells how far
    back the journal goes."""

    items: list[JournalItem]
    next: int
    oldest: int


class HistoryOperations:
    """Handlers of ``lease.history`` and ``lease.journal``."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def operations(self) -> list[Operation[Any, Any]]:
        return [self._of_history(), self._of_journal()]

    def _of_history(self) -> Operation[LeaseHistoryQuery, LeaseHistory]:
        return Operation(
            name="lease.history",
            summary="Show what happened to a lease, the newest first.",
            description="As far back as the journal reaches; of leases that ended, too.",
            input=LeaseHistoryQuery,
            output=LeaseHistory,
            handler=self.history,
            scope="leases:read",
            http="GET /leases/{ip}/history",
            sample=samples.LEASE_HISTORY,
            cli=Cli(
                columns=(
                    Column("SEQUENCE", "sequence"),
                    Column("TIME", "time"),
                    Column("WHO", "actor.name"),
                    Column("WHAT", "type"),
                    *_COLUMNS,
                )
            ),
            examples=("microdns lease history 192.0.2.7",),
        )

    def _of_journal(self) -> Operation[JournalQuery, JournalPage]:
        return Operation(
            name="lease.journal",
            summary="Show who had which address when, the oldest first.",
            description="As far back as the journal reaches.",
            input=JournalQuery,
            output=JournalPage,
            handler=self.journal,
            scope="leases:read",
            http="GET /lease-history",
            sample=samples.LEASE_JOURNAL,
            cli=Cli(
                columns=(
                    Column("SEQUENCE", "sequence"),
                    Column("EVENT", "event"),
                    Column("IP", "lease.ip"),
                    *_COLUMNS,
                )
            ),
            examples=("microdns lease journal --mac 02:00:00:00:00:01",),
        )

    async def history(self, _call: Call, query: LeaseHistoryQuery) -> LeaseHistory:
        address, _ = _wanted(query.ip, "")
        journal = self._desk.store.journal
        offset = self._desk.book.clock.offset
        items: list[LeaseHappened] = []
        looked = 0
        entries = journal.search(None, _types(renewals=query.renewals), reverse=True)
        async with aclosing(entries) as found:
            async for entry in found:
                looked += 1
                lease = _lease_of(entry.event)
                if len(items) == query.limit or looked > LOOK_BACK_MAX:
                    return LeaseHistory(items, False)
                if lease is not None and lease.address == address:
                    when = time_text(entry.time_ns // 1_000_000_000)
                    told = shown(lease, offset)
                    items.append(LeaseHappened(entry.sequence, when, entry.type, entry.actor, told))
        if not items:
            raise NotFound(f"no lease of {query.ip}")
        return LeaseHistory(items, journal.oldest == 1)

    async def journal(self, _call: Call, query: JournalQuery) -> JournalPage:
        address, hardware = _wanted(query.ip, query.mac)
        journal = self._desk.store.journal
        offset = self._desk.book.clock.offset
        types = _types(renewals=query.renewals)
        after = max(query.after, journal.oldest - 1)
        items: list[JournalItem] = []
        async with aclosing(journal.search(after, types)) as entries:
            async for entry in entries:
                lease = _lease_of(entry.event)
                if lease is None or not _is_wanted(lease, address, hardware):
                    continue
                if len(items) == query.limit:
                    return JournalPage(items, items[-1].sequence, journal.oldest)
                items.append(_item(entry, lease, offset))
        return JournalPage(items, 0, journal.oldest)


def _is_wanted(lease: Lease, address: bytes, hardware: bytes) -> bool:
    """Whether a lease is of the address and the client asked for; empty is any."""
    return (not address or lease.address == address) and (
        not hardware or lease.hardware == hardware
    )


def _item(entry: Entry, lease: Lease, offset: int) -> JournalItem:
    return JournalItem(
        entry.sequence, entry.time_ns, entry.type, entry.actor.name, shown(lease, offset)
    )


def _types(*, renewals: bool) -> list[type[Event]]:
    return [each for each in LEASE_EVENTS if renewals or each is not LeaseRenewed]


def _lease_of(event: Any) -> Lease | None:
    found = getattr(event, "lease", None) or getattr(event, "before", None)
    return found if isinstance(found, Lease) else None


def _wanted(ip: str, mac: str) -> tuple[bytes, bytes]:
    try:
        address = address_octets(ip) if ip else b""
    except (ValueError, ipaddress.AddressValueError):
        raise Invalid.of(Problem("ip", f"{ip[:64]!r} is not an address")) from None
    try:
        hardware = identifiers.hardware(mac) if mac else b""
    except ValueError as error:
        raise Invalid.of(Problem("mac", str(error))) from None
    return address, hardware
