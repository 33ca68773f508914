# cython: language_level=3
"""An image from a run of records, without Python: what ``builder`` makes, octet for octet.

For zones that come in one piece.  Records are taken in the order of the store, so that a name comes
after all above it and before all that come after those: a stack of open names is enough to make the
empty ones in between and to count children.
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcmp, memcpy, memset

from microdns_dns.bulk.run cimport Item, RecordRun
from microdns_dns.engine.image cimport ImageData, UNIT, place_node, slots_for
from microdns_dns.engine.name cimport Name, read_name
from microdns_dns.engine.node cimport (
    DELEGATION, HAS_CNAME, HAS_DNAME, NODE_HEADER, OWN_TTLS, RRSET_HEADER, SPELLED,
    node_folded,
)
from microdns_dns.engine.octets cimport (
    Room, Span, get32, part, put8, put16, put32, put_octets, span_of,
)
from microdns_dns.engine.zones cimport CUTS_BELOW, CUT_AT_APEX

from microdns_dns.engine.node import shape_of

cdef enum:
    FIRST_SIZE = 1048576
    LEVELS_MAX = 128
    COUNT_MAX = 65535
    SOA = 6

cdef uint8_t[256] SHAPE
for _type in range(256):
    SHAPE[_type] = shape_of(_type)


cdef class _Packer:
    """The octets so far, and the names that are still open: the apex, and those below it."""

    cdef RecordRun _run
    cdef tuple _kept
    cdef Span _origin
    cdef Span _soa
    cdef uint32_t _soa_ttl
    cdef Room _room
    cdef uint64_t _names
    cdef int _cuts
    cdef size_t[LEVELS_MAX] _open
    # Where the node of each level starts.
    cdef int _levels
    cdef uint8_t[256] _wire
    cdef size_t _wire_size
    cdef uint8_t[256] _folded

    def __init__(self, RecordRun run, bytes origin, uint32_t soa_ttl, bytes soa):
        self._run = run
        self._kept = (origin, soa)
        self._origin = span_of(<const uint8_t*>origin, len(origin))
        self._soa = span_of(<const uint8_t*>soa, len(soa))
        self._soa_ttl = soa_ttl

    def __dealloc__(self):
        free(self._room.base)

    cdef bint pack(self) noexcept nogil:
        """All nodes; false when there is no memory, or a record that none may be."""
        cdef size_t start = 0, end
        cdef const uint8_t* key = NULL
        cdef size_t key_size = 0
        cdef Item* item
        cdef uint8_t[UNIT] unit
        memset(unit, 0, UNIT)
        self._need(UNIT)
        put_octets(&self._room, unit, UNIT)
        item = NULL if self._run._ordered == 0 else self._item(0)
        if item is NULL or item.key:  # nothing but the SOA is at the apex
            if not self._apex(0, 0):
                return False
        while start < self._run._ordered and not self._room.fault:
            end = start + 1
            while end < self._run._ordered and self._run._same_owner(start, end):
                end += 1
            item = self._item(start)
            if item.key == 0:
                if not self._apex(start, end):
                    return False
            else:
                self._close(key, key_size, self._run._arena + item.at, item.key)
                key, key_size = self._run._arena + item.at, item.key
                if not self._spell(key + item.key, item.name) or not self._owner(start, end):
                    return False
            start = end
        return not self._room.fault

    cdef Item* _item(self, size_t place) noexcept nogil:
        return &self._run._items[self._run._order[place].index]

    cdef bint _need(self, size_t size) noexcept nogil:
        """Room for so many octets more."""
        cdef size_t room = self._room.size if self._room.size else FIRST_SIZE
        cdef void* grown
        if self._room.base is not NULL and self._room.size - self._room.used >= size:
            return True
        while room - self._room.used < size:
            room *= 2
        grown = realloc(self._room.base, room)
        if grown is NULL:
            self._room.fault = True
            return False
        self._room.base = <uint8_t*>grown
        self._room.size = room
        return True

    # --- names

    cdef bint _spell(self, const uint8_t* text, size_t size) noexcept nogil:
        """The wire form of an owner relative to the zone; false when it has none."""
        cdef size_t at = 0, used = 0, length = 0, origin = self._origin.size
        cdef uint8_t octet
        if size == 1 and text[0] == 64:
            size = 0
        while at < size:
            octet = text[at]
            at += 1
            if octet == 46:
                if not self._end_label(&used, &length):
                    return False
                continue
            if octet == 92:
                if not _unescape(text, size, &at, &octet):
                    return False
            if used + length + 2 + origin > 255 or length >= 63:
                return False
            self._wire[used + 1 + length] = octet
            length += 1
        if size and not self._end_label(&used, &length):
            return False
        if used + origin > 255:
            return False
        memcpy(self._wire + used, self._origin.base, origin)
        self._wire_size = used + origin
        for at in range(self._wire_size):
            octet = self._wire[at]
            self._folded[at] = octet + 32 if 65 <= octet <= 90 else octet
        return True

    cdef bint _end_label(self, size_t* used, size_t* length) noexcept nogil:
        if length[0] == 0:
            return False
        self._wire[used[0]] = <uint8_t>length[0]
        used[0] += 1 + length[0]
        length[0] = 0
        return True

    cdef void _close(
        self, const uint8_t* before, size_t before_size, const uint8_t* key, size_t size
    ) noexcept nogil:
        """Leave open only what the name with this key is below: labels that both keys begin with."""
        cdef size_t at = 0
        cdef int levels = 1
        while at < before_size and at < size and before[at] == key[at]:
            levels += key[at] == 0
            at += 1
        self._levels = levels

    cdef bint _apex(self, size_t start, size_t end) noexcept nogil:
        self._levels = 0
        if not self._spell(NULL, 0):
            return False
        return self._node(0, start, end, True)

    cdef bint _owner(self, size_t start, size_t end) noexcept nogil:
        """The nodes between what is open and this name, and its own."""
        cdef size_t[LEVELS_MAX] offsets
        cdef size_t at = 0
        cdef size_t below = self._wire_size - self._origin.size
        cdef int labels = 0, level
        while at < below:
            if labels >= LEVELS_MAX - 2:
                return False
            offsets[labels] = at
            labels += 1
            at += 1 + self._wire[at]
        if labels < self._levels:
            return False  # keys and names do not belong together
        for level in range(self._levels, labels):
            if not self._node(offsets[labels - level], 0, 0, False):
                return False
        return self._node(0, start, end, False)

    cdef bint _node(self, size_t offset, size_t start, size_t end, bint apex) noexcept nogil:
        """Write the node of the name from ``offset`` on, with the records of these places."""
        cdef size_t place, name = self._wire_size - offset
        cdef size_t rrsets = 0, next
        cdef int flags = 0
        cdef uint16_t rrtype
        if not self._need(NODE_HEADER + 2 * name + UNIT):
            return False
        if self._levels:
            self._count_child(self._open[self._levels - 1])
        place = self._room.used
        self._open[self._levels] = place
        self._levels += 1
        self._names += 1
        if memcmp(self._wire + offset, self._folded + offset, name) != 0:
            flags |= SPELLED
        put32(&self._room, 0)
        put32(&self._room, 0)
        put32(&self._room, 0)
        put_octets(&self._room, self._folded + offset, name)
        if flags & SPELLED:
            put_octets(&self._room, self._wire + offset, name)
        if apex:
            self._soa_rrset()
            rrsets += 1
        while start < end:
            rrtype = self._item(start).type
            next = start + 1
            while next < end and self._item(next).type == rrtype:
                next += 1
            if not self._rrset(start, next):
                return False
            flags |= self._mark(rrtype, apex)
            rrsets += 1
            start = next
        self._head(place, flags, name, rrsets)
        while self._room.used % UNIT and self._need(1):
            put8(&self._room, 0)
        return not self._room.fault and rrsets <= COUNT_MAX

    cdef void _head(self, size_t place, int flags, size_t name, size_t rrsets) noexcept nogil:
        """What a node's header says of what followed; its children are counted when they come."""
        cdef Room head
        head.base = self._room.base + place
        head.size = 8
        head.used = 0
        head.fault = self._room.fault
        put32(&head, <uint32_t>(self._room.used - place))
        put8(&head, <uint8_t>flags)
        put8(&head, <uint8_t>name)
        put16(&head, <uint16_t>rrsets)

    cdef void _count_child(self, size_t place) noexcept nogil:
        cdef Span node = span_of(self._room.base, self._room.used)
        cdef Room head
        head.base = self._room.base + place + 8
        head.size = 4
        head.used = 0
        head.fault = self._room.fault
        put32(&head, get32(&node, place + 8) + 1)

    cdef int _mark(self, uint16_t rrtype, bint apex) noexcept nogil:
        """What an RRset means for lookups."""
        if rrtype == 2 and not apex:
            self._cuts |= CUTS_BELOW
            return DELEGATION
        if rrtype == 39:
            self._cuts |= CUT_AT_APEX if apex else CUTS_BELOW
            return HAS_DNAME
        return HAS_CNAME if rrtype == 5 else 0

    # --- RRsets

    cdef void _soa_rrset(self) noexcept nogil:
        cdef size_t size = self._soa.size
        if self._need(RRSET_HEADER + 2 + size):
            self._rrset_head(SOA, 1, self._soa_ttl, RRSET_HEADER + 2 + size, 0)
            put16(&self._room, <uint16_t>size)
            put_octets(&self._room, self._soa.base, size)

    cdef bint _rrset(self, size_t start, size_t end) noexcept nogil:
        cdef size_t at, size = RRSET_HEADER
        cdef Item* item = self._item(start)
        cdef uint32_t lowest = item.ttl
        cdef bint own = False
        for at in range(start, end):
            item = self._item(at)
            size += 2 + item.rdata
            own = own or item.ttl != self._item(start).ttl
            lowest = min(lowest, item.ttl)
        if own:
            size += 4 * (end - start)
        if end - start > COUNT_MAX or not self._need(size + UNIT):
            return False
        self._rrset_head(item.type, end - start, lowest, size, OWN_TTLS if own else 0)
        if own:
            for at in range(start, end):
                put32(&self._room, self._item(at).ttl)
        for at in range(start, end):
            item = self._item(at)
            put16(&self._room, item.rdata)
            put_octets(
                &self._room, self._run._arena + item.at + item.key + item.name, item.rdata
            )
        return True

    cdef void _rrset_head(
        self, uint16_t rrtype, size_t count, uint32_t ttl, size_t size, int flags
    ) noexcept nogil:
        put16(&self._room, rrtype)
        put16(&self._room, <uint16_t>count)
        put32(&self._room, ttl)
        put32(&self._room, <uint32_t>size)
        put8(&self._room, SHAPE[rrtype] if rrtype < 256 else 0)
        put8(&self._room, <uint8_t>flags)

    # --- the end

    cdef bint finish(self, ImageData made) noexcept nogil:
        """Give octets and slots to an image; false when there is no memory."""
        cdef uint64_t slots = slots_for(self._names)
        cdef size_t octets = self._room.used
        cdef uint8_t* block = <uint8_t*>realloc(self._room.base, octets + slots * 8)
        cdef Name name
        cdef Span node, folded
        cdef size_t at = UNIT
        if block is NULL:
            return False
        self._room.base = NULL
        memset(block + octets, 0, slots * 8)
        made.block = block
        made.size = octets + slots * 8
        made.cuts = self._cuts
        made.image.octets = span_of(block, octets)
        made.image.slots = <uint64_t*>(block + octets)
        made.image.mask = slots - 1
        made.image.names = self._names
        while at < octets:
            node = part(&made.image.octets, at, get32(&made.image.octets, at))
            folded = node_folded(&node)
            if folded.fault or read_name(&name, &folded, 0) == 0:
                return False
            place_node(made.image, &name, at)
            at += (node.size + UNIT - 1) // UNIT * UNIT
        return True


cdef bint _unescape(
    const uint8_t* text, size_t size, size_t* at, uint8_t* octet
) noexcept nogil:
    """What stands behind a backslash: three digits, or any octet (RFC 1035 5.1)."""
    cdef int value
    if at[0] >= size:
        return False
    if not 48 <= text[at[0]] <= 57:
        octet[0] = text[at[0]]
        at[0] += 1
        return True
    if at[0] + 3 > size:
        return False
    value = (text[at[0]] - 48) * 100 + (text[at[0] + 1] - 48) * 10 + text[at[0] + 2] - 48
    if not 0 <= value <= 255:
        return False
    octet[0] = <uint8_t>value
    at[0] += 3
    return True


def pack_run(RecordRun run, bytes origin, uint32_t soa_ttl, bytes soa):
    """The image of a zone with these records (sorted); ``origin`` as it is spelled.

    Others run meanwhile.  Raises ValueError for records that no image can hold, MemoryError.
    """
    cdef _Packer packer = _Packer(run, origin, soa_ttl, soa)
    cdef ImageData made = ImageData.__new__(ImageData)
    cdef bint done
    with nogil:
        done = packer.pack() and packer.finish(made)
    if not done:
        raise ValueError("the records can't be packed into an image")
    return made
