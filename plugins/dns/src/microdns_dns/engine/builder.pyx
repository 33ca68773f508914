# cython: language_level=3
"""Building images from sorted records; see the .pxd, and ``node.pxd`` for what is written."""

from libc.stdlib cimport free, realloc
from libc.string cimport memcpy, memset

from microdns_dns.engine.image cimport UNIT
from microdns_dns.engine.node cimport (
    DELEGATION, HAS_CNAME, HAS_DNAME, NODE_HEADER, OWN_TTLS, RRSET_HEADER, SPELLED,
)
from microdns_dns.engine.octets cimport Room, put8, put16, put32, put_octets, set16, set32
from microdns_dns.engine.zones cimport CUTS_BELOW, CUT_AT_APEX

from microdns_dns.engine.node import shape_of

cdef enum:
    FIRST_SIZE = 65536


cdef class ImageBuilder:
    """Records in, an image out.

    ``add`` takes them zone apex first, in canonical order of their owners (RFC 4034 6.1), each
    RRset in one go; it raises ValueError when they come otherwise.  Empty non-terminals are made.
    """

    def __init__(self, bytes origin):
        self._origin = origin
        self._above = []
        self._rdatas = []
        self._ttls = []
        self._type = -1
        self._used = UNIT

    def __dealloc__(self):
        free(self._octets)

    def add(self, bytes owner, int rrtype, unsigned int ttl, bytes rdata):
        """One record; the owner as it is to be spelled."""
        if owner != self._owner:
            self._open_owner(owner)
        if rrtype != self._type:
            self._end_rrset()
            self._type = rrtype
        self._rdatas.append(rdata)
        self._ttls.append(ttl)

    def add_node(self, bytes owner, rrsets):
        """A name with all its RRsets (empty: only if it is an empty non-terminal)."""
        self._open_owner(owner)
        for rrset in rrsets:
            self._end_rrset()
            self._type = rrset.type
            self._rdatas.extend(rrset.rdatas)
            self._ttls.extend(rrset.ttls or [rrset.ttl] * len(rrset.rdatas))

    def finish(self) -> bytes:
        """The image's octets."""
        self._end_node()
        return <bytes>self._octets[:self._used] if self._octets is not NULL else b"\0" * UNIT

    cdef int _open_owner(self, bytes owner) except -1:
        """End the node before, make the empty ones in between, begin this one."""
        cdef bytes folded = owner.lower()
        if self._above and folded == self._above[len(self._above) - 1][0]:
            return 0  # only the case differs: the first spelling stays
        self._end_node()
        above = self._above
        while above and not _is_below(folded, above[len(above) - 1][0]):
            above.pop()
        if not above:
            if folded != self._origin or self.names:
                raise ValueError("records do not come in canonical order below the zone's apex")
        else:
            top = above[len(above) - 1][0]
            missing = []
            at = 1 + folded[0]
            while len(folded) - at > len(top):
                missing.append(at)
                at += 1 + folded[at]
            for at in reversed(missing):
                self._count_child()
                self._begin_node(folded[at:], owner[at:])
                self._end_node()
            self._count_child()
        self._begin_node(folded, owner)
        self._owner = owner
        return 0

    cdef int _count_child(self) except -1:
        """The node on top of the stack has one more child."""
        cdef size_t place = self._above[len(self._above) - 1][1]
        cdef Room room
        room.base = self._octets
        room.size = self._used
        room.used = self._used
        room.fault = False
        self._above[len(self._above) - 1][2] += 1
        set32(&room, place + 8, self._above[len(self._above) - 1][2])
        return 0

    cdef int _begin_node(self, bytes folded, bytes owner) except -1:
        cdef uint8_t[NODE_HEADER] header
        memset(header, 0, NODE_HEADER)
        self._node = self._used
        self._flags = SPELLED if folded != owner else 0
        self._rrsets = 0
        self._above.append([folded, self._node, 0])
        self._write(header, NODE_HEADER)
        self._write(<const uint8_t*>folded, len(folded))
        if self._flags:
            self._write(<const uint8_t*>owner, len(owner))
        self.names += 1
        return 0

    cdef int _end_node(self) except -1:
        """Write what a node's header says of what followed, and fill up to the next unit."""
        cdef Room room
        cdef uint8_t[UNIT] zeros
        if not self._above or self._node == 0:
            return 0
        self._end_rrset()
        top = self._above[len(self._above) - 1]
        room.base = self._octets + self._node
        room.size = NODE_HEADER
        room.used = 0
        room.fault = False
        put32(&room, <uint32_t>(self._used - self._node))
        put8(&room, <uint8_t>self._flags)
        put8(&room, <uint8_t>len(top[0]))
        put16(&room, <uint16_t>self._rrsets)
        put32(&room, top[2])
        memset(zeros, 0, UNIT)
        if self._used % UNIT:
            self._write(zeros, UNIT - self._used % UNIT)
        self._node = 0
        self._owner = None
        return 0

    cdef int _end_rrset(self) except -1:
        cdef size_t size = RRSET_HEADER
        cdef uint32_t lowest
        cdef bint own
        cdef uint8_t[RRSET_HEADER] octets
        cdef uint8_t[4] number
        cdef Room room
        cdef bytes rdata
        if not self._rdatas:
            self._type = -1
            return 0
        if len(self._rdatas) > 0xFFFF:
            raise ValueError("an RRset has more than 65,535 records")
        lowest = min(self._ttls)
        own = max(self._ttls) != lowest
        for member in self._rdatas:
            size += 2 + len(member)
        if own:
            size += 4 * len(self._ttls)
        room.base = octets
        room.size = RRSET_HEADER
        room.used = 0
        room.fault = False
        put16(&room, <uint16_t>self._type)
        put16(&room, <uint16_t>len(self._rdatas))
        put32(&room, lowest)
        put32(&room, <uint32_t>size)
        put8(&room, <uint8_t>shape_of(self._type))
        put8(&room, OWN_TTLS if own else 0)
        self._write(octets, RRSET_HEADER)
        room.base = number
        room.size = 4
        if own:
            for ttl in self._ttls:
                room.used = 0
                put32(&room, ttl)
                self._write(number, 4)
        for member in self._rdatas:
            rdata = member
            room.used = 0
            put16(&room, <uint16_t>len(rdata))
            self._write(number, 2)
            self._write(<const uint8_t*>rdata, len(rdata))
        self._mark()
        self._rdatas = []
        self._ttls = []
        self._rrsets += 1
        self._type = -1
        return 0

    def _mark(self):
        """Note in the node's flags what the RRset just written means for lookups."""
        apex = len(self._above) == 1
        if self._type == 2 and not apex:
            self._flags |= DELEGATION
            self.cuts |= CUTS_BELOW
        elif self._type == 5:
            self._flags |= HAS_CNAME
        elif self._type == 39:
            self._flags |= HAS_DNAME
            self.cuts |= CUT_AT_APEX if apex else CUTS_BELOW

    cdef int _write(self, const uint8_t* octets, size_t size) except -1:
        cdef uint8_t* grown
        cdef size_t wanted = self._size if self._size else FIRST_SIZE
        while wanted - self._used < size:
            wanted *= 2
        if wanted != self._size or self._octets is NULL:
            grown = <uint8_t*>realloc(self._octets, wanted)
            if grown is NULL:
                raise MemoryError
            if self._octets is NULL:
                memset(grown, 0, UNIT)
            self._octets = grown
            self._size = wanted
        memcpy(self._octets + self._used, octets, size)
        self._used += size
        return 0


cdef bint _is_below(bytes folded, bytes above) except -1:
    """Whether a name is below another."""
    cdef Py_ssize_t at = 0
    cdef Py_ssize_t cut = len(folded) - len(above)
    if cut <= 0 or not folded.endswith(above):
        return False
    while at < cut:
        at += 1 + folded[at]
    return at == cut
