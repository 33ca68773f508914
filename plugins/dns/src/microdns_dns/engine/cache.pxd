"""Answers of the plan that may be given again: packets, found by question.

Threads look entries up without locks and mark them as visited.  Whoever holds the GIL puts them in,
takes them out and frees them when no thread can hold them any more (``epochs``).
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from microdns_dns.engine.epochs cimport Reclaimer
from microdns_dns.engine.octets cimport Room, Span
from microdns_dns.engine.question cimport Question

cdef enum:
    BODY_MAX = 16384


cdef struct Entry:
    # Behind it: the folded name, where TTLs stand in the body (16 bits each), the body, which is
    # all that follows the question but OPT.
    void* next
    # In its bucket.
    void* newer
    void* older
    uint64_t visited
    uint64_t hash
    uint32_t plan
    uint32_t stored
    uint32_t expires
    uint16_t qtype
    uint16_t qclass
    uint16_t asked
    # The bits of a query that make a difference; see ``asked_bits``.
    uint16_t flags
    uint16_t rcode
    uint16_t kind
    uint16_t[3] counts
    uint16_t name_size
    uint16_t ttls
    uint32_t body_size


cdef struct Table:
    void** bucket
    uint64_t mask


cdef class PacketCache:
    cdef Table table
    cdef Reclaimer _reclaimer
    cdef Entry* _newest
    cdef Entry* _oldest
    cdef Entry* _hand
    cdef readonly unsigned long long bytes_max
    cdef readonly unsigned long long bytes_used
    cdef readonly unsigned long long evicted
    cdef long _count
    cdef int _insert(self, Entry* entry) except -1
    cdef int _evict(self) except -1
    cdef int _remove(self, Entry* entry) except -1


cdef Entry* find_entry(
    Table* table, Question* question, uint32_t plan, uint32_t now
) noexcept nogil
cdef void put_entry(Room* room, Entry* entry, Question* question, uint32_t now) noexcept nogil
cdef size_t write_kept(
    Entry* entry, Question* question, uint32_t now, uint8_t* out, size_t room, size_t size_max,
    uint16_t udp_payload_max, Span options
) noexcept nogil
