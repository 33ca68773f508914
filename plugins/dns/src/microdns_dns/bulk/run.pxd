"""Many records of one zone, packed: as a zone file gives them, on their way into the store.

Of each record the arena holds the key of its owner (``names.relative_key``), the owner as text
relative to the zone, and its rdata, one behind the other; an ``Item`` says the rest.
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t


cdef struct Item:
    uint64_t at
    uint32_t line
    uint32_t ttl
    uint16_t key
    uint16_t name
    uint16_t rdata
    # How many octets each takes.
    uint16_t type


cdef struct Place:
    uint64_t head
    # The first eight octets of the key, as a number.
    uint32_t index


cdef class RecordRun:
    cdef uint8_t* _arena
    cdef size_t _room
    cdef size_t _used
    cdef Item* _items
    cdef size_t _items_room
    cdef size_t _count
    cdef Place* _order
    cdef size_t _ordered
    cdef int append(
        self, const uint8_t* key, size_t key_size, const uint8_t* name, size_t name_size,
        uint16_t rrtype, uint32_t ttl, const uint8_t* rdata, size_t rdata_size, uint32_t line,
    ) except -1 nogil
    cdef bint _make_room(self, size_t size) noexcept nogil
    cdef void _begin_order(self) noexcept nogil
    cdef int _compare(self, const Place* one, const Place* other) noexcept nogil
    cdef bint _sorted(self) noexcept nogil
    cdef bint _merge(self) noexcept nogil
    cdef bint _same_owner(self, size_t one, size_t other) noexcept nogil
    cdef Item* _placed(self, size_t place) except NULL
    cdef bytes _content(self, Item* item)
    cdef bint _is_suspect(self, size_t start, size_t end, size_t octets_max) noexcept nogil
    cdef bint _maybe_twice(self, size_t start, size_t end) noexcept nogil
