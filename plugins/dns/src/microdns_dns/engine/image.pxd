"""A zone as one piece: nodes one behind the other, and a hash table of where they start.

It is never changed once built.  A slot holds the high half of the name's hash, and the node's
place in units of eight octets; zero is a free slot, and no node stands at place zero.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from microdns_dns.engine.name cimport Name
from microdns_dns.engine.octets cimport Span

cdef enum:
    UNIT = 8


cdef struct Image:
    Span octets
    uint64_t* slots
    uint64_t* own_slots
    # The same where they are memory of their own, NULL where they stand behind the octets.
    uint64_t mask
    uint64_t names


cdef Span find_in_image(Image* image, Name* name, size_t label) noexcept nogil
cdef void free_image(Image* image) noexcept nogil
cdef Image* make_image(const unsigned char* octets, size_t size, size_t names) noexcept nogil
cdef uint64_t slots_for(uint64_t names) noexcept nogil
cdef bint place_node(Image* image, Name* name, size_t at) noexcept nogil


cdef class ImageData:
    cdef Image* image
    cdef uint8_t* block
    cdef size_t size
    cdef Py_ssize_t _exported
    cdef readonly int cuts
    cdef Image* take(self) except NULL
