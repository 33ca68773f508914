"""Makes a zone's image from its records, given in canonical order."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t


cdef class ImageBuilder:
    cdef uint8_t* _octets
    cdef size_t _size
    cdef size_t _used
    cdef readonly size_t names
    cdef readonly int cuts
    cdef list _above
    cdef bytes _origin
    cdef object _owner
    cdef size_t _node
    cdef int _flags
    cdef int _rrsets
    cdef int _type
    cdef list _rdatas
    cdef list _ttls
    cdef int _write(self, const uint8_t* octets, size_t size) except -1
    cdef int _begin_node(self, bytes folded, bytes owner) except -1
    cdef int _end_node(self) except -1
    cdef int _end_rrset(self) except -1
    cdef int _count_child(self) except -1
    cdef int _open_owner(self, bytes owner) except -1
