# cython: language_level=3
"""Addresses that whoever asked will want next.  See the .pxd."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

from microdns_dns.engine.name cimport Name, read_name, same_name
from microdns_dns.engine.node cimport find_rrset, first_rdata, node_owner, rrset_count, rrset_type
from microdns_dns.engine.octets cimport Span, get8, get16, part, span_of
from microdns_dns.engine.reply cimport ANSWERS_MAX, EXTRAS_MAX, TTL_OWN
from microdns_dns.engine.solve cimport Place, locate, wildcard_at
from microdns_dns.engine.zones cimport find_node

cdef enum:
    A = 1
    NS = 2
    MX = 15
    AAAA = 28
    SRV = 33
    SVCB = 64
    HTTPS = 65
    TARGETS_MAX = 64


cdef inline int _target_at(uint16_t rrtype) noexcept nogil:
    """Octets before the name of a host in the rdata, or -1."""
    if rrtype == NS:
        return 0
    if rrtype == MX or rrtype == SVCB or rrtype == HTTPS:
        return 2
    return 6 if rrtype == SRV else -1


cdef inline bint _within(Name* name, Name* above, int label) noexcept nogil:
    """Whether a name is ``above``, from a label of it on, or below that."""
    cdef int labels = above.labels - label
    cdef Span folded
    if name.labels < labels:
        return False
    folded = span_of(above.folded + above.offset[label & 127],
                     above.size - above.offset[label & 127])
    return same_name(name, name.labels - labels, &folded, 0, folded.size)


cdef void add_additional(Search* search, Owned* answered) noexcept nogil:
    """Addresses of the hosts that an RRset of the answer names (RFC 1034 4.3.2 step 6)."""
    cdef uint16_t rrtype = rrset_type(&answered.rrset)
    cdef int before = _target_at(rrtype)
    cdef Span target, node
    cdef Name name
    cdef Place place
    cdef size_t at
    cdef int index, count
    if before < 0:
        return
    at = first_rdata(&answered.rrset)
    count = rrset_count(&answered.rrset)
    for index in range(min(count, TARGETS_MAX)):
        if not _next_target(&answered.rrset, &at, before, &answered.owner, &target):
            continue
        if not read_name(&name, &target, 0) or not _within(&name, search.name, search.apex):
            continue
        target.size = name.size
        node = _below(search, &name)
        locate(search, search.zone, search.state, &name, &place)
        if place.cut.size and (rrtype != NS or not node.size):
            continue
        if node.size:
            target = node_owner(&node)
        else:
            node = wildcard_at(search.state, search.number, &name, place.encloser)
        if node.size:
            _add_addresses(search, False, &target, &name, &node)
            if rrtype == SVCB or rrtype == HTTPS:  # RFC 9460 4.1
                _add_rrset(search, False, &target, &name, &node, rrtype)


cdef void add_glue(Search* search, int cut_label) noexcept nogil:
    """Addresses of the servers of a delegation at this label of the name asked for.

    What is below the cut is required (RFC 9471 3.1), what is elsewhere in the zone a help (3.2).
    """
    cdef Span* rrset = &search.reply.authority.rrset
    cdef Span target, node
    cdef Name name
    cdef size_t at = first_rdata(rrset)
    cdef int index
    cdef int count = rrset_count(rrset)
    for index in range(min(count, TARGETS_MAX)):
        if not _next_target(rrset, &at, 0, &search.reply.authority.owner, &target):
            continue
        if not read_name(&name, &target, 0) or not _within(&name, search.name, search.apex):
            continue
        target.size = name.size
        node = _below(search, &name)
        if node.size:
            target = node_owner(&node)
        else:
            node = _made_up(search, &name)
        if node.size:
            _add_addresses(search, _within(&name, search.name, cut_label), &target, &name, &node)


cdef inline Span _below(Search* search, Name* name) noexcept nogil:
    """The node of exactly this name, hidden by a cut or not."""
    return find_node(search.state, search.number, name, 0)


cdef Span _made_up(Search* search, Name* name) noexcept nogil:
    """What a wildcard makes of a name that has no node; a cut would come before it."""
    cdef Place place
    locate(search, search.zone, search.state, name, &place)
    if place.cut.size:
        return span_of(NULL, 0)
    return wildcard_at(search.state, search.number, name, place.encloser)


cdef bint _next_target(
    Span* rrset, size_t* at, int before, Span* owner, Span* target
) noexcept nogil:
    """The host of the record at ``at``, which moves on; false when it names none.

    The root stands for the owner in SVCB (RFC 9460 2.5.2), and for nobody elsewhere.
    """
    cdef size_t size = get16(rrset, at[0])
    cdef Span rdata = part(rrset, at[0] + 2, size)
    cdef uint16_t rrtype = rrset_type(rrset)
    at[0] += 2 + size
    target[0] = part(&rdata, before, rdata.size - before)
    if target.fault or target.size == 0:
        return False
    if get8(target, 0) == 0:
        if (rrtype != SVCB and rrtype != HTTPS) or get16(&rdata, 0) == 0:
            return False
        target[0] = owner[0]
    return True


cdef void _add_addresses(
    Search* search, bint required, Span* owner, Name* name, Span* node
) noexcept nogil:
    _add_rrset(search, required, owner, name, node, A)
    _add_rrset(search, required, owner, name, node, AAAA)


cdef void _add_rrset(
    Search* search, bint required, Span* owner, Name* name, Span* node, uint16_t rrtype
) noexcept nogil:
    cdef Span rrset = find_rrset(node, rrtype)
    cdef Owned* owned
    if not rrset.size or _held(search, name, rrtype):
        return
    if required:
        owned = &search.reply.glue[search.reply.glues % EXTRAS_MAX]
        search.reply.glues += 1
    else:
        owned = &search.reply.additional[search.reply.additionals % EXTRAS_MAX]
        search.reply.additionals += 1
    owned.owner = owner[0]
    owned.rrset = rrset
    owned.ttl = <uint32_t>TTL_OWN
    owned.hash = name.hash[0]


cdef bint _held(Search* search, Name* name, uint16_t rrtype) noexcept nogil:
    """Whether this RRset, whatever its owner's spelling, is in the reply already."""
    cdef int index
    cdef Owned* last = &search.reply.answer[(search.reply.answers - 1) % ANSWERS_MAX]
    if search.reply.answers and rrset_type(&last.rrset) == rrtype:
        if search.name.hash[0] == name.hash[0]:
            return True
    for index in range(search.reply.glues):
        if _is_of(&search.reply.glue[index % EXTRAS_MAX], name, rrtype):
            return True
    for index in range(search.reply.additionals):
        if _is_of(&search.reply.additional[index % EXTRAS_MAX], name, rrtype):
            return True
    return False


cdef inline bint _is_of(Owned* owned, Name* name, uint16_t rrtype) noexcept nogil:
    return owned.hash == name.hash[0] and rrset_type(&owned.rrset) == rrtype
