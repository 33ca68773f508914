# cython: language_level=3
"""Nodes between Python and octets: what ``view.Node`` holds, packed and unpacked."""

from microdns_dns.view import Node
from microdns_dns.rrset import RRset

from struct import Struct

cdef object _NODE = Struct("!IBBHI").pack
cdef object _RRSET = Struct("!HHIIBB").pack

cdef dict SHAPES = {
    2: 0x01, 3: 0x01, 4: 0x01, 5: 0x01, 6: 0x02, 7: 0x01, 8: 0x01, 9: 0x01, 12: 0x01, 14: 0x02,
    15: 0x21,
}
"""Types whose rdata may be compressed (RFC 3597 section 4): see the .pxd for the numbers."""


def shape_of(rrtype: int) -> int:
    """Where names stand in the rdata of a type."""
    return SHAPES.get(rrtype, 0)


def pack_rrset(rrset) -> bytes:
    """The octets of an RRset; raises ValueError when it has more records than a message can."""
    rdatas = rrset.rdatas
    if len(rdatas) > 0xFFFF:
        raise ValueError("an RRset has more than 65,535 records")
    parts = [ttl.to_bytes(4, "big") for ttl in rrset.ttls]
    for rdata in rdatas:
        parts.append(len(rdata).to_bytes(2, "big"))
        parts.append(rdata)
    body = b"".join(parts)
    flags = OWN_TTLS if rrset.ttls else 0
    size = RRSET_HEADER + len(body)
    return _RRSET(rrset.type, len(rdatas), rrset.ttl, size, SHAPES.get(rrset.type, 0), flags) + body


def pack_node(folded: bytes, node, apex: bool) -> bytes:
    """The octets of a node."""
    cdef int flags = 0
    for rrset in node.rrsets:
        if rrset.type == 2 and not apex:
            flags |= DELEGATION
        elif rrset.type == 5:
            flags |= HAS_CNAME
        elif rrset.type == 39:
            flags |= HAS_DNAME
    named = folded
    if node.owner != folded:
        flags |= SPELLED
        named += node.owner
    body = b"".join([named, *[pack_rrset(rrset) for rrset in node.rrsets]])
    size = NODE_HEADER + len(body)
    return _NODE(size, flags, len(folded), len(node.rrsets), node.children) + body


def gone_node(folded: bytes) -> bytes:
    """The octets that stand for a name which exists no more."""
    return _NODE(NODE_HEADER + len(folded), GONE, len(folded), 0, 0) + folded


cdef object unpack_node(Span node):
    """A node from its octets; raises ValueError when they are none."""
    cdef size_t at = first_rrset(&node)
    cdef Span owner = node_owner(&node)
    cdef Span rrset
    rrsets = []
    for _ in range(get16(&node, 6)):
        rrset = rrset_at(&node, at)
        if node.fault:
            raise ValueError("a node's octets are damaged")
        rrsets.append(unpack_rrset(rrset))
        at += rrset.size
    if node.fault or owner.fault:
        raise ValueError("a node's octets are damaged")
    return Node(owner.base[:owner.size], tuple(rrsets), get32(&node, 8))


cdef object unpack_rrset(Span rrset):
    cdef size_t at = first_rdata(&rrset)
    cdef size_t index
    cdef Span rdata
    count = rrset_count(&rrset)
    ttls = ()
    if get8(&rrset, 13) & OWN_TTLS:
        ttls = tuple([get32(&rrset, RRSET_HEADER + 4 * index) for index in range(count)])
    rdatas = []
    for _ in range(count):
        rdata = part(&rrset, at + 2, get16(&rrset, at))
        if rrset.fault:
            raise ValueError("an RRset's octets are damaged")
        rdatas.append(rdata.base[:rdata.size])
        at += 2 + rdata.size
    return RRset(rrset_type(&rrset), get32(&rrset, 4), tuple(rdatas), ttls)


def node_from_octets(octets: bytes):
    """``pack_node`` backwards; raises ValueError."""
    cdef Span span
    span.base = <const uint8_t*>octets
    span.size = len(octets)
    span.fault = False
    return unpack_node(span)
