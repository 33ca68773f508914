"""The only place where memory of packets and images is read or written by address.

A ``Span`` is some octets and how many there are; a ``Room`` is the same for writing.  Whoever
reaches past the end gets zeros and sets ``fault``, which stays set: code reads on in good faith and
looks at ``fault`` before it acts.  Numbers are big endian, as on the wire.
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy


cdef struct Span:
    const uint8_t* base
    size_t size
    bint fault


cdef struct Room:
    uint8_t* base
    size_t size
    size_t used
    bint fault


cdef inline Span span_of(const uint8_t* base, size_t size) noexcept nogil:
    cdef Span made
    made.base = base
    made.size = size
    made.fault = False
    return made


cdef inline bint holds(Span* span, size_t at, size_t count) noexcept nogil:
    """Whether ``count`` octets from ``at`` are there."""
    return count <= span.size and at <= span.size - count


cdef inline uint8_t get8(Span* span, size_t at) noexcept nogil:
    if not holds(span, at, 1):
        span.fault = True
        return 0
    return span.base[at]


cdef inline uint16_t get16(Span* span, size_t at) noexcept nogil:
    if not holds(span, at, 2):
        span.fault = True
        return 0
    return <uint16_t>((span.base[at] << 8) | span.base[at + 1])


cdef inline uint32_t get32(Span* span, size_t at) noexcept nogil:
    if not holds(span, at, 4):
        span.fault = True
        return 0
    return (
        (<uint32_t>span.base[at] << 24) | (<uint32_t>span.base[at + 1] << 16)
        | (<uint32_t>span.base[at + 2] << 8) | <uint32_t>span.base[at + 3]
    )


cdef inline uint64_t get64_little(Span* span, size_t at) noexcept nogil:
    """The one number that is little endian: what SipHash makes and takes."""
    cdef uint64_t number = 0
    cdef size_t back
    if not holds(span, at, 8):
        span.fault = True
        return 0
    for back in range(8):
        number = number << 8 | span.base[at + 7 - back]
    return number


cdef inline Span part(Span* span, size_t at, size_t count) noexcept nogil:
    """The octets from ``at``; none at all, and a fault in both, when they are not all there."""
    cdef Span made
    if not holds(span, at, count):
        span.fault = True
        made.base = NULL
        made.size = 0
        made.fault = True
        return made
    made.base = span.base + at
    made.size = count
    made.fault = False
    return made


cdef inline bint equal(Span* span, size_t at, const uint8_t* other, size_t count) noexcept nogil:
    """Whether the octets from ``at`` are these ``count``."""
    return holds(span, at, count) and (count == 0 or memcmp(span.base + at, other, count) == 0)


cdef inline bint room_for(Room* room, size_t count) noexcept nogil:
    return not room.fault and count <= room.size and room.used <= room.size - count


cdef inline void put8(Room* room, uint8_t value) noexcept nogil:
    if not room_for(room, 1):
        room.fault = True
        return
    room.base[room.used] = value
    room.used += 1


cdef inline void put16(Room* room, uint16_t value) noexcept nogil:
    if not room_for(room, 2):
        room.fault = True
        return
    room.base[room.used] = <uint8_t>(value >> 8)
    room.base[room.used + 1] = <uint8_t>value
    room.used += 2


cdef inline void put32(Room* room, uint32_t value) noexcept nogil:
    put16(room, <uint16_t>(value >> 16))
    put16(room, <uint16_t>value)


cdef inline void put64_little(Room* room, uint64_t value) noexcept nogil:
    cdef int octet
    for octet in range(8):
        put8(room, <uint8_t>(value >> (8 * octet)))


cdef inline void put_octets(Room* room, const uint8_t* octets, size_t count) noexcept nogil:
    if not room_for(room, count):
        room.fault = True
        return
    if count:  # nothing may be at no address at all
        memcpy(room.base + room.used, octets, count)
    room.used += count


cdef inline void put_span(Room* room, Span* octets) noexcept nogil:
    if octets.fault:
        room.fault = True
        return
    put_octets(room, octets.base, octets.size)


cdef inline void set16(Room* room, size_t at, uint16_t value) noexcept nogil:
    """Overwrite what was written at ``at``."""
    if room.used < 2 or at > room.used - 2:
        room.fault = True
        return
    room.base[at] = <uint8_t>(value >> 8)
    room.base[at + 1] = <uint8_t>value


cdef inline void set32(Room* room, size_t at, uint32_t value) noexcept nogil:
    set16(room, at, <uint16_t>(value >> 16))
    set16(room, at + 2, <uint16_t>value)


cdef inline Span written(Room* room) noexcept nogil:
    """What was written so far, for reading."""
    return span_of(room.base, room.used)
