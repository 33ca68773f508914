"""Leases, and what they are made from: pools, reservations, classes.

Leases are stored as arrays: fields are only ever added at the end, with defaults.  The first
fields, ``Binding``, are what memory holds of each lease; the rest is read when it is needed.
All times of leases are whole seconds of the lease clock (``leaseclock``), which is Unix time but
for jumps of the machine's clock.
"""

import ipaddress
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from microdns.store import Collection, Index

ACTIVE, RELEASED, EXPIRED, DECLINED, ABANDONED = range(1, 6)
STATES = ("", "active", "released", "expired", "declined", "abandoned")
ENDED = frozenset({RELEASED, EXPIRED})
QUARANTINED = frozenset({DECLINED, ABANDONED})
"""A client found the address in use (declined), or a probe of ours did (abandoned)."""

INFINITE = 0xFFFFFFFF
"""Lease time that never ends (RFC 2131 3.3, RFC 8415 7.7)."""

CONFIG, API, DHCP = "config", "api", "dhcp"
"""Sources: declared in the file (read-only through operations), made by operation, learned."""

Family = Literal[4, 6]


class Binding(msgspec.Struct, array_like=True, gc=False):
    """Who has an address, and until when: the leading fields of ``Lease``, as memory holds them.

    ``address`` is 4 octets, 16, or 17 for a delegated prefix (prefix, then its length);
    ``client`` identifies the client within its subnet, in octets that the flavour makes;
    ``expires`` is when the lease ends, or when it ended.
    """

    address: bytes
    client: bytes
    state: int
    expires: int


class Lease(msgspec.Struct, array_like=True, frozen=True, kw_only=True, gc=False):
    """An address and its client.

    ``hardware`` is the hardware type (1 octet) and address; ``relay`` is the relay agent's
    address, empty for a client on our own link.  ``dns`` tells who registers its name: ``""`` as
    configured, ``none`` when the client asked for no update, ``client`` when it updates itself.
    """

    address: bytes
    client: bytes
    state: int
    expires: int
    subnet: str
    started: int
    """When this client got the address."""
    renewed: int
    """Last time that the client was heard."""
    duration: int
    """Lease time granted, in seconds."""
    hardware: bytes = b""
    hostname: str = ""
    fqdn: str = ""
    dns: str = ""
    relay: bytes = b""
    circuit_id: bytes = b""
    remote_id: bytes = b""
    vendor_class: str = ""
    interface: str = ""
    reservation: str = ""
    """Id of the reservation it came from."""
    pool: str = ""
    """Id of the pool it came from."""
    source: str = DHCP
    iaid: int = 0
    preferred: int = 0
    """Preferred lifetime in seconds (IPv6)."""
    peer: bytes = b""
    """Address that its client was heard from (IPv6): the next hop to a delegated prefix."""

    @property
    def family(self) -> Family:
        return 4 if len(self.address) == 4 else 6

    @property
    def duid(self) -> bytes:
        """The client's DUID (IPv6): its octets without the head that ``client6`` puts before."""
        return b"" if len(self.address) == 4 else self.client[CLIENT6_HEAD_OCTETS:]

    @property
    def text(self) -> str:
        """The address for people; a delegated prefix with its length."""
        return address_text(self.address)


CLIENT6_HEAD_OCTETS = 5
IA_NA, IA_PD = 3, 25
"""Numbers of the options of identity associations: for addresses, and for delegated prefixes."""


def client6(kind: int, iaid: bytes, duid: bytes) -> bytes:
    """``Lease.client`` of an identity association: its option's number, IAID (4 octets), DUID."""
    return bytes((kind,)) + iaid + duid


def address_text(address: bytes) -> str:
    """``192.0.2.1``, ``2001:db8::1`` or ``2001:db8::/56``."""
    if len(address) == 4:
        first, second, third, fourth = address  # a fifth of what ipaddress takes
        return f"{first}.{second}.{third}.{fourth}"
    if len(address) == 17:
        return f"{ipaddress.IPv6Address(address[:16])}/{address[16]}"
    return str(ipaddress.ip_address(address))


def address_octets(text: str) -> bytes:
    """The reverse of ``address_text``; raises ValueError."""
    if "/" in text:
        network = ipaddress.IPv6Network(text)
        return network.network_address.packed + bytes((network.prefixlen,))
    return ipaddress.ip_address(text).packed


def lease_key(address: bytes) -> bytes:
    """Where the lease of an address is kept: families apart, each in order of addresses."""
    return bytes((len(address),)) + address


def hardware_text(hardware: bytes) -> str:
    """``aa:bb:cc:dd:ee:ff``; with its type in front where that is not Ethernet (``6-aa:bb``)."""
    if not hardware:
        return ""
    digits = hardware[1:].hex(":")
    return digits if hardware[0] == 1 else f"{hardware[0]}-{digits}"


LEASES = Collection("dhcp.leases", Lease, key=lambda lease: lease_key(lease.address))


class OptionValue(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One DHCP option as declared: by name or number, with a plain value.

    ``type`` is needed for numbers without a name.  ``always`` sends it to clients that do not
    ask for it.
    """

    option: Annotated[str | int, Meta(description="Name (`ntp-servers`) or number of the option.")]
    value: Annotated[Any, Meta(description="Its value, as its type wants it.")]
    type: Annotated[str, Meta(description="Type of the value, where it is not the usual one.")] = ""
    always: Annotated[bool, Meta(description="Send it to clients that did not ask for it.")] = False


class Settings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a client is told besides its address; pools, reservations and classes have it all."""

    gateway: str = ""
    dns: tuple[str, ...] = ()
    domain: str = ""
    search: tuple[str, ...] = ()
    ntp: tuple[str, ...] = ()
    lease_time_secs: int | None = None
    next_server: str = ""
    boot_file: str = ""
    server_name: str = ""
    options: tuple[OptionValue, ...] = ()


class Pool(Settings, frozen=True, kw_only=True, omit_defaults=True):
    """A range of addresses in a subnet, and what its clients are told.

    Without a range it only gives its subnet settings (for reservations).  ``kind`` ``prefix`` is
    a pool of prefixes of ``delegated_length`` for delegation.  ``interface`` or ``relays`` say
    where its clients are, when that does not follow from the subnet; ``client_class`` keeps it
    for clients of a class.  Names of its leases go into ``zone`` where that is set.
    """

    id: str
    family: Family
    subnet: str
    range_start: str = ""
    range_end: str = ""
    exclude: tuple[str, ...] = ()
    kind: Literal["address", "prefix"] = "address"
    delegated_length: int = 0
    preferred_time_secs: int | None = None
    interface: str = ""
    relays: tuple[str, ...] = ()
    client_class: str = ""
    zone: str = ""
    comment: str = ""
    source: str = API
    created_ns: int = 0
    updated_ns: int = 0


class Reservation(Settings, frozen=True, kw_only=True, omit_defaults=True):
    """An address, or settings, for one client, known by any one of its identifiers.

    ``circuit_id`` and ``remote_id`` are those of a relay agent (option 82; for IPv6 options 18 and
    37), in hexadecimal with ``0x`` in front, else text; so is ``client_id``.  ``duid`` is
    hexadecimal.  ``prefix`` (``2001:db8:1::/56``) is for delegation.
    """

    id: str
    family: Family
    ip: str = ""
    mac: str = ""
    client_id: str = ""
    circuit_id: str = ""
    remote_id: str = ""
    duid: str = ""
    prefix: str = ""
    hostname: str = ""
    comment: str = ""
    source: str = API
    created_ns: int = 0
    updated_ns: int = 0


class ClientClass(Settings, frozen=True, kw_only=True, omit_defaults=True):
    """Clients for which an expression over their packet is true, and what they are told.

    ``drop`` says that they are not answered at all.  Classes are looked at in order of their
    names' position in the file, then of creation; the first to set something wins.
    """

    name: str
    family: Family
    match: str
    drop: bool = False
    comment: str = ""
    source: str = API
    created_ns: int = 0
    updated_ns: int = 0


class GlobalOptions(Settings, frozen=True, kw_only=True, omit_defaults=True):
    """What all clients of a family are told, unless something closer says otherwise."""

    family: Family
    source: str = API
    updated_ns: int = 0


def _by_address(reservation: Reservation) -> list[bytes]:
    return [ipaddress.ip_address(reservation.ip).packed] if reservation.ip else []


POOLS = Collection("dhcp.pools", Pool, key=lambda pool: pool.id.encode())
RESERVATIONS = Collection(
    "dhcp.reservations",
    Reservation,
    key=lambda reservation: reservation.id.encode(),
    indexes=(Index("address", _by_address),),
)
CLASSES = Collection(
    "dhcp.classes",
    ClientClass,
    key=lambda found: bytes((found.family,)) + found.name.encode(),
)
GLOBALS = Collection("dhcp.globals", GlobalOptions, key=lambda found: bytes((found.family,)))
