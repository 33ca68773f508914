"""Names that changed since the image was built: each with its states, the newest first.

A reader works with the number of the last published change, and passes over states that are newer:
so it sees every change wholly or not at all, however many names it touches.
"""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from microdns_dns.engine.name cimport Name
from microdns_dns.engine.octets cimport Span


cdef struct Version:
    uint64_t number
    Version* older
    uint64_t hash
    Span node
    # Stands right behind this struct; has the flag GONE where the name exists no more.


cdef struct Table:
    uint64_t mask
    uint64_t used
    Version** slots


cdef Version* find_version(Table* table, Name* name, size_t label) noexcept nogil
cdef Version* visible(Version* newest, uint64_t number) noexcept nogil
cdef Table* make_table(uint64_t slots) noexcept nogil
cdef void free_table(Table* table) noexcept nogil
cdef Version* make_version(const uint8_t* node, size_t size, uint64_t hash, uint64_t number) noexcept nogil
cdef void place_version(Table* table, Version* version) noexcept nogil
