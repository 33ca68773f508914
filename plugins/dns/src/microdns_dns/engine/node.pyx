# cython: language_level=3
"""Nodes between Python and octets: what ``view.Node`` holds, packed and unpacked."""

from cpython.bytes cimport PyBytes_FromStringAndSize

from microdns_dns.engine.octets cimport Room, put16, put32, put8, put_octets, set32

from microdns_dns.rrset import RRset
from microdns_dns.view import Node

cdef dict SHAPES = {
    2: 0x01, 3: 0x01, 4: 0x01, 5: 0x01, 6: 0x02, 7: 0x01, 8: 0x01, 9: 0x01, 12: 0x01, 14: 0x02,
    15: 0x21,
}
"""Types whose rdata may be compressed (RFC 3597 section 4): see the .pxd for the numbers."""


def shape_of(rrtype: int) -> int:
    """Where names stand in the rdata of a type."""
    return SHAPES.get(rrtype, 0)


def pack_node(bytes folded, node, bint apex) -> bytes:
    """The octets of a node; raises ValueError when an RRset has more than a message can."""
    cdef bytes owner = node.owner
    cdef tuple rrsets = node.rrsets
    cdef bint spelled = owner != folded
    cdef int flags = SPELLED if spelled else 0
    cdef size_t size = NODE_HEADER + len(folded) + (len(owner) if spelled else 0)
    cdef Room room
    for rrset in rrsets:
        size += _rrset_size(rrset)
        flags |= _flag_of(rrset.type, apex)
    octets = _room_of(&room, size)
    _put_header(&room, size, flags, folded, len(rrsets), node.children)
    put_octets(&room, <const uint8_t*>folded, len(folded))
    if spelled:
        put_octets(&room, <const uint8_t*>owner, len(owner))
    for rrset in rrsets:
        _put_rrset(&room, rrset)
    return _filled(&room, octets)


def gone_node(bytes folded) -> bytes:
    """The octets that stand for a name which exists no more."""
    cdef Room room
    cdef size_t size = NODE_HEADER + len(folded)
    octets = _room_of(&room, size)
    _put_header(&room, size, GONE, folded, 0, 0)
    put_octets(&room, <const uint8_t*>folded, len(folded))
    return _filled(&room, octets)


cdef bytes _room_of(Room* room, size_t size):
    """Octets to be filled, once, through the room that is made of them."""
    octets = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>size)
    room.base = <uint8_t*>octets
    room.size = size
    room.used = 0
    room.fault = False
    return octets


cdef bytes _filled(Room* room, bytes octets):
    if room.fault or room.used != room.size:
        raise ValueError("a node is not as large as it seemed")
    return octets


cdef int _flag_of(int rrtype, bint apex) noexcept:
    """What a type makes of its node."""
    if rrtype == 2:
        return 0 if apex else DELEGATION
    if rrtype == 5:
        return HAS_CNAME
    return HAS_DNAME if rrtype == 39 else 0


cdef int _put_header(
    Room* room, size_t size, int flags, bytes folded, size_t rrsets, children
) except -1:
    put32(room, <uint32_t>size)
    put8(room, <uint8_t>flags)
    put8(room, <uint8_t>len(folded))
    put16(room, <uint16_t>rrsets)
    put32(room, children)
    return 0


cdef size_t _rrset_size(rrset) except 0:
    cdef tuple rdatas = rrset.rdatas
    cdef tuple ttls = rrset.ttls
    cdef size_t size = RRSET_HEADER + 4 * len(ttls) + 2 * len(rdatas)
    cdef bytes rdata
    if len(rdatas) > 0xFFFF:
        raise ValueError("an RRset has more than 65,535 records")
    for rdata in rdatas:
        if len(rdata) > 0xFFFF:
            raise ValueError("a record has more than 65,535 octets")
        size += len(rdata)
    return size


cdef int _put_rrset(Room* room, rrset) except -1:
    cdef size_t start = room.used
    cdef tuple rdatas = rrset.rdatas
    cdef tuple ttls = rrset.ttls
    cdef bytes rdata
    rrtype = rrset.type
    put16(room, rrtype)
    put16(room, <uint16_t>len(rdatas))
    put32(room, rrset.ttl)
    put32(room, 0)
    put8(room, SHAPES.get(rrtype, 0))
    put8(room, OWN_TTLS if ttls else 0)
    for ttl in ttls:
        put32(room, ttl)
    for rdata in rdatas:
        put16(room, <uint16_t>len(rdata))
        put_octets(room, <const uint8_t*>rdata, len(rdata))
    set32(room, start + 8, <uint32_t>(room.used - start))
    return 0


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
