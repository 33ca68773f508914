"""A node: everything that is known of one name, as one run of octets.

::

    node    size:32 flags:8 name:8 rrsets:16 children:32 | folded name | [spelled name] | RRsets
    RRset   type:16 count:16 ttl:32 size:32 shape:8 flags:8 | [ttl:32 ...] | (length:16 rdata)...

``shape`` says where names stand in the rdata of types that may be compressed: octets before them
in the high half, how many in the low half.  ``name`` is the octets of the name.  The spelled name
is there when the flag says so; the members' TTLs likewise.
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

from microdns_dns.engine.octets cimport Span, get8, get16, get32, part

cdef enum:
    NODE_HEADER = 12
    RRSET_HEADER = 14

cdef enum NodeFlag:
    DELEGATION = 1
    # Has NS, and is not the apex.
    HAS_DNAME = 2
    HAS_CNAME = 4
    SPELLED = 8
    # Its owner is not spelled in lower case.
    GONE = 16
    # Stands for the fact that the name exists no more.

cdef enum RRsetFlag:
    OWN_TTLS = 1


cdef inline uint32_t node_size(Span* node) noexcept nogil:
    return get32(node, 0)


cdef inline uint8_t node_flags(Span* node) noexcept nogil:
    return get8(node, 4)


cdef inline Span node_folded(Span* node) noexcept nogil:
    return part(node, NODE_HEADER, get8(node, 5))


cdef inline Span node_owner(Span* node) noexcept nogil:
    """The name as it is spelled."""
    cdef size_t size = get8(node, 5)
    return part(node, NODE_HEADER + (size if node_flags(node) & SPELLED else 0), size)


cdef inline Span rrset_at(Span* node, size_t at) noexcept nogil:
    return part(node, at, get32(node, at + 8))


cdef inline size_t first_rrset(Span* node) noexcept nogil:
    cdef size_t size = get8(node, 5)
    return NODE_HEADER + (2 * size if node_flags(node) & SPELLED else size)


cdef inline uint16_t rrset_type(Span* rrset) noexcept nogil:
    return get16(rrset, 0)


cdef inline uint16_t rrset_count(Span* rrset) noexcept nogil:
    return get16(rrset, 2)


cdef inline size_t first_rdata(Span* rrset) noexcept nogil:
    """Where the first length stands."""
    return RRSET_HEADER + (4 * <size_t>rrset_count(rrset) if get8(rrset, 13) & OWN_TTLS else 0)


cdef inline Span find_rrset(Span* node, uint16_t rrtype) noexcept nogil:
    """The RRset of a type; a span at no address when there is none."""
    cdef size_t at = first_rrset(node)
    cdef uint16_t index
    cdef Span none
    for index in range(get16(node, 6)):
        if get16(node, at) == rrtype:
            return rrset_at(node, at)
        at += get32(node, at + 8)
        if node.fault:
            break
    none.base = NULL
    none.size = 0
    none.fault = False
    return none


cdef inline Span lowest_rrset(Span* node) noexcept nogil:
    """The RRset of the lowest type; a span at no address when there is none."""
    cdef size_t at = first_rrset(node)
    cdef size_t best = 0
    cdef uint16_t index, lowest = 0
    cdef Span none
    for index in range(get16(node, 6)):
        if best == 0 or get16(node, at) < lowest:
            best = at
            lowest = get16(node, at)
        at += get32(node, at + 8)
        if node.fault:
            break
    if best:
        return rrset_at(node, best)
    none.base = NULL
    none.size = 0
    none.fault = False
    return none


cdef object unpack_node(Span node)
cdef object unpack_rrset(Span rrset)
