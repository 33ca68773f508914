"""DHCPv6 messages on the wire (RFC 8415 sections 8, 9 and 21).

``parse`` trusts no length; the rest builds replies from parts prepared elsewhere.  This module is
the seam for a compiled codec: bytes in, ``Message`` out, and back.
"""

import struct
from collections.abc import Iterable

MESSAGE_OCTETS_MAX = 4096
"""Longer datagrams are refused; relay agents may add to what a client sent."""
RELAYS_MAX = 9
"""Relay-forward messages around a request: hop counts 0 to HOP_COUNT_LIMIT, 8 (section 7.6)."""
IAS_MAX = 16
"""IA options of one message."""
ITEMS_MAX = 16
"""Addresses or prefixes of one IA."""
OPTIONS_MAX = 200
DUID_OCTETS_MAX = 130

SOLICIT, ADVERTISE, REQUEST, CONFIRM, RENEW, REBIND, REPLY, RELEASE, DECLINE = range(1, 10)
RECONFIGURE, INFORMATION_REQUEST, RELAY_FORW, RELAY_REPL = range(10, 14)
MESSAGE_NAMES = (
    "",
    "solicit",
    "advertise",
    "request",
    "confirm",
    "renew",
    "rebind",
    "reply",
    "release",
    "decline",
    "reconfigure",
    "information-request",
    "relay-forward",
    "relay-reply",
)

CLIENT_ID, SERVER_ID, IA_NA, IA_TA, IA_ADDR, ORO, PREFERENCE, ELAPSED, RELAY_MSG = range(1, 10)
STATUS, RAPID_COMMIT, USER_CLASS, VENDOR_CLASS, VENDOR_OPTS, INTERFACE_ID = 13, 14, 15, 16, 17, 18
IA_PD, IA_PREFIX = 25, 26

SUCCESS, UNSPEC_FAIL, NO_ADDRS, NO_BINDING, NOT_ON_LINK, USE_MULTICAST, NO_PREFIX = range(7)

NO_ADDRESS = bytes(16)

_IA_KINDS = frozenset({IA_NA, IA_TA, IA_PD})
_OPTION = struct.Struct("!HH")
_ONE_ADDRESS = _OPTION.pack(IA_ADDR, 24)
_ONE_ADDRESS_OCTETS = 40
_LIFETIMES = struct.Struct("!II")
_RELAY_HEAD = struct.Struct("!BB16s16s")
_WHOLE_NA = struct.Struct("!HH4sIIHH16sII")
_WHOLE_PD = struct.Struct("!HH4sIIHHIIB16s")
_HEAD_NA = struct.Struct("!HH4sII")
_HEAD_TA = struct.Struct("!HH4s")


class Malformed(ValueError):
    """Bytes that are no DHCPv6 message; the text tells why."""


class Ia:
    """An identity association: ``kind`` is IA_NA, IA_TA or IA_PD, ``iaid`` 4 octets; ``items``
    are addresses (16 octets) or prefixes (17: the last is the length), as the client sent them."""

    __slots__ = ("iaid", "items", "kind")

    def __init__(self, kind: int, iaid: bytes, items: tuple[bytes, ...]) -> None:
        self.kind = kind
        self.iaid = iaid
        self.items = items


class Relay:
    """One relay agent on the way: addresses of 16 octets, and its options."""

    __slots__ = ("hops", "link", "options", "peer")

    def __init__(self, hops: int, link: bytes, peer: bytes, options: dict[int, bytes]) -> None:
        self.hops = hops
        self.link = link
        self.peer = peer
        self.options = options


class Message:
    """A parsed request.  ``options`` holds the first of each code but IAs, which are in ``ias``;
    ``relays`` has the agent that sent the datagram first, the one beside the client last."""

    __slots__ = ("client_id", "ias", "options", "relays", "type", "xid")

    type: int
    xid: bytes
    client_id: bytes
    """The whole option, as replies repeat it; empty when there is none."""
    options: dict[int, bytes]
    ias: list[Ia]
    relays: list[Relay]


def parse(data: bytes) -> Message:
    """A message from a UDP payload; raises ``Malformed`` and nothing else."""
    if len(data) > MESSAGE_OCTETS_MAX:
        raise Malformed("it is too long")
    message = Message()
    relays: list[Relay] = []
    message.relays = relays
    while data and data[0] == RELAY_FORW:
        if len(relays) >= RELAYS_MAX:
            raise Malformed("it went through too many relay agents")
        relay, data = _relay(data)
        relays.append(relay)
    if len(data) < 4:
        raise Malformed("it has no whole head")
    message.type, message.xid, message.client_id = data[0], data[1:4], b""
    ias: list[Ia] = []
    found: dict[int, bytes] = {}
    message.ias = ias
    message.options = found
    at, end = 4, len(data)
    while at < end:
        start = at + 4
        if start > end:
            raise Malformed("an option has no length")
        code = data[at] << 8 | data[at + 1]
        length = data[at + 2] << 8 | data[at + 3]
        at = start + length
        if at > end:
            raise Malformed(f"option {code} is longer than what is left")
        if code in _IA_KINDS:
            if len(ias) >= IAS_MAX:
                raise Malformed("it has too many IAs")
            ias.append(_ia(code, data[start:at]))
        elif code not in found:
            if len(found) >= OPTIONS_MAX:
                raise Malformed("it has too many options")
            found[code] = data[start:at]
            if code == CLIENT_ID:
                message.client_id = data[start - 4 : at]
    return message


def options_of(data: bytes, at: int = 0) -> Iterable[tuple[int, bytes]]:
    """Code and value of each option from an offset to the end; raises ``Malformed``."""
    end = len(data)
    while at < end:
        start = at + 4
        if start > end:
            raise Malformed("an option has no length")
        code, length = _OPTION.unpack_from(data, at)
        at = start + length
        if at > end:
            raise Malformed(f"option {code} is longer than what is left")
        yield code, data[start:at]


def _relay(data: bytes) -> tuple[Relay, bytes]:
    """A relay agent's part, and the message inside (section 9)."""
    if len(data) < _RELAY_HEAD.size:
        raise Malformed("a relay agent's part has no whole head")
    _, hops, link, peer = _RELAY_HEAD.unpack_from(data)
    options: dict[int, bytes] = {}
    for code, value in options_of(data, _RELAY_HEAD.size):
        options.setdefault(code, value)
    inner = options.pop(RELAY_MSG, None)
    if inner is None:
        raise Malformed("a relay agent's part has no message inside")
    return Relay(hops, link, peer, options), inner


def _ia(kind: int, data: bytes) -> Ia:
    """An IA option's value (sections 21.4, 21.5, 21.21)."""
    at = 4 if kind == IA_TA else 12
    end = len(data)
    if end < at:
        raise Malformed("an IA has no whole head")
    iaid = data[:4]
    if end == at:
        return Ia(kind, iaid, ())
    if end == _ONE_ADDRESS_OCTETS and kind == IA_NA and data[12:16] == _ONE_ADDRESS:
        return Ia(kind, iaid, (data[16:32],))  # how nearly all of them look
    items: list[bytes] = []
    for code, value in options_of(data, at):
        if code == IA_ADDR and kind != IA_PD:
            if len(value) < 24:
                raise Malformed("an address of an IA is cut off")
            items.append(value[:16])
        elif code == IA_PREFIX and kind == IA_PD:
            items.append(_prefix(value))
        if len(items) > ITEMS_MAX:
            raise Malformed("an IA has too many addresses")
    return Ia(kind, iaid, tuple(items))


def _prefix(value: bytes) -> bytes:
    """A prefix as 17 octets, without bits beyond its length."""
    if len(value) < 25:
        raise Malformed("a prefix of an IA is cut off")
    length = value[8]
    if length > 128:
        raise Malformed("a prefix is longer than 128 bits")
    shift = 128 - length
    bits = int.from_bytes(value[9:25], "big") >> shift << shift
    return bits.to_bytes(16, "big") + value[8:9]


# -- replies


def tlv(code: int, value: bytes) -> bytes:
    """An option's octets."""
    return _OPTION.pack(code, len(value)) + value


def status(code: int, text: str = "") -> bytes:
    """A Status Code option (section 21.13)."""
    octets = text.encode()
    return _OPTION.pack(STATUS, 2 + len(octets)) + code.to_bytes(2, "big") + octets


def ia_with(
    kind: int, iaid: bytes, t1: int, t2: int, item: bytes, preferred: int, valid: int
) -> bytes:
    """An IA with one address or prefix; times in seconds."""
    if kind == IA_PD:
        prefix, length = item[:16], item[16]
        return _WHOLE_PD.pack(
            IA_PD, 41, iaid, t1, t2, IA_PREFIX, 25, preferred, valid, length, prefix
        )
    return _WHOLE_NA.pack(IA_NA, 40, iaid, t1, t2, IA_ADDR, 24, item, preferred, valid)


def ia_of(kind: int, iaid: bytes, t1: int, t2: int, parts: bytes) -> bytes:
    """An IA with ready options inside: a status, addresses."""
    if kind == IA_TA:
        return _HEAD_TA.pack(IA_TA, 4 + len(parts), iaid) + parts
    return _HEAD_NA.pack(kind, 12 + len(parts), iaid, t1, t2) + parts


def item_octets(kind: int, item: bytes, preferred: int, valid: int) -> bytes:
    """An address or prefix inside an IA."""
    times = _LIFETIMES.pack(preferred, valid)
    if kind == IA_PD:
        return tlv(IA_PREFIX, times + item[16:] + item[:16])
    return tlv(IA_ADDR, item + times)


def relayed(message: bytes, relay: Relay, echoed: bytes) -> bytes:
    """A reply inside the part for a relay agent (section 19.3); ``echoed`` are ready options."""
    head = _RELAY_HEAD.pack(RELAY_REPL, relay.hops, relay.link, relay.peer)
    return head + echoed + _OPTION.pack(RELAY_MSG, len(message)) + message
