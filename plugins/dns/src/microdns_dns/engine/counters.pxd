"""What one thread counts: plain numbers that only it writes, and anyone may read."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

cdef enum:
    TYPES = 260
    # Types below 259 are counted each for itself, all others together in the last place.
    RCODES = 24
    BUCKETS = 17
    ZONES = 201
    # The last place is for all further ones.
    OUTCOMES = 8
    FAULTS = 7
    # Parts of a message, by ``Fault``; the first place is for none.
    KINDS = 5
    # What cookies are worth.
    LIMITED_CLASSES = 6
    LIMITED_ACTIONS = 3


cdef struct Counters:
    uint64_t answered[TYPES][RCODES]
    uint64_t truncated
    uint64_t short_messages
    uint64_t responses
    uint64_t oversize
    uint64_t overload
    uint64_t unsent
    uint64_t receive_errors
    uint64_t upward
    uint64_t batches
    uint64_t latency[BUCKETS]
    uint64_t latency_nanoseconds
    uint64_t zones[ZONES][OUTCOMES]
    uint64_t denied
    uint64_t cache_hits
    uint64_t not_allowed
    uint64_t malformed[FAULTS]
    uint64_t cookies[KINDS]
    uint64_t limited[LIMITED_CLASSES][LIMITED_ACTIONS]


cdef inline void count_answer(Counters* counters, uint16_t rrtype, uint16_t rcode) noexcept nogil:
    cdef unsigned int place = rrtype if rrtype < TYPES - 1 else TYPES - 1
    counters.answered[place][rcode if rcode < RCODES else RCODES - 1] += 1


cdef inline void count_zone(Counters* counters, uint32_t zone, int outcome) noexcept nogil:
    if 0 <= outcome < OUTCOMES:
        counters.zones[zone if zone < ZONES else ZONES - 1][outcome] += 1


cdef object read_counters(Counters* counted)
