"""The options of Neighbor Discovery that routers use, one class each (RFC 4861 4.6).

``encode`` gives the whole option, a multiple of eight octets.  ``decode`` takes what follows type
and length; it raises ``Malformed``.  Lifetimes are seconds, ``INFINITE`` meaning for ever.
"""

import ipaddress
import struct
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

from microdns_slaac.octets import (
    ADDRESS_OCTETS,
    Malformed,
    Reader,
    addresses,
    name_octets,
    names_octets,
    padded,
    read_name,
    read_names,
)

INFINITE = 0xFFFFFFFF
OPTION_OCTETS_MAX = 255 * 8
Network = ipaddress.IPv6Network
Address = ipaddress.IPv6Address
Preference = Literal["low", "medium", "high"]

_PREFERENCE_BITS: dict[Preference, int] = {"medium": 0, "high": 1, "low": 3}
_PREFERENCES: dict[int, Preference] = {bits: name for name, bits in _PREFERENCE_BITS.items()}


def preference_bits(preference: Preference) -> int:
    """The two bits of a preference (RFC 4191 2.1)."""
    return _PREFERENCE_BITS[preference]


def preference_of(bits: int) -> Preference:
    """What two bits mean; the reserved value is taken as medium (RFC 4191 2.1)."""
    return _PREFERENCES.get(bits & 3, "medium")


class Option(Protocol):
    """What all of them can do."""

    type: ClassVar[int]

    def encode(self) -> bytes: ...


def _whole(kind: int, body: bytes) -> bytes:
    """Type, length in eights, body, padding.  Raises ValueError when it is too long."""
    found = padded(bytes((kind, 0)) + body)
    if len(found) > OPTION_OCTETS_MAX:
        raise ValueError(f"an option has at most {OPTION_OCTETS_MAX} octets")
    return bytes((kind, len(found) // 8)) + found[2:]


def _sized(body: bytes, octets: int) -> Reader:
    if len(body) != octets:
        raise Malformed(f"has {len(body) + 2} octets in place of {octets + 2}")
    return Reader(body)


def _network(octets: bytes, length: int) -> Network:
    if length > 128:
        raise Malformed(f"has a prefix length of {length}")
    whole = octets + bytes(ADDRESS_OCTETS - len(octets))
    return Network((whole, length), strict=False)


@dataclass(frozen=True)
class SourceLinkLayerAddress:
    """Where the sender is on the link (RFC 4861 4.6.1)."""

    type: ClassVar[int] = 1
    address: bytes

    def encode(self) -> bytes:
        return _whole(self.type, self.address)

    @classmethod
    def decode(cls, body: bytes) -> "SourceLinkLayerAddress":
        return cls(body)


@dataclass(frozen=True)
class PrefixInformation:
    """A prefix that is on-link, or makes addresses, or both (RFC 4861 4.6.2)."""

    type: ClassVar[int] = 3
    prefix: Network
    valid: int
    preferred: int
    on_link: bool = True
    autonomous: bool = True

    def encode(self) -> bytes:
        flags = self.on_link << 7 | self.autonomous << 6
        lifetimes = struct.pack(
            "!BBIII", self.prefix.prefixlen, flags, self.valid, self.preferred, 0
        )
        return _whole(self.type, lifetimes + self.prefix.network_address.packed)

    @classmethod
    def decode(cls, body: bytes) -> "PrefixInformation":
        reader = _sized(body, 30)
        length, flags = reader.number(1), reader.number(1)
        valid, preferred = reader.number(4), reader.number(4)
        reader.octets(4)
        prefix = _network(reader.octets(ADDRESS_OCTETS), length)
        return cls(prefix, valid, preferred, bool(flags & 0x80), bool(flags & 0x40))


@dataclass(frozen=True)
class Mtu:
    """The MTU of the link (RFC 4861 4.6.4)."""

    type: ClassVar[int] = 5
    mtu: int

    def encode(self) -> bytes:
        return _whole(self.type, struct.pack("!HI", 0, self.mtu))

    @classmethod
    def decode(cls, body: bytes) -> "Mtu":
        reader = _sized(body, 6)
        reader.octets(2)
        return cls(reader.number(4))


@dataclass(frozen=True)
class RouteInformation:
    """A route by way of this router that is more specific than the default (RFC 4191 2.3)."""

    type: ClassVar[int] = 24
    prefix: Network
    lifetime: int
    preference: Preference = "medium"

    def encode(self) -> bytes:
        length = self.prefix.prefixlen
        head = struct.pack("!BBI", length, preference_bits(self.preference) << 3, self.lifetime)
        return _whole(self.type, head + self.prefix.network_address.packed[: _route_octets(length)])

    @classmethod
    def decode(cls, body: bytes) -> "RouteInformation":
        reader = Reader(body)
        length, flags, lifetime = reader.number(1), reader.number(1), reader.number(4)
        if reader.left not in (0, 8, 16) or reader.left < _route_octets(min(length, 128)):
            raise Malformed("is too short for its prefix")
        return cls(_network(reader.rest(), length), lifetime, preference_of(flags >> 3))


def _route_octets(length: int) -> int:
    """How much of a prefix is sent: nothing, half or all of it."""
    return (length + 63) // 64 * 8


@dataclass(frozen=True)
class RecursiveDns:
    """RDNSS (RFC 8106 5.1)."""

    type: ClassVar[int] = 25
    servers: tuple[Address, ...]
    lifetime: int

    def encode(self) -> bytes:
        packed = b"".join(each.packed for each in self.servers)
        return _whole(self.type, struct.pack("!HI", 0, self.lifetime) + packed)

    @classmethod
    def decode(cls, body: bytes) -> "RecursiveDns":
        reader = Reader(body)
        reader.octets(2)
        lifetime = reader.number(4)
        if not reader.left:
            raise Malformed("names no server")
        return cls(addresses(reader.rest()), lifetime)


@dataclass(frozen=True)
class SearchList:
    """DNSSL (RFC 8106 5.2)."""

    type: ClassVar[int] = 31
    domains: tuple[str, ...]
    lifetime: int

    def encode(self) -> bytes:
        return _whole(self.type, struct.pack("!HI", 0, self.lifetime) + names_octets(self.domains))

    @classmethod
    def decode(cls, body: bytes) -> "SearchList":
        reader = Reader(body)
        reader.octets(2)
        lifetime = reader.number(4)
        return cls(read_names(reader.rest()), lifetime)


PREF64_LENGTHS = (96, 64, 56, 48, 40, 32)
PREF64_LIFETIME_MAX = 0x1FFF * 8


@dataclass(frozen=True)
class Pref64:
    """The prefix of a NAT64 (RFC 8781 4).  Its lifetime is a multiple of eight seconds."""

    type: ClassVar[int] = 38
    prefix: Network
    lifetime: int

    def encode(self) -> bytes:
        scaled = min(-(-self.lifetime // 8), 0x1FFF)
        code = PREF64_LENGTHS.index(self.prefix.prefixlen)
        head = struct.pack("!H", scaled << 3 | code)
        return _whole(self.type, head + self.prefix.network_address.packed[:12])

    @classmethod
    def decode(cls, body: bytes) -> "Pref64":
        reader = _sized(body, 14)
        both = reader.number(2)
        if both & 7 >= len(PREF64_LENGTHS):
            raise Malformed("has a prefix length code that is not defined")
        return cls(_network(reader.octets(12), PREF64_LENGTHS[both & 7]), (both >> 3) * 8)


@dataclass(frozen=True)
class CaptivePortal:
    """The URI of the captive portal's API (RFC 8910 2.3)."""

    type: ClassVar[int] = 37
    uri: str

    def encode(self) -> bytes:
        return _whole(self.type, self.uri.encode("ascii"))

    @classmethod
    def decode(cls, body: bytes) -> "CaptivePortal":
        return cls(body.rstrip(b"\0").decode("ascii", "backslashreplace"))


@dataclass(frozen=True)
class EncryptedDns:
    """An encrypted resolver (RFC 9463 6.1); ``parameters`` are SvcParams in wire form."""

    type: ClassVar[int] = 144
    name: str
    lifetime: int
    priority: int = 1
    servers: tuple[Address, ...] = ()
    parameters: bytes = b""

    def encode(self) -> bytes:
        name = name_octets(self.name)
        packed = b"".join(each.packed for each in self.servers)
        body = struct.pack("!HIH", self.priority, self.lifetime, len(name)) + name
        body += struct.pack("!H", len(packed)) + packed
        return _whole(self.type, body + struct.pack("!H", len(self.parameters)) + self.parameters)

    @classmethod
    def decode(cls, body: bytes) -> "EncryptedDns":
        reader = Reader(body)
        priority, lifetime = reader.number(2), reader.number(4)
        name = Reader(reader.octets(reader.number(2)))
        text = read_name(name)
        if name.left or not text:
            raise Malformed("holds no whole name")
        if reader.left < 4:  # the name alone, and padding
            return cls(text, lifetime, priority)
        servers = addresses(reader.octets(reader.number(2)))
        return cls(text, lifetime, priority, servers, reader.octets(reader.number(2)))


_SVC_KEYS = {"alpn": 1, "port": 3, "dohpath": 7}


def service_parameters(alpn: tuple[str, ...], port: int | None, dohpath: str) -> bytes:
    """SvcParams in ascending key order (RFC 9460 2.2)."""
    found = b""
    if alpn:
        found += _parameter("alpn", b"".join(bytes((len(each),)) + each.encode() for each in alpn))
    if port is not None:
        found += _parameter("port", struct.pack("!H", port))
    if dohpath:
        found += _parameter("dohpath", dohpath.encode())
    return found


def _parameter(key: str, value: bytes) -> bytes:
    return struct.pack("!HH", _SVC_KEYS[key], len(value)) + value


@dataclass(frozen=True)
class Unknown:
    """An option that nobody here reads, or that breaks its own rules."""

    type: int
    body: bytes

    def encode(self) -> bytes:
        return _whole(self.type, self.body)


KNOWN = {
    each.type: each
    for each in (
        SourceLinkLayerAddress,
        PrefixInformation,
        Mtu,
        RouteInformation,
        RecursiveDns,
        SearchList,
        Pref64,
        CaptivePortal,
        EncryptedDns,
    )
}

AnyOption = (
    SourceLinkLayerAddress
    | PrefixInformation
    | Mtu
    | RouteInformation
    | RecursiveDns
    | SearchList
    | Pref64
    | CaptivePortal
    | EncryptedDns
    | Unknown
)


def decode_option(kind: int, body: bytes) -> AnyOption:
    """One option; what is wrong within it makes it ``Unknown``, and hurts no other."""
    known = KNOWN.get(kind)
    if known is None:
        return Unknown(kind, body)
    try:
        return known.decode(body)
    except Malformed:
        return Unknown(kind, body)
