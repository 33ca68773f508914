"""A client for tests: makes requests, reads replies."""

import ipaddress
import struct
from dataclasses import dataclass, field

from microdns_dhcp6.message import (
    CLIENT_ID,
    IA_ADDR,
    IA_NA,
    IA_PD,
    IA_PREFIX,
    IA_TA,
    RELAY_FORW,
    RELAY_MSG,
    RELAY_REPL,
    STATUS,
    options_of,
    tlv,
)

MAC = b"\x02\x00\x00\x00\x00\x01"
DUID = b"\0\3\0\1" + MAC
XID = b"\x12\x34\x56"


def ip(text: str) -> bytes:
    return ipaddress.IPv6Address(text).packed


def prefix(text: str) -> bytes:
    """17 octets, as the lease book has prefixes."""
    network = ipaddress.IPv6Network(text)
    return network.network_address.packed + bytes((network.prefixlen,))


def request(
    kind: int,
    *options: tuple[int, bytes],
    duid: bytes | None = DUID,
    server: bytes | None = None,
    xid: bytes = XID,
) -> bytes:
    """A client's message."""
    head = bytes((kind,)) + xid
    if duid is not None:
        head += tlv(CLIENT_ID, duid)
    if server is not None:
        head += tlv(2, server)
    return head + b"".join(tlv(*each) for each in options)


def na(*addresses: str, iaid: int = 1) -> tuple[int, bytes]:
    """An IA_NA."""
    inside = b"".join(tlv(IA_ADDR, ip(each) + bytes(8)) for each in addresses)
    return IA_NA, struct.pack("!III", iaid, 0, 0) + inside


def ta(iaid: int = 1) -> tuple[int, bytes]:
    return IA_TA, struct.pack("!I", iaid)


def pd(*prefixes: str, iaid: int = 1) -> tuple[int, bytes]:
    """An IA_PD."""
    inside = b""
    for each in prefixes:
        octets = prefix(each)
        inside += tlv(IA_PREFIX, bytes(8) + octets[16:] + octets[:16])
    return IA_PD, struct.pack("!III", iaid, 0, 0) + inside


def oro(*codes: int) -> tuple[int, bytes]:
    return 6, b"".join(code.to_bytes(2, "big") for code in codes)


def relay(
    inner: bytes,
    *options: tuple[int, bytes],
    link: str = "::",
    peer: str = "fe80::1",
    hops: int = 0,
) -> bytes:
    """A message as a relay agent forwards it."""
    head = bytes((RELAY_FORW, hops)) + ip(link) + ip(peer)
    return head + b"".join(tlv(*each) for each in options) + tlv(RELAY_MSG, inner)


@dataclass
class IaSeen:
    """An IA of a reply: addresses (or prefixes) with preferred and valid lifetimes."""

    kind: int
    iaid: int
    t1: int = 0
    t2: int = 0
    items: dict[str, tuple[int, int]] = field(default_factory=dict)
    status: int = 0


@dataclass
class Reply:
    """A reply."""

    type: int
    xid: bytes
    options: dict[int, bytes] = field(default_factory=dict)
    ias: list[IaSeen] = field(default_factory=list)
    relays: list[tuple[int, bytes, bytes, dict[int, bytes]]] = field(default_factory=list)

    @property
    def status(self) -> int | None:
        found = self.options.get(STATUS)
        return None if found is None else int.from_bytes(found[:2], "big")

    @property
    def address(self) -> str:
        """The one address or prefix of the first IA."""
        (found,) = self.ias[0].items
        return found


def reply_of(data: bytes) -> Reply:
    relays = []
    while data[0] == RELAY_REPL:
        found = dict(options_of(data, 34))
        inner = found.pop(RELAY_MSG)
        relays.append((data[1], data[2:18], data[18:34], found))
        data = inner
    reply = Reply(data[0], data[1:4], relays=relays)
    for code, value in options_of(data, 4):
        if code in (IA_NA, IA_TA, IA_PD):
            reply.ias.append(_ia(code, value))
        else:
            reply.options[code] = reply.options.get(code, b"") + value
    return reply


def _ia(kind: int, value: bytes) -> IaSeen:
    iaid, t1, t2 = struct.unpack_from("!III", value.ljust(12, b"\0"))
    if kind == IA_TA:
        t1 = t2 = 0
    seen = IaSeen(kind, iaid, t1, t2)
    for code, data in options_of(value, 4 if kind == IA_TA else 12):
        if code == IA_ADDR:
            times = struct.unpack_from("!II", data, 16)
            seen.items[str(ipaddress.IPv6Address(data[:16]))] = times
        elif code == IA_PREFIX:
            preferred, valid, length = struct.unpack_from("!IIB", data)
            seen.items[f"{ipaddress.IPv6Address(data[9:25])}/{length}"] = (preferred, valid)
        elif code == STATUS:
            seen.status = int.from_bytes(data[:2], "big")
    return seen
