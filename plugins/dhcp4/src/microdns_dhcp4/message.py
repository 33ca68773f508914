"""DHCPv4 messages on the wire (RFC 2131 section 2, RFC 2132, RFC 3396).

``parse`` trusts no length; ``Head.pack`` and ``fit`` build replies from parts prepared
elsewhere.  This module is the seam for a compiled codec: bytes in, ``Message`` out, and back.
"""

import struct
from collections.abc import Iterable

MESSAGE_OCTETS_MAX = 1500
"""Longer datagrams are refused."""
MINIMUM_OCTETS = 300
"""BOOTP's size: shorter replies are padded to it, since some clients drop them (RFC 1542 2.1)."""
DEFAULT_SIZE_MAX = 576
"""IP datagram that every client takes (RFC 2131 section 2)."""
IP_UDP_OCTETS = 28

COOKIE = b"\x63\x82\x53\x63"
BOOTREQUEST, BOOTREPLY = 1, 2
BROADCAST = 0x8000
NO_ADDRESS = bytes(4)

DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)
MESSAGE_NAMES = ("", "discover", "offer", "request", "decline", "ack", "nak", "release", "inform")

PAD, END = 0, 255
OVERLOAD = 52
IN_FILE, IN_SNAME = 1, 2

_HEAD = struct.Struct("!BBBBIHH4s4s4s4s16s")
_SNAME, _FILE, _COOKIE, _OPTIONS = 44, 108, 236, 240


class Malformed(ValueError):
    """Bytes that are no DHCPv4 message; the text tells why."""


class Message:
    """A parsed message.  Addresses are 4 octets each, ``chaddr`` is ``hlen`` octets;
    ``options`` holds whole values: parts of one option are joined (RFC 3396)."""

    __slots__ = (
        "chaddr",
        "ciaddr",
        "file",
        "flags",
        "giaddr",
        "hops",
        "htype",
        "op",
        "options",
        "secs",
        "siaddr",
        "sname",
        "type",
        "xid",
        "yiaddr",
    )

    op: int
    htype: int
    hops: int
    xid: int
    secs: int
    flags: int
    ciaddr: bytes
    yiaddr: bytes
    siaddr: bytes
    giaddr: bytes
    chaddr: bytes
    sname: bytes
    file: bytes
    options: dict[int, bytes]
    type: int
    """DHCP message type (option 53); 0 for BOOTP."""


def parse(data: bytes) -> Message:
    """A message from a UDP payload; raises ``Malformed`` and nothing else."""
    if not _OPTIONS <= len(data) <= MESSAGE_OCTETS_MAX:
        raise Malformed("its length is not that of a DHCP message")
    if data[_COOKIE:_OPTIONS] != COOKIE:
        raise Malformed("it lacks the magic cookie")
    message = Message()
    (
        message.op,
        message.htype,
        hlen,
        message.hops,
        message.xid,
        message.secs,
        message.flags,
        message.ciaddr,
        message.yiaddr,
        message.siaddr,
        message.giaddr,
        chaddr,
    ) = _HEAD.unpack_from(data)
    if hlen > 16:
        raise Malformed("its hardware address is longer than 16 octets")
    message.chaddr = chaddr[:hlen]
    found: dict[int, bytes] = {}
    _collect(data, _OPTIONS, len(data), found)
    message.sname = message.file = b""
    overload = found.get(OVERLOAD)
    if overload is not None:
        _overloaded(message, data, overload, found)
    else:
        # Empty in nearly every request, and told by one octet.
        if data[_SNAME]:
            message.sname = data[_SNAME:_FILE].partition(b"\0")[0]
        if data[_FILE]:
            message.file = data[_FILE:_COOKIE].partition(b"\0")[0]
    message.options = found
    kind = found.get(53, b"")
    message.type = kind[0] if len(kind) == 1 else 0
    return message


def _overloaded(message: Message, data: bytes, overload: bytes, found: dict[int, bytes]) -> None:
    """Options in ``file`` and ``sname``, in the order of RFC 3396 section 5."""
    if len(overload) != 1 or not 1 <= overload[0] <= (IN_FILE | IN_SNAME):
        raise Malformed("its option overload is neither 1, 2 nor 3")
    if overload[0] & IN_FILE:
        _collect(data, _FILE, _COOKIE, found)
    else:
        message.file = data[_FILE:_COOKIE].partition(b"\0")[0]
    if overload[0] & IN_SNAME:
        _collect(data, _SNAME, _FILE, found)
    else:
        message.sname = data[_SNAME:_FILE].partition(b"\0")[0]


def _collect(data: bytes, at: int, end: int, found: dict[int, bytes]) -> None:
    """Options between two offsets into ``found``; a missing end option is forgiven."""
    while at < end:
        code = data[at]
        if code == PAD:
            at += 1
            continue
        if code == END:
            return
        start = at + 2
        if start > end:
            raise Malformed(f"option {code} has no length")
        at = start + data[start - 1]
        if at > end:
            raise Malformed(f"option {code} is longer than what is left")
        if code in found:
            found[code] += data[start:at]
        else:
            found[code] = data[start:at]


def suboptions(data: bytes) -> dict[int, bytes]:
    """The parts of an option made of codes and lengths (82, 43); raises ``Malformed``.

    Unlike whole messages, 0 and 255 are codes like any other here (RFC 3046 section 2.0).
    """
    found: dict[int, bytes] = {}
    at, end = 0, len(data)
    while at < end:
        start = at + 2
        if start > end or start + data[at + 1] > end:
            raise Malformed(f"suboption {data[at]} is longer than what is left")
        found[data[at]] = found.get(data[at], b"") + data[start : start + data[at + 1]]
        at = start + data[at + 1]
    return found


def tlv(code: int, value: bytes) -> bytes:
    """An option's octets; a value beyond 255 octets is split over several (RFC 3396)."""
    if len(value) <= 255:
        return bytes((code, len(value))) + value
    pieces = [value[at : at + 255] for at in range(0, len(value), 255)]
    return b"".join([bytes((code, len(piece))) + piece for piece in pieces])


def pack_head(
    request: Message, yiaddr: bytes, siaddr: bytes, ciaddr: bytes = NO_ADDRESS, op: int = BOOTREPLY
) -> bytes:
    """The first 44 octets of a reply (RFC 2131 table 3): what is copied from the request."""
    return _HEAD.pack(
        op,
        request.htype,
        len(request.chaddr),
        0,
        request.xid,
        0,
        request.flags,
        ciaddr,
        yiaddr,
        siaddr,
        request.giaddr,
        request.chaddr,
    )


_NO_NAMES = bytes(64 + 128)
_END = bytes((END,))


def assemble(head: bytes, names: bytes, options: bytes) -> bytes:
    """A whole reply whose options fit: head, ``sname`` and ``file`` (192 octets), options."""
    message = head + (names or _NO_NAMES) + COOKIE + options + _END
    return message if len(message) >= MINIMUM_OCTETS else message.ljust(MINIMUM_OCTETS, b"\0")


def fit(
    head: bytes, names: bytes, options: Iterable[tuple[int, bytes]], octets_max: int
) -> tuple[bytes, list[int]]:
    """A reply no longer than ``octets_max``, and the codes of options that found no place.

    ``options`` are codes and ready octets, the important ones first.  What does not fit goes into
    ``file``, then ``sname``, where these are empty (option overload, RFC 2132 9.3); options split
    by RFC 3396 stay in the options field, so that their parts stay in order; so do several that
    come joined under the code 0.
    """
    names = names or _NO_NAMES
    file_free = not any(names[64:])
    sname_free = not any(names[:64])
    room = octets_max - _OPTIONS - 1 - (3 if file_free or sname_free else 0)
    room_in = [room, 128 - 1 if file_free else 0, 64 - 1 if sname_free else 0]
    fields = [b"", b"", b""]
    dropped = []
    for code, octets in options:
        whole = code != 0 and len(octets) == octets[1] + 2
        for place in [0, 1, 2] if whole else [0]:
            if len(octets) <= room_in[place]:
                room_in[place] -= len(octets)
                fields[place] += octets
                break
        else:
            dropped.append(code)
    main, in_file, in_sname = fields
    overload = (IN_FILE if in_file else 0) | (IN_SNAME if in_sname else 0)
    if overload:
        main += bytes((OVERLOAD, 1, overload))
    names = ((in_sname + _END).ljust(64, b"\0") if in_sname else names[:64]) + (
        (in_file + _END).ljust(128, b"\0") if in_file else names[64:]
    )
    return assemble(head, names, main), dropped


def names_field(sname: str, file: str) -> bytes:
    """``sname`` and ``file`` as they stand in a message; empty when both are.

    Raises ValueError for text that is longer than its field, or not ASCII.
    """
    if not sname and not file:
        return b""
    first, second = sname.encode("ascii"), file.encode("ascii")
    if len(first) > 63 or len(second) > 127:
        raise ValueError("the server name has at most 63 octets, the boot file 127")
    return first.ljust(64, b"\0") + second.ljust(128, b"\0")
