# cython: language_level=3
"""Building images and finding nodes in them; see the .pxd."""

from cpython.buffer cimport PyBuffer_FillInfo
from libc.stdint cimport uint8_t
from libc.stdlib cimport calloc, free

from microdns_dns.engine.name cimport read_name, same_name
from microdns_dns.engine.node cimport NODE_HEADER, node_folded, node_size
from microdns_dns.engine.octets cimport get8, get32, part, span_of


cdef extern from *:
    """
    #include <stdlib.h>
    #ifdef __GLIBC__
    #include <malloc.h>
    static void give_back(void) { malloc_trim(0); }
    #else
    static void give_back(void) { }
    #endif
    """
    void give_back() noexcept nogil


def give_memory_back():
    """Return to the system what was freed: after large work the C library keeps a lot of it."""
    with nogil:
        give_back()


cdef Span find_in_image(Image* image, Name* name, size_t label) noexcept nogil:
    """The node of a name from this label on; a span at no address when there is none."""
    cdef uint64_t hash = name.hash[label & 127]
    cdef uint64_t slot = hash & image.mask
    cdef uint64_t entry, probes
    cdef Span node
    cdef size_t at
    for probes in range(image.mask + 1):
        entry = image.slots[slot]
        if entry == 0:
            break
        if entry >> 32 == hash >> 32:
            at = <size_t><uint32_t>entry * UNIT
            node = part(&image.octets, at, get32(&image.octets, at))
            if same_name(name, label, &node, NODE_HEADER, get8(&node, 5)):
                return node
        slot = (slot + 1) & image.mask
    return span_of(NULL, 0)


cdef void free_image(Image* image) noexcept nogil:
    if image is not NULL:
        free(<void*>image.octets.base)
        free(image.own_slots)
        free(image)


cdef Image* make_image(const uint8_t* octets, size_t size, size_t names) noexcept nogil:
    """An image of these nodes, each padded to eight octets, the first at place eight.

    The octets are taken over, and freed with the image, also when this fails.  NULL: no memory, or
    octets that are no nodes.
    """
    cdef Image* image = <Image*>calloc(1, sizeof(Image))
    cdef uint64_t slots = slots_for(names)
    if image is NULL:
        free(<void*>octets)
        return NULL
    image.octets = span_of(octets, size)
    image.names = names
    image.mask = slots - 1
    image.slots = image.own_slots = <uint64_t*>calloc(slots, 8)
    if image.slots is NULL or size // UNIT >> 32 or not _fill(image, names):
        free_image(image)
        return NULL
    return image


cdef uint64_t slots_for(uint64_t names) noexcept nogil:
    """How many slots so many names get: a power of two, a third of them free at least."""
    cdef uint64_t slots = 16
    while slots * 2 < names * 3:
        slots *= 2
    return slots


cdef bint place_node(Image* image, Name* name, size_t at) noexcept nogil:
    """Note in the table where the node of a name starts; false when the table is full."""
    cdef uint64_t slot = name.hash[0] & image.mask
    cdef uint64_t probes
    for probes in range(image.mask + 1):
        if image.slots[slot] == 0:
            image.slots[slot] = (name.hash[0] >> 32 << 32) | (at // UNIT)
            return True
        slot = (slot + 1) & image.mask
    return False


cdef bint _fill(Image* image, size_t names) noexcept nogil:
    """Put every node into the table; false when the octets are not exactly ``names`` nodes."""
    cdef Name name
    cdef size_t at = UNIT
    cdef size_t size
    cdef Span node, folded
    while at < image.octets.size:
        size = get32(&image.octets, at)
        node = part(&image.octets, at, size)
        folded = node_folded(&node)
        if folded.fault or read_name(&name, &folded, 0) != folded.size or names == 0:
            return False
        if not place_node(image, &name, at):
            return False
        at += (size + UNIT - 1) // UNIT * UNIT
        names -= 1
    return names == 0 and not image.octets.fault


cdef class ImageData:
    """An image that no zone has: made by ``Compaction``, or read from a file, to be taken by one.

    As a buffer it is its octets, and behind them the slots (each eight octets, in the order of
    this processor).  ``empty`` makes one to be filled through that buffer: whatever is put into
    it, nothing beyond it is read later.
    """

    def __cinit__(self):
        self.image = <Image*>calloc(1, sizeof(Image))
        if self.image is NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.block)
        free(self.image)

    @staticmethod
    def empty(size_t octets, uint64_t slots, size_t names, int cuts):
        """Room for octets and slots; raises ValueError for numbers that no image has."""
        cdef ImageData made = ImageData.__new__(ImageData)
        if octets % UNIT or octets // UNIT >> 32 or slots >> 33 or slots != slots_for(names):
            raise ValueError("no image has these sizes")
        made.block = <uint8_t*>calloc(octets + slots * 8, 1)
        if made.block is NULL:
            raise MemoryError
        made.size = octets + slots * 8
        made.image.octets = span_of(made.block, octets)
        made.image.slots = <uint64_t*>(made.block + octets)
        made.image.mask = slots - 1
        made.image.names = names
        made.cuts = cuts
        return made

    @property
    def octets(self) -> int:
        """How many octets the nodes take."""
        return self.image.octets.size

    @property
    def slots(self) -> int:
        """How many slots there are."""
        return self.image.mask + 1

    @property
    def names(self) -> int:
        """How many nodes there are."""
        return self.image.names

    def place_again(self):
        """Fill the slots from the nodes; raises ValueError when these are none."""
        cdef bint whole
        cdef uint64_t slot
        with nogil:
            for slot in range(self.image.mask + 1):
                self.image.slots[slot] = 0
            whole = _fill(self.image, self.image.names)
        if not whole:
            raise ValueError("the image of the zone is damaged")

    cdef Image* take(self) except NULL:
        """Give the image away, to be freed with ``free_image``; raises ValueError when it is gone,
        or somebody has its buffer."""
        cdef Image* taken = self.image
        if self.block is NULL or self._exported:
            raise ValueError("the image is not to be had")
        self.image = <Image*>calloc(1, sizeof(Image))
        if self.image is NULL:
            self.image = taken
            raise MemoryError
        self.block = NULL
        self.size = 0
        return taken

    def __getbuffer__(self, Py_buffer* buffer, int flags):
        PyBuffer_FillInfo(buffer, self, self.block, self.size, 0, flags)
        self._exported += 1

    def __releasebuffer__(self, Py_buffer* buffer):
        self._exported -= 1
