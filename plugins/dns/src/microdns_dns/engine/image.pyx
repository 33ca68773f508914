# cython: language_level=3
"""Building images and finding nodes in them; see the .pxd."""

from libc.stdint cimport uint8_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy

from microdns_dns.engine.name cimport read_name, same_name
from microdns_dns.engine.node cimport NODE_HEADER, node_folded, node_size
from microdns_dns.engine.octets cimport get8, get32, part, span_of


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
        free(image.slots)
        free(image)


cdef Image* make_image(const uint8_t* octets, size_t size, size_t names) noexcept nogil:
    """An image of these nodes, each padded to eight octets, the first at place eight.

    The octets are taken over, and freed with the image, also when this fails.  NULL: no memory, or
    octets that are no nodes.
    """
    cdef Image* image = <Image*>calloc(1, sizeof(Image))
    cdef uint64_t slots = 16
    if image is NULL:
        free(<void*>octets)
        return NULL
    image.octets = span_of(octets, size)
    while slots * 2 < names * 3:
        slots *= 2
    image.mask = slots - 1
    image.slots = <uint64_t*>calloc(slots, 8)
    if image.slots is NULL or size // UNIT >> 32 or not _fill(image, names):
        free_image(image)
        return NULL
    return image


cdef bint _fill(Image* image, size_t names) noexcept nogil:
    """Put every node into the table; false when the octets are not exactly ``names`` nodes."""
    cdef Name name
    cdef size_t at = UNIT
    cdef size_t size
    cdef uint64_t slot
    cdef Span node, folded
    while at < image.octets.size:
        size = get32(&image.octets, at)
        node = part(&image.octets, at, size)
        folded = node_folded(&node)
        if folded.fault or read_name(&name, &folded, 0) != folded.size or names == 0:
            return False
        slot = name.hash[0] & image.mask
        while image.slots[slot]:
            slot = (slot + 1) & image.mask
        image.slots[slot] = (name.hash[0] >> 32 << 32) | (at // UNIT)
        at += (size + UNIT - 1) // UNIT * UNIT
        names -= 1
    return names == 0 and not image.octets.fault
