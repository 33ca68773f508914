"""Router Solicitations and Advertisements: wire form and validity (RFC 4861 4.1, 4.2, 6.1).

The checksum is the operating system's work in both directions (RFC 3542 3.1).
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from microdns_slaac.octets import Malformed, Reader
from microdns_slaac.options import (
    AnyOption,
    Preference,
    SourceLinkLayerAddress,
    decode_option,
    preference_bits,
    preference_of,
)

ROUTER_SOLICITATION, ROUTER_ADVERTISEMENT = 133, 134
HOP_LIMIT = 255
"""Who receives any other knows that a router has forwarded the packet (RFC 4861 6.1)."""
MESSAGE_OCTETS_MAX = 9216
"""As much as the jumbo frames of common links carry."""
OPTIONS_MAX = 256
HEADER_OCTETS = 16


@dataclass(frozen=True)
class Solicitation:
    """``link_layer`` is empty where the sender has not told it."""

    link_layer: bytes = b""


@dataclass(frozen=True)
class Advertisement:
    """``lifetime`` is that of the default router in seconds; the two times are milliseconds.

    0 is "unspecified" for ``hop_limit``, ``reachable_ms`` and ``retrans_ms``.
    """

    hop_limit: int = 0
    managed: bool = False
    other: bool = False
    preference: Preference = "medium"
    lifetime: int = 0
    reachable_ms: int = 0
    retrans_ms: int = 0
    options: tuple[AnyOption, ...] = ()

    def header(self) -> bytes:
        """The part before the options."""
        flags = self.managed << 7 | self.other << 6 | preference_bits(self.preference) << 3
        kind = ROUTER_ADVERTISEMENT
        head = struct.pack("!BBHBBH", kind, 0, 0, self.hop_limit, flags, self.lifetime)
        return head + struct.pack("!II", self.reachable_ms, self.retrans_ms)

    def encode(self) -> bytes:
        """The whole message, with a checksum of zero."""
        return self.header() + b"".join(option.encode() for option in self.options)


def split(advertisement: Advertisement, octets_max: int) -> list[bytes]:
    """The message, or several with a share of the options each (RFC 4861 6.2.3).

    Fragments are not an alternative: hosts drop them (RFC 6980).  An option that is larger than
    ``octets_max`` by itself gets a message of its own, and may fail to be sent.
    """
    found: list[bytes] = []
    message = advertisement.header()
    for option in advertisement.options:
        octets = option.encode()
        if len(message) + len(octets) > octets_max and len(message) > HEADER_OCTETS:
            found.append(message)
            message = advertisement.header()
        message += octets
    return [*found, message]


def kind_of(data: bytes) -> int:
    """The ICMPv6 type; 0 for an empty message."""
    return data[0] if data else 0


def read_solicitation(data: bytes, hop_limit: int, *, unspecified: bool) -> Solicitation:
    """A valid solicitation (RFC 4861 6.1.1); ``unspecified`` tells of its source address.

    Raises ``Malformed``.
    """
    options = tuple(_options(_body(data, ROUTER_SOLICITATION, hop_limit, 8)))
    told = [each for each in options if isinstance(each, SourceLinkLayerAddress)]
    if told and unspecified:
        raise Malformed("tells a link-layer address without having an address")
    return Solicitation(told[0].address if told else b"")


def read_advertisement(data: bytes, hop_limit: int, *, link_local: bool) -> Advertisement:
    """A valid advertisement (RFC 4861 6.1.2); ``link_local`` tells of its source address.

    Raises ``Malformed``.
    """
    if not link_local:
        raise Malformed("does not come from a link-local address")
    reader = _body(data, ROUTER_ADVERTISEMENT, hop_limit, HEADER_OCTETS, reserved=0)
    hops, flags, lifetime = reader.number(1), reader.number(1), reader.number(2)
    found = Advertisement(
        hop_limit=hops,
        managed=bool(flags & 0x80),
        other=bool(flags & 0x40),
        preference=preference_of(flags >> 3),
        lifetime=lifetime,
        reachable_ms=reader.number(4),
        retrans_ms=reader.number(4),
    )
    return replace(found, options=tuple(_options(reader)))


def _body(data: bytes, kind: int, hop_limit: int, least: int, reserved: int = 4) -> Reader:
    """What follows type, code, checksum and so many reserved octets."""
    if hop_limit != HOP_LIMIT:
        raise Malformed(f"has a hop limit of {hop_limit}: it may come from another link")
    if not least <= len(data) <= MESSAGE_OCTETS_MAX:
        raise Malformed(f"has {len(data)} octets")
    reader = Reader(data)
    if (found := reader.number(1)) != kind:
        raise Malformed(f"has the type {found}")
    if code := reader.number(1):
        raise Malformed(f"has the code {code}")
    reader.octets(2 + reserved)
    return reader


def _options(reader: Reader) -> Iterator[AnyOption]:
    count = 0
    while reader.left:
        count += 1
        if count > OPTIONS_MAX:
            raise Malformed(f"has more than {OPTIONS_MAX} options")
        kind, length = reader.number(1), reader.number(1)
        if not length:
            raise Malformed("has an option of length zero")
        yield decode_option(kind, reader.octets(length * 8 - 2))


def options_of(message: Advertisement, *kinds: type[AnyOption]) -> Iterable[AnyOption]:
    """The options of these kinds, in order."""
    return (each for each in message.options if isinstance(each, kinds))
