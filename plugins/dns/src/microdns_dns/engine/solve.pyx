# cython: language_level=3
"""The algorithm, one visible step after the other.  See the .pxd."""

from libc.string cimport memcpy

from microdns_dns.engine.additional cimport add_additional, add_glue
from microdns_dns.engine.atomic cimport ACQUIRE, load_number, load_pointer
from microdns_dns.engine.name cimport LABELS_MAX, NAME_MAX, hash_label, read_name, same_name
from microdns_dns.engine.node cimport (
    DELEGATION, HAS_CNAME, HAS_DNAME, find_rrset, first_rdata, lowest_rrset, node_flags,
    node_owner,
)
from microdns_dns.engine.octets cimport Room, get16, get32, part, put_octets, put_span, span_of
from microdns_dns.engine.reply cimport ANSWERS_MAX, TTL_OWN, Owned
from microdns_dns.engine.zones cimport CUTS_BELOW, CUT_AT_APEX, find_node, find_zone

cdef enum:
    NS = 2
    CNAME = 5
    SOA = 6
    DNAME = 39
    DS = 43
    ANY = 255
    RCODE_NXDOMAIN = 3
    RCODE_YXDOMAIN = 6
    FRESH_TRIES = 100


cdef Outcome solve(Search* search, Core* core, Question* question, Reply* reply) noexcept nogil:
    """Solve a query of class IN."""
    cdef Outcome outcome = STALE
    search.core = core
    search.qtype = question.qtype
    search.reply = reply
    search.asked = &question.name
    for _ in range(FRESH_TRIES):
        search.number = load_number(&core.number, ACQUIRE)
        search.catalog = <Catalog*>load_pointer(<void**>&core.catalog, ACQUIRE)
        outcome = _solve_chain(search)
        if outcome != STALE:
            break
    return outcome


cdef Outcome _solve_chain(Search* search) noexcept nogil:
    cdef Outcome outcome
    search.name = search.asked
    search.steps = 0
    search.first_zone = <uint32_t>-1
    search.reply.rcode = 0
    search.reply.answers = 0
    search.reply.glues = 0
    search.reply.additionals = 0
    search.reply.has_authority = False
    outcome = _solve_name(search)
    search.reply.aa = outcome != REFERRAL and outcome != OUTSIDE
    while outcome == FOLLOW:
        if search.steps >= CHAIN_MAX or _seen(search):
            return LOOP
        outcome = _solve_name(search)
    return outcome


cdef bint _seen(Search* search) noexcept nogil:
    """Whether the chain comes back to a name that it had."""
    cdef Name* name = search.name
    cdef Name* other
    cdef int index
    cdef Span folded
    for index in range(search.steps):
        other = search.asked if index == 0 else &search.chain[index - 1]
        folded = span_of(other.folded, other.size)
        if other.hash[0] == name.hash[0] and same_name(name, 0, &folded, 0, folded.size):
            return True
    return False


cdef Outcome _solve_name(Search* search) noexcept nogil:
    """One pass: from the present name to a state."""
    cdef Place place
    cdef Outcome outcome
    if not _enter_zone(search):
        return OUTSIDE
    search.state = <State*>load_pointer(<void**>&search.zone.state, ACQUIRE)
    if search.state.since > search.number:
        return STALE
    if search.steps == 0:
        search.first_zone = search.zone.index
    locate(search, search.zone, search.state, search.name, &place)
    if place.cut.size:
        if not node_flags(&place.cut) & DELEGATION:
            return _rewrite(search, &place)
        if place.cut_label != 0 or search.qtype != DS:
            return _refer(search, &place)
    if not place.node.size:
        place.node = wildcard_at(search.state, search.number, search.name, place.encloser)
    if not place.node.size:
        return _deny(search, NODATA if _is_apex(search) else NXDOMAIN)
    outcome = _solve_node(search, &place.node)
    return DAMAGED if place.node.fault else outcome


cdef bint _enter_zone(Search* search) noexcept nogil:
    """The zone nearest to the name; for DS at an apex the one above, if there is one."""
    cdef Zone* nearest
    if not _nearest(search, 0):
        return False
    if search.qtype == DS and search.apex == 0 and search.name.labels:
        nearest = search.zone
        if not _nearest(search, 1):
            search.zone = nearest
            search.apex = 0
    return True


cdef bint _is_apex(Search* search) noexcept nogil:
    """Whether the name, whose DS is asked for, is the apex of another zone, and thus exists."""
    return search.qtype == DS and search.apex and find_zone(
        search.catalog, search.name, 0
    ) is not NULL


cdef bint _nearest(Search* search, int label) noexcept nogil:
    for label in range(label, search.name.labels + 1):
        search.zone = find_zone(search.catalog, search.name, label)
        if search.zone is not NULL:
            search.apex = label
            return True
    return False


cdef void locate(
    Search* search, Zone* zone, State* state, Name* name, Place* place
) noexcept nogil:
    """Find a name in its zone, or what is nearest to it."""
    cdef int apex = name.labels - zone.labels
    place.node = span_of(NULL, 0)
    place.cut = span_of(NULL, 0)
    place.cut_label = 0
    place.encloser = apex
    if zone.cuts:
        _walk_down(search.number, zone, state, name, place, apex)
        return
    place.node = find_node(state, search.number, name, 0)
    if not place.node.size:
        _find_encloser(search.number, state, name, place, apex)


cdef void _walk_down(
    uint64_t number, Zone* zone, State* state, Name* name, Place* place, int apex
) noexcept nogil:
    """From the apex towards the name, to the first cut, or to where nothing is any more."""
    cdef int label = apex - 1 if apex and not zone.cuts & CUT_AT_APEX else apex
    cdef Span node
    cdef int flags
    while label >= 0:
        node = find_node(state, number, name, label)
        if not node.size:
            return
        place.encloser = label
        flags = node_flags(&node)
        if flags & DELEGATION or (flags & HAS_DNAME and label):
            place.cut = node
            place.cut_label = label
            if label == 0:
                place.node = node
            return
        if label == 0:
            place.node = node
        label -= 1


cdef void _find_encloser(
    uint64_t number, State* state, Name* name, Place* place, int apex
) noexcept nogil:
    """The nearest name above that exists; all above it exist as well, so halving finds it."""
    cdef int low = 1, high = apex, middle
    while low < high:
        middle = (low + high) // 2
        if find_node(state, number, name, middle).size:
            high = middle
        else:
            low = middle + 1
    place.encloser = high


cdef Span wildcard_at(State* state, uint64_t number, Name* name, int encloser) noexcept nogil:
    """The node of the wildcard at an encloser of the name; a span at no address if none."""
    cdef Name wild
    cdef size_t start, size
    cdef Room room
    if encloser < 0 or encloser > name.labels:
        return span_of(NULL, 0)
    start = name.offset[encloser]
    size = name.size - start
    room.base = wild.folded
    room.size = NAME_MAX
    room.used = 0
    room.fault = False
    put_octets(&room, <const uint8_t*>b"\x01*", 2)
    put_octets(&room, name.folded + start, size)
    if room.fault:
        return span_of(NULL, 0)
    wild.size = <uint16_t>(size + 2)
    wild.labels = 1
    wild.offset[0] = 0
    wild.hash[0] = hash_label(<const uint8_t*>b"*\0\0\0\0\0\0\0", 1, name.hash[encloser])
    return find_node(state, number, &wild, 0)


cdef Outcome _solve_node(Search* search, Span* node) noexcept nogil:
    """The name exists (or a wildcard stands for it): the RRset, the alias, or neither."""
    cdef Span rrset
    cdef Owned* owned
    if search.qtype == ANY:
        rrset = lowest_rrset(node)
    else:
        rrset = find_rrset(node, search.qtype)
    if rrset.size:
        owned = _next_answer(search)
        owned.rrset = rrset
        add_additional(search, owned)
        return HIT
    if not node_flags(node) & HAS_CNAME:
        return _deny(search, NODATA)
    rrset = find_rrset(node, CNAME)
    owned = _next_answer(search)
    owned.rrset = rrset
    if not _follow(search, &rrset):
        return DAMAGED
    return FOLLOW


cdef Owned* _next_answer(Search* search) noexcept nogil:
    """A place in the answer, under the present name.  A chain ends long before they are used up."""
    cdef Owned* owned = &search.reply.answer[search.reply.answers % ANSWERS_MAX]
    search.reply.answers += 1
    owned.owner = span_of(search.name.spelled, search.name.size)
    owned.ttl = <uint32_t>TTL_OWN
    return owned


cdef bint _follow(Search* search, Span* alias) noexcept nogil:
    """Look for the only name in an RRset from now on."""
    cdef size_t at = first_rdata(alias)
    cdef size_t size = get16(alias, at)
    cdef Name* next = &search.chain[search.steps % (CHAIN_MAX + 1)]
    search.steps += 1
    search.name = next
    return read_name(next, alias, at + 2) == at + 2 + size


cdef Outcome _rewrite(Search* search, Place* place) noexcept nogil:
    """A DNAME is above the name: put its target in place of its owner (RFC 6672 3.2)."""
    cdef Span rrset = find_rrset(&place.cut, DNAME)
    cdef Span owner = node_owner(&place.cut)
    cdef size_t at = first_rdata(&rrset)
    cdef Span target = part(&rrset, at + 2, get16(&rrset, at))
    cdef size_t before
    cdef Owned* owned
    cdef uint8_t[2 * 256] octets
    cdef Room room
    cdef Name* next = &search.chain[search.steps % (CHAIN_MAX + 1)]
    if rrset.fault or target.fault or owner.size > search.name.size:
        return DAMAGED
    if not _answered(search, &rrset):
        owned = _next_answer(search)
        owned.owner = owner
        owned.rrset = rrset
    before = search.name.size - owner.size
    if before + target.size > NAME_MAX:
        search.reply.rcode = RCODE_YXDOMAIN
        return YXDOMAIN
    room.base = octets
    room.size = sizeof(octets)
    room.used = 0
    room.fault = False
    put_octets(&room, search.name.spelled, before)
    put_span(&room, &target)
    target = span_of(octets, room.used)
    if read_name(next, &target, 0) != room.used:
        return DAMAGED
    owned = _next_answer(search)
    owned.rrset = span_of(NULL, 0)
    owned.target = span_of(next.spelled, next.size)
    owned.ttl = get32(&rrset, 4)
    if search.qtype == CNAME:
        return HIT
    search.steps += 1
    search.name = next
    return FOLLOW


cdef bint _answered(Search* search, Span* rrset) noexcept nogil:
    cdef int index
    for index in range(search.reply.answers):
        if search.reply.answer[index % ANSWERS_MAX].rrset.base == rrset.base:
            return True
    return False


cdef Outcome _refer(Search* search, Place* place) noexcept nogil:
    """A delegation is at or above the name: say who knows (RFC 1034 4.3.2 step 3b)."""
    search.reply.has_authority = True
    search.reply.authority.owner = node_owner(&place.cut)
    search.reply.authority.rrset = find_rrset(&place.cut, NS)
    search.reply.authority.ttl = <uint32_t>TTL_OWN
    if not search.reply.authority.rrset.size:
        return DAMAGED
    add_glue(search, place.cut_label)
    return REFERRAL


cdef Outcome _deny(Search* search, Outcome outcome) noexcept nogil:
    """Say that there is nothing, and for how long (RFC 2308 section 3)."""
    cdef Span apex = find_node(search.state, search.number, search.name, search.apex)
    cdef Span soa = find_rrset(&apex, SOA)
    cdef uint32_t ttl, minimum
    if not soa.size:
        return DAMAGED
    if outcome == NXDOMAIN:
        search.reply.rcode = RCODE_NXDOMAIN
    ttl = get32(&soa, 4)
    minimum = get32(&soa, soa.size - 4)
    search.reply.has_authority = True
    search.reply.authority.owner = node_owner(&apex)
    search.reply.authority.rrset = soa
    search.reply.authority.ttl = ttl if ttl < minimum else minimum
    return outcome
