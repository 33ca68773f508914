"""``lease.*``: who has which address now, and changing that by hand."""

import ipaddress
import time
from collections.abc import AsyncIterator, Iterable
from typing import Annotated, Any, Literal

import anyio.lowlevel
import msgspec
from msgspec import Meta

from microdns.errors import Conflict, Invalid, NotFound, Problem
from microdns.events import EntryShown
from microdns.operations import Call, Cli, Column, Nothing, Operation
from microdns.store import Reader
from microdns_dhcp import identifiers
from microdns_dhcp.book import Change, leases_of
from microdns_dhcp.events import LEASE_EVENTS
from microdns_dhcp.model import (
    ACTIVE,
    API,
    IA_NA,
    IA_PD,
    INFINITE,
    LEASES,
    STATES,
    Lease,
    address_octets,
    address_text,
    client6,
    hardware_text,
    lease_key,
)
from microdns_dhcp.operations import samples
from microdns_dhcp.operations.base import Desk, FamilyFilter, Ip, Limit, Offset
from microdns_dhcp.routes import PREFIX_OCTETS

LEASES_PER_TURN = 500
"""Leases looked at before other tasks get their turn."""


class LeaseShown(msgspec.Struct, frozen=True):
    """A lease for people; times are RFC 3339, by the machine's clock."""

    ip: str
    mac: str
    hostname: str
    state: str
    expires: str
    """Empty for a lease without end."""
    subnet: str
    fqdn: str
    client: str
    started: str
    renewed: str
    duration_secs: int
    interface: str
    relay: str
    circuit_id: str
    remote_id: str
    vendor_class: str
    reservation: str
    pool: str
    source: str
    duid: str = ""
    """In hexadecimal (IPv6)."""
    iaid: int = 0
    preferred_secs: int = 0
    """Preferred lifetime (IPv6)."""
    peer: str = ""
    """Address that its client was heard from (IPv6)."""


COLUMNS = (
    Column("IP", "ip"),
    Column("MAC", "mac"),
    Column("HOSTNAME", "hostname"),
    Column("STATE", "state"),
    Column("EXPIRES", "expires"),
)

State = Annotated[
    Literal["active", "released", "expired", "declined", "abandoned", "all"],
    Meta(description="Leases in this state."),
]


class LeaseQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which leases to show; all conditions must hold."""

    state: State = "active"
    family: FamilyFilter = 0
    subnet: Annotated[str, Meta(description="In this subnet (`192.0.2.0/24`).")] = ""
    ip: Annotated[str, Meta(description="Of this address.")] = ""
    mac: Annotated[str, Meta(description="Of this hardware address.")] = ""
    hostname: Annotated[str, Meta(description="Whose name contains this.")] = ""
    offset: Offset = 0
    limit: Limit = 100


class LeasePage(msgspec.Struct, frozen=True):
    """Some of the leases; ``total`` counts all that were asked for."""

    items: list[LeaseShown]
    total: int
    offset: int
    limit: int


class LeaseKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One lease, by its address (a delegated prefix with its length)."""

    ip: Ip


class LeaseAdd(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A lease to be made by hand: of an address, or of a prefix (`2001:db8:1::/56`)."""

    ip: Ip
    mac: Annotated[str, Meta(description="Hardware address of its client; needed for IPv4.")] = ""
    hostname: Annotated[str, Meta(max_length=253, description="Name of its client.")] = ""
    duration_secs: Annotated[int, Meta(ge=1, le=INFINITE, description="Seconds.")] = 3600
    duid: Annotated[
        str, Meta(description="DUID of its client, in hexadecimal; needed for IPv6.")
    ] = ""
    iaid: Annotated[
        int,
        Meta(ge=0, le=0xFFFFFFFF, description="Identity association of its client (IPv6)."),
    ] = 1


class LeaseOperations:
    """Handlers of ``lease.*``."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def operations(self) -> list[Operation[Any, Any]]:
        return [*self._reading(), self._adding(), *self._ending(), *self._changing()]

    def _reading(self) -> list[Operation[Any, Any]]:
        return [
            Operation(
                name="lease.list",
                summary="Show leases.",
                input=LeaseQuery,
                output=LeasePage,
                handler=self.list,
                scope="leases:read",
                http="GET /leases",
                sample=samples.LEASE_LIST,
                grpc="LeaseService/ListLeases",
                remembers=True,
                cli=Cli(columns=COLUMNS),
                examples=("microdns lease list --hostname printer",),
            ),
            Operation(
                name="lease.get",
                summary="Show one lease.",
                input=LeaseKey,
                output=LeaseShown,
                handler=self.get,
                scope="leases:read",
                http="GET /leases/{ip}",
                sample=samples.LEASE_GET,
                remembers=True,
            ),
        ]

    def _adding(self) -> Operation[Any, Any]:
        return Operation(
            name="lease.add",
            conditional=False,
            summary="Lease an address by hand.",
            description=(
                "The client keeps it as if it had asked; the address must be free.  An IPv6 "
                "address or prefix is for an identity association of its client."
            ),
            examples=(
                "microdns lease add 192.0.2.7 --mac 02:00:00:00:00:01",
                "microdns lease add 2001:db8::7 --duid 00030001020000000001 --iaid 1",
            ),
            input=LeaseAdd,
            output=LeaseShown,
            handler=self.add,
            scope="leases:write",
            http="POST /leases",
            sample=samples.LEASE_ADD,
        )

    def _ending(self) -> list[Operation[Any, Any]]:
        return [
            Operation(
                name="lease.release",
                conditional=False,
                summary="End a lease as if its client had given it back.",
                input=LeaseKey,
                output=LeaseShown,
                handler=self.release,
                scope="leases:write",
                http="POST /leases/{ip}/release",
                sample=samples.LEASE_RELEASE,
            ),
            Operation(
                name="lease.expire",
                conditional=False,
                summary="End a lease, or a quarantine, as if its time had run out.",
                input=LeaseKey,
                output=LeaseShown,
                handler=self.expire,
                scope="leases:write",
                http="POST /leases/{ip}/expire",
                sample=samples.LEASE_EXPIRE,
            ),
        ]

    def _changing(self) -> list[Operation[Any, Any]]:
        return [
            Operation(
                name="lease.delete",
                conditional=False,
                summary="Forget a lease; its address is free at once.",
                description="Its client goes on using the address until it renews.",
                input=LeaseKey,
                output=Nothing,
                handler=self.delete,
                scope="leases:write",
                http="DELETE /leases/{ip}",
                sample=samples.LEASE_DELETE,
                cli=Cli(confirm="Forget this lease?"),
            ),
            Operation(
                name="lease.follow",
                summary="Show what happens to leases, as it happens.",
                input=Nothing,
                output=EntryShown,
                handler=self.follow,
                scope="leases:read",
                stream=True,
                cli=Cli(
                    columns=(
                        Column("SEQUENCE", "sequence"),
                        Column("WHO", "actor.name"),
                        Column("WHAT", "type"),
                        Column("LEASE", "event.summary"),
                    )
                ),
            ),
        ]

    # -- looking

    async def list(self, call: Call, query: LeaseQuery) -> LeasePage:
        if call.as_of is None:
            return await self._page(query, self._desk.store)
        async with self._desk.store.snapshot(call.as_of) as past:
            await past.unwind(LEASES, query.ip and address_text(_octets(query.ip)))
            return await self._page(query, past)

    async def _page(self, query: LeaseQuery, reader: Reader) -> LeasePage:
        wanted = _Wanted(query)
        items: list[LeaseShown] = []
        total = 0
        for number, lease in enumerate(_candidates(query, reader)):
            if number % LEASES_PER_TURN == 0:
                await anyio.lowlevel.checkpoint()
            if not wanted.matches(lease):
                continue
            if query.offset <= total < query.offset + query.limit:
                items.append(self._shown(lease))
            total += 1
        return LeasePage(items, total, query.offset, query.limit)

    async def get(self, call: Call, key: LeaseKey) -> LeaseShown:
        if call.as_of is None:
            return self._shown(self._lease(key))
        address = _octets(key.ip)
        async with self._desk.store.snapshot(call.as_of) as past:
            await past.unwind(LEASES, address_text(address))
            lease = past.get(LEASES, lease_key(address))
        if lease is None:
            raise NotFound(f"no lease of {key.ip}")
        return self._shown(lease)

    async def follow(self, call: Call, _input: Nothing) -> AsyncIterator[EntryShown]:
        async with self._desk.bus.subscribe(types=LEASE_EVENTS, name="lease.follow") as entries:
            async for entry in entries:
                seen = entry.shown_to(call.principal)
                if seen is not None:
                    yield seen

    def _lease(self, key: LeaseKey) -> Lease:
        lease = self._desk.book.lease(_octets(key.ip))
        if lease is None:
            raise NotFound(f"no lease of {key.ip}")
        return lease

    def _shown(self, lease: Lease) -> LeaseShown:
        return shown(lease, self._desk.book.clock.offset)

    # -- changing

    async def add(self, call: Call, wanted: LeaseAdd) -> LeaseShown:
        book = self._desk.book
        address = _octets(wanted.ip)
        lease = self._new_lease(wanted, address)
        arena = book.arena_of(address)
        assert arena is not None  # noqa: S101  (_new_lease checked it)
        if not arena.claim(lease.client, address, lambda _pool: True):
            raise Conflict(f"{wanted.ip} is not free, or not in a pool")
        try:
            await self._commit(call, book.grant(lease))
        finally:
            arena.let_go(address)
        return self._shown(lease)

    def _new_lease(self, wanted: LeaseAdd, address: bytes) -> Lease:
        book = self._desk.book
        arena = book.arena_of(address)
        if arena is None:
            raise Invalid.of(Problem("ip", f"{wanted.ip} lies in no subnet"))
        client, hardware = _client(wanted, address)
        now = book.clock.now()
        duration = wanted.duration_secs
        held_by = arena.pool_of(address)
        return Lease(
            address=address,
            client=client,
            state=ACTIVE,
            expires=INFINITE if duration == INFINITE else now + duration,
            subnet=arena.subnet.id,
            started=now,
            renewed=now,
            duration=duration,
            hardware=hardware,
            hostname=wanted.hostname,
            pool="" if held_by is None else held_by.pool.id,
            source=API,
            iaid=0 if len(address) == 4 else wanted.iaid,
            preferred=0 if len(address) == 4 else duration,
        )

    async def release(self, call: Call, key: LeaseKey) -> LeaseShown:
        before = self._lease(key)
        if before.state != ACTIVE:
            raise Conflict(f"the lease of {key.ip} is {STATES[before.state]}")
        return await self._end(call, self._desk.book.release(before))

    async def expire(self, call: Call, key: LeaseKey) -> LeaseShown:
        before = self._lease(key)
        if STATES[before.state] in ("released", "expired"):
            raise Conflict(f"the lease of {key.ip} has ended already")
        return await self._end(call, self._desk.book.expire(before))

    async def _end(self, call: Call, change: Change) -> LeaseShown:
        await self._commit(call, change)
        assert change.lease is not None  # noqa: S101  (an end keeps the lease)
        return self._shown(change.lease)

    async def delete(self, call: Call, key: LeaseKey) -> Nothing:
        await self._commit(call, self._desk.book.delete(self._lease(key)))
        return Nothing()

    async def _commit(self, call: Call, change: Change) -> None:
        await self._desk.book.commit([change], call.principal, call.dry_run)


def _candidates(query: LeaseQuery, reader: Reader) -> Iterable[Lease]:
    if query.ip:
        found = reader.get(LEASES, lease_key(_octets(query.ip)))
        return [] if found is None else [found]
    return leases_of(reader, query.family or None)


class _Wanted:
    """The conditions of a query, taken apart once."""

    def __init__(self, query: LeaseQuery) -> None:
        self._state = 0 if query.state == "all" else STATES.index(query.state)
        self._hostname = query.hostname.lower()
        self._subnet = query.subnet
        try:
            self._hardware = identifiers.hardware(query.mac) if query.mac else b""
        except ValueError as error:
            raise Invalid.of(Problem("mac", str(error))) from None

    def matches(self, lease: Lease) -> bool:
        return (
            (not self._state or lease.state == self._state)
            and (not self._subnet or lease.subnet == self._subnet)
            and (not self._hardware or lease.hardware == self._hardware)
            and (not self._hostname or self._hostname in (lease.hostname + " " + lease.fqdn))
        )


def shown(lease: Lease, offset: int) -> LeaseShown:
    """A lease for people; ``offset`` is that of lease time from wall time."""
    return LeaseShown(
        ip=lease.text,
        mac=hardware_text(lease.hardware),
        hostname=lease.hostname,
        state=STATES[lease.state],
        expires="" if lease.expires == INFINITE else time_text(lease.expires - offset),
        subnet=lease.subnet,
        fqdn=lease.fqdn,
        client=lease.client.hex(),
        started=time_text(lease.started - offset),
        renewed=time_text(lease.renewed - offset),
        duration_secs=lease.duration,
        interface=lease.interface,
        relay=address_text(lease.relay) if lease.relay else "",
        circuit_id=identifiers.octets_text(lease.circuit_id),
        remote_id=identifiers.octets_text(lease.remote_id),
        vendor_class=lease.vendor_class,
        reservation=lease.reservation,
        pool=lease.pool,
        source=lease.source,
        duid=lease.duid.hex(),
        iaid=lease.iaid,
        preferred_secs=lease.preferred,
        peer=address_text(lease.peer) if lease.peer else "",
    )


def _client(wanted: LeaseAdd, address: bytes) -> tuple[bytes, bytes]:
    """``Lease.client`` and ``Lease.hardware`` of a lease made by hand; raises Invalid."""
    try:
        hardware = identifiers.hardware(wanted.mac) if wanted.mac else b""
    except ValueError as error:
        raise Invalid.of(Problem("mac", str(error))) from None
    if len(address) == 4:
        if not hardware:
            raise Invalid.of(Problem("mac", "an IPv4 lease needs its client's hardware address"))
        if wanted.duid:
            raise Invalid.of(Problem("duid", "an IPv4 lease is its hardware address's"))
        return b"\0" + hardware, hardware
    if not wanted.duid:
        raise Invalid.of(Problem("duid", "an IPv6 lease needs its client's DUID"))
    try:
        duid = identifiers.duid(wanted.duid)
    except ValueError as error:
        raise Invalid.of(Problem("duid", str(error))) from None
    kind = IA_PD if len(address) == PREFIX_OCTETS else IA_NA
    return client6(kind, wanted.iaid.to_bytes(4, "big"), duid), hardware


def time_text(when: int) -> str:
    """Unix seconds as RFC 3339."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(max(0, when)))


def _octets(text: str) -> bytes:
    try:
        return address_octets(text)
    except (ValueError, ipaddress.AddressValueError):
        raise Invalid.of(Problem("ip", f"{text[:64]!r} is not an address")) from None
