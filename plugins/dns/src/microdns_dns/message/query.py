"""A received message: header, question and EDNS, parsed without trust.

``parse_query`` never raises.  What is not worth an answer is a ``Drop``; what is wrong is a
``Query`` whose ``error`` is the rcode to answer with; all else is a ``Query`` ready for the plan.
"""

import enum
from struct import Struct
from typing import Final

import msgspec

from microdns_dns.message.reader import Malformed, Reader
from microdns_dns.protocol import Flag, Opcode, Rcode, RRClass, RRType

HEADER: Final = Struct("!HHHHHH")
_QUESTION: Final = Struct("!HH")
_RECORD: Final = Struct("!HHIH")
_OPTION: Final = Struct("!HH")

_SIZE: Final = Struct("!H")
_TSIG_TIME_OCTETS: Final = 8
"""Time signed (48 bits) and fudge (16 bits)."""
_TSIG_END: Final = Struct("!HHH")

RECORDS_SKIPPED_MAX: Final = 64
"""Records of a message with another opcode that are read to find its OPT record."""
_DEFINED: Final = frozenset({Opcode.QUERY, Opcode.NOTIFY, Opcode.UPDATE})
"""Opcodes whose messages have a form that we know; all have one question (RFC 9619)."""

UDP_PAYLOAD_MIN: Final = 512
"""What every resolver takes over UDP (RFC 1035 4.2.1); lower EDNS values count as this."""
MESSAGE_MAX: Final = 65_535
"""Octets in a message over TCP (RFC 1035 4.2.2)."""

Address = tuple[str, int] | tuple[str, int, int, int]
"""A socket's peer, as Python's ``socket`` spells it: IPv6 ones with flow and scope."""


class Transport(enum.StrEnum):
    """How a message came."""

    UDP = "udp"
    TCP = "tcp"


class Drop(enum.StrEnum):
    """Why a message gets no answer."""

    SHORT = "short"
    """Fewer octets than a header has."""
    RESPONSE = "response"
    """QR is set: answering answers makes loops."""


class Fault(enum.StrEnum):
    """Which part of a message is malformed."""

    QUESTION = "question"
    """Other than one, or one that can't be read."""
    RECORDS = "records"
    """Answers or authorities, which a query does not have, or only for an IXFR."""
    ADDITIONAL = "additional"
    """A record other than OPT and a signature at the end, or one that is cut off."""
    EDNS = "edns"
    """An OPT record that is not of the root, comes twice, or whose options don't fit."""
    TRAILING = "trailing"
    """Octets follow the last record."""
    COOKIE = "cookie"
    """A COOKIE option of an impossible length (RFC 7873 5.2.2)."""


class Edns(msgspec.Struct, frozen=True, gc=False):
    """The OPT record of a query (RFC 6891 6.1): ``options`` are its rdata, checked for form."""

    version: int
    payload: int
    do: bool
    options: bytes = b""

    def option(self, code: int) -> bytes | None:
        """The data of the first option with this code, or None."""
        reader = Reader(self.options)
        while reader.offset < reader.end:
            found, length = reader.unpack(_OPTION)
            data = reader.take(length)
            if found == code:
                return data
        return None


class Signature(msgspec.Struct, frozen=True, gc=False):
    """The TSIG record at the end of a message (RFC 8945 4.2), of the right form at least.

    ``owner`` (the key's name) and ``algorithm`` are wire names; ``time`` holds the time signed and
    the fudge as they came.
    """

    owner: bytes
    algorithm: bytes
    time: bytes
    original_id: int


class Query:
    """One message that may be answered.

    ``qname`` is wire bytes in the case they came in, ``folded`` the same in lower case (both empty
    when there is no question that can be read); ``question`` the octets of the question section;
    ``error`` the rcode that ends it before the plan, or None; ``signature`` its TSIG record;
    ``fault`` the part that is malformed, or None; ``cookie`` what its COOKIE option is answered
    with; ``proven`` says that the client is at the address that it claims; ``local`` the address
    that was asked, where it is not the listener's; ``answered_by`` the order of the stage that
    answered.
    """

    __slots__ = (
        "answered_by", "client", "cookie", "edns", "error", "fault", "flags", "folded", "id",
        "local", "opcode", "packet", "proven", "qclass", "qname", "qtype", "question",
        "signature", "transport",
    )  # fmt: skip

    def __init__(
        self, packet: bytes, id: int, flags: int, client: Address, transport: Transport
    ) -> None:
        self.packet = packet
        self.id = id
        self.flags = flags
        self.opcode = flags >> 11 & 0xF
        self.client = client
        self.transport = transport
        self.qname = self.folded = self.question = b""
        self.qtype = self.qclass = 0
        self.edns: Edns | None = None
        self.error: int | None = None
        self.fault: Fault | None = None
        self.signature: Signature | None = None
        self.cookie = b""
        self.proven = transport is Transport.TCP
        self.local: Address | None = None
        self.answered_by = 0

    def reply_size_max(self, udp_payload_max: int) -> int:
        """Octets that the reply may have, given what the server sends at most over UDP."""
        if self.transport is Transport.TCP:
            return MESSAGE_MAX
        if self.edns is None:
            return UDP_PAYLOAD_MIN
        return max(UDP_PAYLOAD_MIN, min(self.edns.payload, udp_payload_max))


_NOBODY: Final = ("", 0)


def parse_query(
    packet: bytes, client: Address = _NOBODY, transport: Transport = Transport.UDP
) -> Query | Drop:
    """Read a message as a query; see the module."""
    if len(packet) < HEADER.size:
        return Drop.SHORT
    reader = Reader(packet)
    id, flags, questions, answers, authorities, additionals = reader.unpack(HEADER)
    if flags & Flag.QR:
        return Drop.RESPONSE
    query = Query(packet, id, flags, client, transport)
    query.fault = Fault.QUESTION
    try:
        _parse_question(reader, query, questions)
        if query.opcode == Opcode.QUERY:
            query.fault = Fault.RECORDS
            _skip_sections(reader, query, answers, authorities)
            query.fault = Fault.ADDITIONAL
            _parse_additional(reader, query, additionals)
            query.fault = Fault.TRAILING
            if reader.offset != reader.end:
                raise Malformed("octets follow the last record")
        else:
            _look_for_edns(reader, query, answers + authorities, additionals)
        query.fault = None
    except Malformed:
        query.error = Rcode.FORMERR
        # What a broken message says of its sender is not relied upon.
        query.edns = query.signature = None
    if questions != 1:
        query.error = Rcode.FORMERR
        query.fault = query.fault or Fault.QUESTION
    if query.error == Rcode.FORMERR and query.opcode not in _DEFINED:
        query.error = query.fault = None  # its form is not known either
    if query.signature is not None:
        query.error = Rcode.NOTAUTH  # there are no keys here, so none is known (RFC 8945 5.2.1)
    return query


def _parse_question(reader: Reader, query: Query, count: int) -> None:
    """One question (RFC 9619); with none, the sections after it can still be read."""
    if count > 1:
        raise Malformed("a query has one question")
    if count == 0:
        return
    start = reader.offset
    qname = reader.plain_name()
    query.qtype, query.qclass = reader.unpack(_QUESTION)
    query.qname = qname
    query.folded = qname.lower()
    query.question = query.packet[start : reader.offset]


def _skip_sections(reader: Reader, query: Query, answers: int, authorities: int) -> None:
    """A query has neither answers nor authorities, but for the SOA of an IXFR (RFC 1995 3)."""
    if answers or authorities > (query.qtype == RRType.IXFR):
        raise Malformed("a query has no answers")
    if authorities:
        _skip_record(reader)


def _skip_record(reader: Reader) -> None:
    reader.skip_name()
    *_, length = reader.unpack(_RECORD)
    reader.take(length)


def _look_for_edns(reader: Reader, query: Query, others: int, additionals: int) -> None:
    """The OPT record of a message whose opcode lets it have other records (RFC 6891 6.1.1).

    A form that is not known is nothing to complain about, and a long message not worth reading.
    """
    if others > RECORDS_SKIPPED_MAX:
        return
    try:
        for _ in range(others):
            _skip_record(reader)
        _parse_additional(reader, query, additionals)
    except Malformed:
        query.edns = query.error = None


def _parse_additional(reader: Reader, query: Query, count: int) -> None:
    """The OPT record, and a signature at the end; a query has no others."""
    for left in reversed(range(count)):
        start = reader.offset
        reader.skip_name()
        owner_end = reader.offset
        type_, class_, ttl, length = reader.unpack(_RECORD)
        rdata = reader.take(length)
        if type_ == RRType.OPT:
            query.fault = Fault.EDNS
            if owner_end - start != 1 or query.edns is not None:  # RFC 6891 6.1.1, 6.1.2
                raise Malformed("OPT belongs to the root, and comes once")
            _set_edns(query, class_, ttl, rdata)
            query.fault = Fault.ADDITIONAL
        elif type_ == RRType.TSIG and left == 0:
            query.signature = _signature(query.packet[start:owner_end], class_, ttl, rdata)
        else:
            raise Malformed("an additional record that a query does not have")


def _signature(owner: bytes, class_: int, ttl: int, rdata: bytes) -> Signature:
    """A TSIG record has the form of RFC 8945 4.2; whether it is true is for others to say."""
    reader = Reader(rdata)
    algorithm = reader.plain_name()
    time = reader.take(_TSIG_TIME_OCTETS)
    (mac_size,) = reader.unpack(_SIZE)
    reader.take(mac_size)
    original_id, _, other_size = reader.unpack(_TSIG_END)
    reader.take(other_size)
    if class_ != RRClass.ANY or ttl or reader.offset != reader.end:
        raise Malformed("a signature is not of the form that it must have")
    if owner[-1]:
        raise Malformed("the name of a key is not compressed")
    return Signature(owner, algorithm, time, original_id)


def _set_edns(query: Query, payload: int, ttl: int, rdata: bytes) -> None:
    version = ttl >> 16 & 0xFF
    edns = Edns(version, payload, bool(ttl & 0x8000), rdata)
    query.edns = edns
    if version:  # what its options look like is not for us to say
        query.error = Rcode.BADVERS
    elif rdata:
        edns.option(-1)
