# cython: language_level=3
"""Writing a zone anew as one image, while it is answered from and goes on changing.

What a change leaves behind is a node beside the image.  Many of them take memory and time, and a
file has to hold a zone as one piece.  So a thread copies nodes as of one published change, without
the GIL, as any reader finds them; the zone then takes the copy and keeps what came later.
"""

from libc.stdint cimport uint8_t, uint64_t
from libc.stdlib cimport calloc, realloc
from libc.string cimport memcpy, memmove, memset

from microdns_dns.engine.atomic cimport ACQUIRE, load_pointer
from microdns_dns.engine.epochs cimport enter
from microdns_dns.engine.image cimport Image, ImageData, UNIT, place_node, slots_for
from microdns_dns.engine.name cimport Name, read_name
from microdns_dns.engine.node cimport (
    DELEGATION, GONE, HAS_DNAME, node_flags, node_folded,
)
from microdns_dns.engine.octets cimport Span, get32, part, span_of
from microdns_dns.engine.versions cimport Table, Version, find_version, visible
from microdns_dns.engine.zones cimport (
    CUTS_BELOW, CUT_AT_APEX, CompiledZone, State, Zones,
)


cdef class Compaction:
    """One copy of a zone, as of the change that was published last.

    Made, and closed, on the thread that changes zones; ``run`` may be called from another one.
    Until ``close`` no memory of the engine is freed, so close it soon.
    """

    cdef Zones _zones
    cdef State* _state
    cdef int _reader
    cdef int _labels
    cdef readonly uint64_t number
    """The change as of which the copy is."""

    def __init__(self, CompiledZone zone):
        self._reader = -1
        self._zones = zone._zones
        self._state = zone._state()
        if self._state.since > self._zones.core.number:
            raise ValueError("the zone is not published yet")
        self._labels = zone.zone.labels
        self.number = self._zones.core.number
        self._reader = self._zones.reclaimer.add_reader()
        enter(self._zones.reclaimer.epochs, self._reader)

    def __dealloc__(self):
        self.close()

    def close(self):
        """Let memory be freed again."""
        if self._reader >= 0:
            self._zones.reclaimer.remove_reader(self._reader)
            self._reader = -1

    def run(self) -> ImageData:
        """The copy; raises MemoryError, and ValueError when the image is damaged."""
        cdef ImageData made = ImageData.__new__(ImageData)
        cdef bint done
        if self._reader < 0:
            raise ValueError("the compaction is over")
        with nogil:
            done = self._make_room(made) and self._copy(made)
        if made.block is NULL:
            raise MemoryError
        if not done:
            raise ValueError("the image of the zone is damaged")
        return made

    cdef bint _make_room(self, ImageData made) noexcept nogil:
        """Room for all that there may be."""
        cdef uint64_t names = 0, slot
        cdef size_t size = UNIT
        cdef Version* version
        if self._state.image is not NULL:
            names = self._state.image.names
            size = self._state.image.octets.size
        if self._state.table is not NULL:
            for slot in range(self._state.table.mask + 1):
                version = self._version(slot)
                if version is not NULL:
                    names += 1
                    size += _padded(version.node.size)
        made.image.mask = slots_for(names) - 1
        made.size = _padded(size) + (made.image.mask + 1) * 8
        made.block = <uint8_t*>calloc(made.size, 1)
        if made.block is NULL:
            return False
        made.image.octets = span_of(made.block, UNIT)
        made.image.slots = <uint64_t*>(made.block + _padded(size))
        return True

    cdef Version* _version(self, uint64_t slot) noexcept nogil:
        """The state of a changed name as of the change; NULL: the slot is free, or it is newer."""
        cdef Table* table = self._state.table
        return visible(
            <Version*>load_pointer(<void**>&table.slots[slot], ACQUIRE), self.number
        )

    cdef bint _copy(self, ImageData made) noexcept nogil:
        """Copy the image's nodes that have not changed, then the changed ones."""
        cdef Image* image = self._state.image
        cdef Table* table = self._state.table
        cdef size_t at = UNIT
        cdef uint64_t slot
        cdef Span node
        cdef Version* version
        if image is not NULL:
            while at < image.octets.size:
                node = part(&image.octets, at, get32(&image.octets, at))
                if node.fault or node.size == 0 or not self._take(made, node, table):
                    return False
                at += _padded(node.size)
        if table is not NULL:
            for slot in range(table.mask + 1):
                version = self._version(slot)
                if version is not NULL and not node_flags(&version.node) & GONE:
                    if not self._take(made, version.node, NULL):
                        return False
        return self._finish(made)

    cdef bint _take(self, ImageData made, Span node, Table* unless) noexcept nogil:
        """Copy a node, unless its name has changed; false when it is none or there is no room."""
        cdef Name name
        cdef Span folded = node_folded(&node)
        cdef size_t at = made.image.octets.size
        if folded.fault or read_name(&name, &folded, 0) != folded.size:
            return False
        if unless is not NULL and visible(find_version(unless, &name, 0), self.number) is not NULL:
            return True
        if at + _padded(node.size) > <size_t>(<uint8_t*>made.image.slots - made.block):
            return False
        memcpy(made.block + at, node.base, node.size)  # the rest of the unit is zero
        made.image.octets.size = at + _padded(node.size)
        made.image.names += 1
        if node_flags(&node) & DELEGATION:
            made.cuts |= CUTS_BELOW
        if node_flags(&node) & HAS_DNAME:
            made.cuts |= CUT_AT_APEX if name.labels == self._labels else CUTS_BELOW
        return place_node(made.image, &name, at)

    cdef bint _finish(self, ImageData made) noexcept nogil:
        """Close the gap between octets and slots; fewer names may do with fewer slots."""
        cdef uint64_t slots = slots_for(made.image.names)
        cdef size_t octets = made.image.octets.size
        cdef uint8_t* smaller
        cdef bint again = slots != made.image.mask + 1
        memmove(made.block + octets, made.image.slots, slots * 8)
        made.size = octets + slots * 8
        smaller = <uint8_t*>realloc(made.block, made.size)
        if smaller is not NULL:
            made.block = smaller
        made.image.octets.base = made.block
        made.image.slots = <uint64_t*>(made.block + octets)
        made.image.mask = slots - 1
        return not again or self._place_again(made)

    cdef bint _place_again(self, ImageData made) noexcept nogil:
        cdef Name name
        cdef size_t at = UNIT
        cdef Span node, folded
        memset(made.image.slots, 0, (made.image.mask + 1) * 8)
        while at < made.image.octets.size:
            node = part(&made.image.octets, at, get32(&made.image.octets, at))
            folded = node_folded(&node)
            read_name(&name, &folded, 0)
            if not place_node(made.image, &name, at):
                return False
            at += _padded(node.size)
        return True


cdef inline size_t _padded(size_t size) noexcept nogil:
    return (size + UNIT - 1) // UNIT * UNIT
