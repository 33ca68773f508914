# cython: language_level=3
"""Writing replies: the same octets as ``message.encode``, which explains the rules."""

from libc.string cimport memset

from microdns_dns.engine.name cimport LABELS_MAX, SECRET, hash_label
from microdns_dns.engine.node cimport RRSET_HEADER, first_rdata, rrset_count
from microdns_dns.engine.octets cimport (
    equal, get8, get16, get32, holds, part, put8, put16, put32, put_octets, put_span, set16,
    span_of, written,
)

cdef enum:
    HEADER = 12
    POINTER = 0xC000
    REACH = 0x4000
    CHAIN_MAX = 8
    # Pointers that lead from one to the next in one name; some clients give up after ten.
    QR = 0x8000
    AA = 0x0400
    TC = 0x0200
    KEPT_FLAGS = 0x7900
    CNAME = 5
    OPT = 41
    SERVFAIL = 2


cdef size_t write_reply(
    Writer* writer, Reply* reply, Question* question, uint8_t* out, size_t room, size_t size_max,
    uint16_t udp_payload_max, Span options,
) noexcept nogil:
    """Write the reply into ``out``; its size, or 0 if not even header and question fit.

    It has at most ``size_max`` octets, and sets TC where something needed was left out.
    """
    cdef size_t opt = 11 + options.size if question.edns else 0
    cdef bint complete = True
    cdef int answers, authorities = 0, extras = 0, index, count
    cdef uint16_t flags
    if size_max > room:
        size_max = room
    if size_max < HEADER + question.size + opt:
        return 0
    _begin(writer, question, out, size_max - opt)
    writer.rotation = reply.rotation
    answers = _add_all(writer, reply.answer, reply.answers, &complete)
    writer.rotation = 0
    if complete and reply.has_authority:
        authorities = _add_all(writer, &reply.authority, 1, &complete)
    if complete:
        extras = _add_all(writer, reply.glue, reply.glues, &complete)
    if complete:
        for index in range(reply.additionals):
            extras += _add(writer, &reply.additional[index])
    if reply.cut:
        complete = False
    reply.truncated = not complete
    flags = QR | (question.flags & KEPT_FLAGS) | (AA if reply.aa else 0)
    flags |= 0 if complete else TC
    flags |= reply.rcode & 0xF if question.edns or reply.rcode < 16 else SERVFAIL
    writer.room.size = room
    if opt:
        put_opt(&writer.room, question.dnssec_ok, reply.rcode, udp_payload_max, &options)
        extras += 1
    set16(&writer.room, 2, flags)
    set16(&writer.room, 6, <uint16_t>answers)
    set16(&writer.room, 8, <uint16_t>authorities)
    set16(&writer.room, 10, <uint16_t>extras)
    return 0 if writer.room.fault else writer.room.used


cdef void _begin(Writer* writer, Question* question, uint8_t* out, size_t limit) noexcept nogil:
    cdef Span asked = part(&question.packet, HEADER, question.size)
    writer.room.base = out
    writer.room.size = limit
    writer.room.used = 0
    writer.room.fault = False
    writer.question = question
    writer.learned = False
    writer.count = 0
    writer.occupied = 0
    writer.generation += 1
    if writer.generation == 0:  # all old ones would look new
        memset(writer.slots, 0, sizeof(writer.slots))
        writer.generation = 1
    put16(&writer.room, question.id)
    put16(&writer.room, 0)
    put16(&writer.room, 1 if question.size else 0)
    put32(&writer.room, 0)
    put16(&writer.room, 0)
    put_span(&writer.room, &asked)


cdef int _add_all(Writer* writer, Owned* owned, int total, bint* complete) noexcept nogil:
    """Write up to the first RRset that does not fit; how many records that were."""
    cdef int index, added, count = 0
    for index in range(total):
        added = _add(writer, &owned[index])
        if added == 0:
            complete[0] = False
            break
        count += added
    return count


cdef int _add(Writer* writer, Owned* owned) noexcept nogil:
    """Write an RRset wholly or not at all; how many records that were."""
    cdef size_t start = writer.room.used
    cdef uint32_t known = writer.count
    cdef uint32_t slot
    cdef bint asked = _is_question(writer, &owned.owner)
    cdef int count
    if owned.rrset.size:
        count = _add_records(writer, owned, asked)
    else:
        count = _add_made_up(writer, owned, asked)
    if count and not writer.room.fault:
        return count
    writer.room.used = start
    writer.room.fault = False
    while writer.count > known:  # names learned in what was taken back; the question's stay
        writer.count -= 1
        slot = writer.taken[writer.count]
        if <uint16_t>writer.slots[slot] >= start:
            writer.slots[slot] = <uint64_t>writer.generation << 32
    return 0


cdef int _add_records(Writer* writer, Owned* owned, bint asked) noexcept nogil:
    cdef Span* rrset = &owned.rrset
    cdef Span rdata
    cdef size_t at = first_rdata(rrset)
    cdef uint16_t rrtype = get16(rrset, 0)
    cdef uint32_t ttl = get32(rrset, 4) if owned.ttl == <uint32_t>TTL_OWN else owned.ttl
    cdef uint8_t shape = get8(rrset, 12)
    cdef int index, count = rrset_count(rrset)
    cdef int turned = writer.rotation % count if count else 0
    for index in range(turned):
        at += 2 + <size_t>get16(rrset, at)
    for index in range(count):
        if index == count - turned:
            at = first_rdata(rrset)
        rdata = part(rrset, at + 2, get16(rrset, at))
        at += 2 + rdata.size
        _put_owner(writer, &owned.owner, asked)
        put16(&writer.room, rrtype)
        put16(&writer.room, 1)
        put32(&writer.room, ttl)
        if shape:
            _put_rdata(writer, &rdata, shape)
        else:
            put16(&writer.room, <uint16_t>rdata.size)
            put_span(&writer.room, &rdata)
        if writer.room.fault:
            return 0
    return count


cdef int _add_made_up(Writer* writer, Owned* owned, bint asked) noexcept nogil:
    """The CNAME that a DNAME makes."""
    cdef size_t start
    _put_owner(writer, &owned.owner, asked)
    put16(&writer.room, CNAME)
    put16(&writer.room, 1)
    put32(&writer.room, owned.ttl)
    start = writer.room.used
    put16(&writer.room, 0)
    _put_name(writer, &owned.target, 0)
    if not writer.room.fault:
        set16(&writer.room, start, <uint16_t>(writer.room.used - start - 2))
    return 1


cdef inline bint _is_question(Writer* writer, Span* owner) noexcept nogil:
    cdef size_t size = writer.question.name.size
    return size > 1 and owner.size == size and equal(owner, 0, writer.question.name.spelled, size)


cdef inline void _put_owner(Writer* writer, Span* owner, bint asked) noexcept nogil:
    if asked:
        put16(&writer.room, POINTER | HEADER)
    else:
        _put_name(writer, owner, 0)


cdef void _put_rdata(Writer* writer, Span* rdata, uint8_t shape) noexcept nogil:
    cdef size_t start = writer.room.used
    cdef size_t at = shape >> 4
    cdef Span piece = part(rdata, 0, at)
    put16(&writer.room, 0)
    put_span(&writer.room, &piece)
    for _ in range(shape & 0xF):
        at = _put_name(writer, rdata, at)
        if writer.room.fault:
            return
    piece = part(rdata, at, rdata.size - at)
    put_span(&writer.room, &piece)
    if not writer.room.fault:
        set16(&writer.room, start, <uint16_t>(writer.room.used - start - 2))


cdef size_t _put_name(Writer* writer, Span* octets, size_t at) noexcept nogil:
    """A name, its longest ending that was written before being a pointer; where it ends."""
    cdef size_t start = writer.room.used
    cdef uint8_t[LABELS_MAX + 1] offset
    cdef uint64_t[LABELS_MAX + 1] hash
    cdef size_t labels = 0, index, size
    cdef uint32_t slot
    cdef uint64_t found = 0, depth = 0
    cdef Span piece
    if not writer.learned:
        writer.learned = True
        _learn_question(writer)
    size = _split(octets, at, offset, hash, &labels)
    if size == 0:
        writer.room.fault = True
        return at
    for index in range(labels):
        slot = _find(writer, octets, at + offset[index], size - offset[index], hash[index])
        if _is_of_message(writer, slot) and (writer.slots[slot] >> 16 & 0xFFFF) < CHAIN_MAX:
            found = writer.slots[slot]
            break
    else:
        index = labels
    if found:
        piece = part(octets, at, offset[index])
        put_span(&writer.room, &piece)
        put16(&writer.room, <uint16_t>(POINTER | found))
        depth = (found >> 16 & 0xFFFF) + 1
    else:
        piece = part(octets, at, size)
        put_span(&writer.room, &piece)
    if not writer.room.fault:
        _learn(writer, octets, at, size, offset, hash, index, start, depth)
    return at + size


cdef void _learn(
    Writer* writer, Span* octets, size_t at, size_t size, uint8_t* offset, uint64_t* hash,
    size_t labels, size_t place, uint64_t depth
) noexcept nogil:
    """Note where the first endings of a name stand, which was written at ``place``."""
    cdef uint32_t slot
    cdef size_t index
    for index in range(labels):
        if place + offset[index] >= REACH:
            break
        slot = _find(writer, octets, at + offset[index], size - offset[index], hash[index])
        _keep(writer, slot, depth << 16 | (place + offset[index]))


cdef size_t _split(
    Span* octets, size_t at, uint8_t* offset, uint64_t* hash, size_t* labels
) noexcept nogil:
    """Where the labels of a name start, and hashes of its endings; its size, or 0."""
    cdef size_t size = 0, count = 0, index, length
    cdef uint8_t[264] copy
    while True:
        length = get8(octets, at + size)
        if octets.fault or length > 63 or size + length + 1 > 255 or count > LABELS_MAX:
            return 0
        if length == 0:
            break
        offset[count] = <uint8_t>size
        count += 1
        size += 1 + length
    labels[0] = count
    if not holds(octets, at, size + 1):
        return 0
    cdef uint64_t above = SECRET[1]
    memcpy_padded(copy, octets.base + at, size)
    for index in range(count, 0, -1):
        length = copy[offset[index - 1]]
        above = hash_label(copy + offset[index - 1] + 1, length, above)
        hash[index - 1] = above
    return size + 1


cdef inline void memcpy_padded(uint8_t* copy, const uint8_t* octets, size_t size) noexcept nogil:
    """At most 255 octets, with zeros behind them."""
    cdef Room room
    room.base = copy
    room.size = 264
    room.used = 0
    room.fault = False
    put_octets(&room, octets, size)
    put32(&room, 0)
    put32(&room, 0)


cdef inline bint _is_of_message(Writer* writer, uint32_t slot) noexcept nogil:
    """Whether the slot holds the place of a name in this message."""
    return writer.slots[slot] >> 32 == writer.generation and <uint16_t>writer.slots[slot]


cdef uint32_t _find(
    Writer* writer, Span* octets, size_t at, size_t size, uint64_t hash
) noexcept nogil:
    """The slot that has this ending of a name, or one where it can be put."""
    cdef uint32_t slot = <uint32_t>(hash & (SLOTS - 1))
    cdef uint32_t usable = SLOTS
    while writer.slots[slot] >> 32 == writer.generation:
        if not <uint16_t>writer.slots[slot]:
            usable = slot if usable == SLOTS else usable
        elif _stands_at(writer, <uint16_t>writer.slots[slot], octets, at, size):
            return slot
        slot = (slot + 1) & (SLOTS - 1)
    return slot if usable == SLOTS else usable


cdef bint _stands_at(
    Writer* writer, size_t place, Span* octets, size_t at, size_t size
) noexcept nogil:
    """Whether the name at ``place`` of the message, pointers followed, is of these octets."""
    cdef Span message = written(&writer.room)
    cdef size_t end = at + size, length
    cdef int hops = 0
    while at < end:
        length = get8(&message, place)
        if length >= 0xC0:
            hops += 1
            if hops > LABELS_MAX:
                return False
            place = get16(&message, place) & 0x3FFF
            continue
        if not holds(octets, at, length + 1):
            return False
        if not equal(&message, place, octets.base + at, length + 1):
            return False
        if length == 0:
            return at + 1 == end
        at += length + 1
        place += length + 1
    return False


cdef inline void _keep(Writer* writer, uint32_t slot, uint64_t place) noexcept nogil:
    """Remember an ending.  Slots stay free, so that looking for one always ends."""
    if writer.count >= SLOTS or writer.occupied >= SLOTS // 4 * 3:
        return
    if writer.slots[slot] >> 32 != writer.generation:
        writer.occupied += 1
    writer.slots[slot] = (<uint64_t>writer.generation << 32) | place
    writer.taken[writer.count] = <uint16_t>slot
    writer.count += 1


cdef void _learn_question(Writer* writer) noexcept nogil:
    cdef Span asked = span_of(writer.question.name.spelled, writer.question.name.size)
    cdef uint8_t[LABELS_MAX + 1] offset
    cdef uint64_t[LABELS_MAX + 1] hash
    cdef size_t labels = 0, size
    if asked.size < 2:
        return
    size = _split(&asked, 0, offset, hash, &labels)
    _learn(writer, &asked, 0, size, offset, hash, labels, HEADER, 0)


cdef void put_opt(
    Room* room, bint dnssec_ok, uint16_t rcode, uint16_t payload, Span* options
) noexcept nogil:
    """RFC 6891 6.1.3; DO comes back as it was (RFC 3225 section 3)."""
    put8(room, 0)
    put16(room, OPT)
    put16(room, payload)
    put8(room, <uint8_t>(rcode >> 4))
    put8(room, 0)
    put16(room, 0x8000 if dnssec_ok else 0)
    put16(room, <uint16_t>options.size)
    put_span(room, options)
