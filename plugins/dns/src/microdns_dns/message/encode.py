"""A reply's octets: name compression, EDNS, truncation.

Names are compressed against names of exactly the same octets, so that no record changes its case
on the way.  The one exception is the name asked for: an owner that equals it is always a pointer
to the question, and thus shows the case in which it was asked.
"""

from struct import Struct
from typing import Final

from microdns_dns.message.query import HEADER, Query, Signature
from microdns_dns.message.reply import Kept, Owned, Reply
from microdns_dns.protocol import Flag, Rcode, RRClass, RRType
from microdns_dns.rrset import RRset

_TO_QUESTION: Final = b"\xc0\x0c"
_POINTER: Final = 0xC000
_REACH: Final = 0x4000
"""Offsets from here on don't fit into a pointer."""
_CHAIN_MAX: Final = 8
"""Pointers that lead from one to the next in one name; some clients give up after ten."""
_ONE_DEEPER: Final = 0x4000
"""The places of names are kept as 14 bits of offset, and above them the pointers on the way."""
_TYPE_CLASS_TTL: Final = Struct("!HHI")
_OPT: Final = Struct("!BHHBBHH")
_TSIG: Final = Struct("!HHIH")
_TSIG_END: Final = Struct("!HHHH")
_BADKEY: Final = 17
"""TSIG error: the key is not known (RFC 8945 3)."""

_NAMES_IN_RDATA: Final = {
    RRType.NS: (0, 1),
    RRType.MD: (0, 1),
    RRType.MF: (0, 1),
    RRType.CNAME: (0, 1),
    RRType.SOA: (0, 2),
    RRType.MB: (0, 1),
    RRType.MG: (0, 1),
    RRType.MR: (0, 1),
    RRType.PTR: (0, 1),
    RRType.MINFO: (0, 2),
    RRType.MX: (2, 1),
}
"""Types whose rdata may be compressed (RFC 3597 section 4): octets before its names, and how many
names there are.  No type of a later RFC may be added."""


class ReplyBuilder:
    """Writes records behind a question, each RRset wholly or not at all.

    ``size_max`` is in octets, and holds for everything but what ``finish`` appends.
    """

    __slots__ = ("_out", "_places", "_qname", "_rclass", "_size_max")

    def __init__(self, query: Query, size_max: int, rclass: int) -> None:
        self._out = bytearray(HEADER.size)
        self._out += query.question
        self._qname = query.qname if len(query.qname) > 1 else None  # the root is shorter itself
        self._size_max = size_max
        self._rclass = rclass
        self._places: dict[bytes, int] = {}

    def add(self, owner: bytes, rrset: RRset) -> int:
        """Write an RRset; how many records that were, or 0 if they do not fit."""
        out = self._out
        start = len(out)
        names = _NAMES_IN_RDATA.get(rrset.type)
        fixed = _TYPE_CLASS_TTL.pack(rrset.type, self._rclass, rrset.ttl)
        for rdata in rrset.rdatas:
            if owner == self._qname:
                out += _TO_QUESTION
            else:
                self._put_name(owner)
            out += fixed
            if names is None:
                out += len(rdata).to_bytes(2, "big")
                out += rdata
            else:
                self._put_rdata(rdata, *names)
            if len(out) > self._size_max:
                self._undo(start)
                return 0
        return len(rrset.rdatas)

    def finish(self, query: Query, flags: int, counts: tuple[int, int, int]) -> bytearray:
        """Fill the header in; the octets written so far."""
        HEADER.pack_into(self._out, 0, query.id, flags, 1 if query.question else 0, *counts)
        return self._out

    def _put_rdata(self, rdata: bytes, before: int, names: int) -> None:
        out = self._out
        start = len(out)
        out += b"\0\0"
        out += rdata[:before]
        at = before
        for _ in range(names):
            end = _name_end(rdata, at)
            self._put_name(rdata[at:end])
            at = end
        out += rdata[at:]
        out[start : start + 2] = (len(out) - start - 2).to_bytes(2, "big")

    def _put_name(self, name: bytes) -> None:
        """A name, its longest ending that was written before being a pointer (RFC 1035 4.1.4)."""
        out, places = self._out, self._places
        if not places and self._qname:
            self._learn(self._qname, HEADER.size, len(self._qname) - 1, 0)
        at, start = 0, len(out)
        place = None
        while name[at]:
            place = places.get(name[at:])
            if place is not None and place < _CHAIN_MAX * _ONE_DEEPER:
                break
            place = None
            at += 1 + name[at]
        if place is None:
            out += name
            self._learn(name, start, at, 0)
        else:
            offset = place % _ONE_DEEPER
            out += name[:at]
            out += (_POINTER | offset).to_bytes(2, "big")
            self._learn(name, start, at, place - offset + _ONE_DEEPER)

    def _learn(self, name: bytes, offset: int, end: int, depth: int) -> None:
        """Note where the endings of a name are that begin before ``end`` in it."""
        at = 0
        while at < end and offset + at < _REACH:
            self._places[name[at:]] = depth | offset + at
            at += 1 + name[at]

    def _undo(self, size: int) -> None:
        del self._out[size:]
        kept = {name: at for name, at in self._places.items() if at % _ONE_DEEPER < size}
        self._places = kept


def encode(
    query: Query, reply: Reply, size_max: int, udp_payload_max: int, rotation: int = 0
) -> tuple[bytes, bool]:
    """The reply's octets (at most ``size_max``), and whether it was truncated.

    ``rotation`` is how far the records of each RRset of the answer are turned.

    OPT is there whenever the query had one that could be read, and whatever else was left out.
    ``udp_payload_max`` is what OPT says that this server takes (RFC 6891 6.2.3).
    """
    opt = b"" if query.edns is None else _opt(query.edns.do, reply, udp_payload_max)
    tsig = b"" if query.signature is None else _bad_key(query.signature)
    builder = ReplyBuilder(query, size_max - len(opt) - len(tsig), reply.rclass)
    answer = [_turned(owned, rotation) for owned in reply.answer] if rotation else reply.answer
    answers, complete = _add_all(builder, answer)
    authorities = additionals = 0
    if complete and reply.authority:
        authorities, complete = _add_all(builder, reply.authority)
    if complete and reply.glue:
        additionals, complete = _add_all(builder, reply.glue)
    if complete and reply.additional:
        additionals += sum(builder.add(owner, rrset) for owner, rrset in reply.additional)
    complete = complete and not reply.truncated
    flags = _flags(query, reply) | (0 if complete else Flag.TC)
    additionals += bool(opt) + bool(tsig)
    out = builder.finish(query, flags, (answers, authorities, additionals))
    out += opt
    out += tsig
    return bytes(out), not complete


def encode_kept(
    query: Query, kept: Kept, size_max: int, udp_payload_max: int
) -> tuple[bytes, bool]:
    """An answer from the packet cache with an OPT record for this query; as ``encode``.

    It was made for someone who could take it whole: who can't gets none of it, and TC.
    """
    opt = b"" if query.edns is None else _opt(query.edns.do, kept, udp_payload_max)
    out = bytearray(kept.octets)
    truncated = len(out) + len(opt) > size_max
    if truncated:
        del out[HEADER.size + len(query.question) :]
        flags = int.from_bytes(out[2:4], "big") | Flag.TC
        out[2:4] = flags.to_bytes(2, "big")
        out[6:12] = bytes(6)
    if opt:
        additionals = int.from_bytes(out[10:12], "big") + 1
        out[10:12] = additionals.to_bytes(2, "big")
    return bytes(out + opt), truncated


def _turned(owned: Owned, rotation: int) -> Owned:
    """The same records, another one first."""
    owner, rrset = owned
    first = rotation % (len(rrset.rdatas) or 1)
    rdatas = rrset.rdatas[first:] + rrset.rdatas[:first]
    return owner, RRset(rrset.type, rrset.ttl, rdatas) if first else rrset


def _add_all(builder: ReplyBuilder, section: list[Owned]) -> tuple[int, bool]:
    """Write a section up to the first RRset that does not fit; the number of records, and
    whether all are there."""
    total = 0
    for owner, rrset in section:
        count = builder.add(owner, rrset)
        if not count:
            return total, False
        total += count
    return total, True


def _flags(query: Query, reply: Reply) -> int:
    """QR, the opcode and RD as they were, and what the reply says (RFC 1035 4.1.1).

    AD and CD are clear: authoritative data were not validated (RFC 4035 3.1.6).
    """
    return (
        Flag.QR
        | (query.flags & (0x7800 | Flag.RD))
        | (Flag.AA if reply.aa else 0)
        | (Flag.RA if reply.ra else 0)
        | (reply.rcode & 0xF if query.edns is not None or reply.rcode < 16 else Rcode.SERVFAIL)
    )


def _opt(do: bool, reply: Reply, payload: int) -> bytes:
    """The OPT record (RFC 6891 6.1.3); DO comes back as it was (RFC 3225 section 3)."""
    z = 0x8000 if do else 0
    rdata = reply.options
    return _OPT.pack(0, RRType.OPT, payload, reply.rcode >> 4, 0, z, len(rdata)) + rdata


def _bad_key(signature: Signature) -> bytes:
    """The TSIG record of an answer that can't be signed, for want of the key (RFC 8945 5.3.2)."""
    end = _TSIG_END.pack(0, signature.original_id, _BADKEY, 0)
    rdata = signature.algorithm + signature.time + end
    fixed = _TSIG.pack(RRType.TSIG, RRClass.ANY, 0, len(rdata))
    return signature.owner + fixed + rdata


def _name_end(octets: bytes, at: int) -> int:
    """Where the uncompressed name that starts at ``at`` ends, in rdata of our own."""
    while octets[at]:
        at += 1 + octets[at]
    return at + 1
