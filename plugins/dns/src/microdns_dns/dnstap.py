"""Messages of dnstap (dnstap.info), as octets: what the engine writes in ``engine/tap.pyx``.

A dnstap message is a protobuf of a dozen fields, which never nest deeper than two.  Writing them is
a page; reading them is the business of others.
"""

import socket
from enum import IntEnum
from typing import Final

import msgspec

from microdns_dns.message import Address, Transport

IDENTITY_MAX: Final = 255
"""Octets of the server's identity, and of its version."""

_SECOND: Final = 1_000_000_000
_VARINT, _OCTETS, _FIXED = 0, 2, 5
_PROTOCOLS: Final = {Transport.UDP: 1, Transport.TCP: 2}


class Kind(IntEnum):
    """The types of messages that a server gives: ``Message.Type``."""

    AUTH_QUERY = 1
    AUTH_RESPONSE = 2
    CLIENT_QUERY = 5
    CLIENT_RESPONSE = 6


class Exchange(msgspec.Struct, frozen=True, gc=False):
    """A query and its answer, as both went over the wire; times are Unix time in nanoseconds."""

    client: Address
    server: Address
    transport: Transport
    query: bytes
    response: bytes
    asked_ns: int
    answered_ns: int
    for_client: bool = False
    """Others were asked for the answer (CLIENT_QUERY); otherwise it was our own (AUTH_QUERY)."""
    continued: bool = False
    """One more message of an answer whose query was told of already."""


def head_of(identity: bytes, version: bytes) -> bytes:
    """What each frame of this server begins with; either may be empty.

    Raises ValueError when one has more than ``IDENTITY_MAX`` octets.
    """
    if max(len(identity), len(version)) > IDENTITY_MAX:
        raise ValueError(f"identity and version have at most {IDENTITY_MAX} octets")
    named = _bytes(1, identity) if identity else b""
    named += _bytes(2, version) if version else b""
    return named + _number(15, 1)  # Dnstap.Type.MESSAGE


def frames_of(head: bytes, exchange: Exchange) -> list[bytes]:
    """The frames that tell of an exchange, each behind its length (Frame Streams)."""
    kind = Kind.CLIENT_QUERY if exchange.for_client else Kind.AUTH_QUERY
    client, server = octets_of(exchange.client), octets_of(exchange.server)
    common = b"".join(
        (
            _number(2, 1 if len(client) == 4 else 2),
            _number(3, _PROTOCOLS[exchange.transport]),
            _bytes(4, client),
            _bytes(5, server),
            _number(6, exchange.client[1]),
            _number(7, exchange.server[1]),
            _time(8, exchange.asked_ns),
        )
    )
    query = common + _bytes(10, exchange.query)
    response = common + _time(12, exchange.answered_ns) + _bytes(14, exchange.response)
    response_frame = _frame(head, kind + 1, response)
    return [response_frame] if exchange.continued else [_frame(head, kind, query), response_frame]


def octets_of(address: Address) -> bytes:
    """The 4 or 16 octets of an address, without its zone (``%eth0``)."""
    host = address[0]
    if ":" in host:
        return socket.inet_pton(socket.AF_INET6, host.partition("%")[0])
    return socket.inet_pton(socket.AF_INET, host)


def _frame(head: bytes, kind: int, fields: bytes) -> bytes:
    frame = head + _bytes(14, _number(1, kind) + fields)
    return len(frame).to_bytes(4, "big") + frame


def _varint(number: int) -> bytes:
    """Seven bits an octet, the lowest first; the highest bit says that more follow."""
    octets = bytearray()
    while number >= 0x80:
        octets.append(number & 0x7F | 0x80)
        number >>= 7
    octets.append(number)
    return bytes(octets)


def _number(field: int, number: int) -> bytes:
    return _varint(field << 3 | _VARINT) + _varint(number)


def _bytes(field: int, octets: bytes) -> bytes:
    return _varint(field << 3 | _OCTETS) + _varint(len(octets)) + octets


def _time(field: int, nanoseconds: int) -> bytes:
    """Seconds, and in the next field nanoseconds."""
    seconds, rest = divmod(nanoseconds, _SECOND)
    fixed = _varint((field + 1) << 3 | _FIXED) + rest.to_bytes(4, "little")
    return _number(field, seconds) + fixed
