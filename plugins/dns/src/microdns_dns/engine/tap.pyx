# cython: language_level=3
"""Frames of dnstap, written without the GIL; see the .pxd, and ``dnstap.py`` for the format."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

from microdns_dns.engine.atomic cimport (
    ACQUIRE, ORDERED, RELAXED, RELEASE, fence, load_number, store_number,
)
from microdns_dns.engine.octets cimport (
    Room, Span, get32, put8, put32, put_octets, put_span, set32, span_of, written,
)

from microdns_dns.dnstap import octets_of

cdef enum:
    SECOND = 1000000000
    LENGTH = 4
    # Octets of the length before each frame.
    INET = 1
    INET6 = 2
    UDP = 1
    TCP = 2
    AUTH_QUERY = 1
    CLIENT_QUERY = 5
    # The type of the response is the next number.
    OF_VARINT = 0
    OF_OCTETS = 2
    OF_FIXED = 5


cdef class TapRing:
    """A ring that Python writes: each worker has one without this."""

    def __cinit__(self, bytes head, uint32_t one_in, uint64_t size):
        self.tap = make_tap(head, one_in, size)

    def __dealloc__(self):
        free(self.tap)

    def tell(self, exchange):
        """Tell of an ``Exchange`` of ``dnstap.py``, if it is one of the sample."""
        cdef Exchange told
        cdef bytes client = octets_of(exchange.client)
        cdef bytes server = octets_of(exchange.server)
        cdef bytes query = exchange.query
        cdef bytes response = exchange.response
        told.query = span_of(<const uint8_t*>query, len(query))
        told.response = span_of(<const uint8_t*>response, len(response))
        told.client = span_of(<const uint8_t*>client, len(client))
        told.server = span_of(<const uint8_t*>server, len(server))
        told.client_port = exchange.client[1]
        told.server_port = exchange.server[1]
        told.tcp = exchange.transport == "tcp"
        told.continued = exchange.continued
        told.for_client = exchange.for_client
        told.asked_ns = exchange.asked_ns
        told.answered_ns = exchange.answered_ns
        if is_told_of(self.tap):
            tell_of(self.tap, &told)

    def take(self, size_t size_max):
        """Whole frames of at most so many octets, or the first alone, and how many they are."""
        return take_frames(self.tap, size_max)

    def is_empty(self):
        """Whether there is nothing to take."""
        return is_empty(self.tap)

    @property
    def dropped(self):
        """Messages that found no room."""
        return self.tap.dropped


cdef Tap* make_tap(bytes head, uint32_t one_in, uint64_t size) except NULL:
    """A ring of at least ``size`` octets; ``head`` begins each frame, one answer in ``one_in`` is
    told of.  Raises ValueError for what has no room, and MemoryError."""
    cdef Tap* tap
    cdef uint64_t octets = TAP_BYTES_MIN
    if len(head) > HEAD_MAX:
        raise ValueError(f"a frame begins with at most {HEAD_MAX} octets")
    if not TAP_BYTES_MIN <= size <= TAP_BYTES_MAX:
        raise ValueError(f"a ring has {TAP_BYTES_MIN} to {TAP_BYTES_MAX} octets")
    if not one_in:
        raise ValueError("one answer in none is no sample")
    while octets < size:
        octets *= 2
    tap = <Tap*>calloc(1, sizeof(Tap) + octets)
    if tap is NULL:
        raise MemoryError
    tap.size = octets
    tap.one_in = one_in
    tap.head_size = <uint16_t>len(head)
    memcpy(tap.head, <const uint8_t*>head, len(head))
    return tap


cdef bint is_told_of(Tap* tap) noexcept nogil:
    """Whether the next answer is one of the sample."""
    tap.passed += 1
    if tap.passed < tap.one_in:
        return False
    tap.passed = 0
    return True


cdef void tell_of(Tap* tap, Exchange* exchange) noexcept nogil:
    """Put the query and its answer into the ring, or count them as dropped."""
    cdef uint64_t used = tap.written - load_number(&tap.taken, ACQUIRE)
    cdef size_t bound = exchange.query.size + exchange.response.size
    cdef uint64_t messages = 1 if exchange.continued else 2
    cdef Room room
    cdef Span frames
    room.base = tap.frames
    room.size = FRAMES_MAX
    room.used = 0
    room.fault = bound + 2 * (HEAD_MAX + FIELDS_MAX) > FRAMES_MAX
    # An upper bound first: a ring that is full costs nothing more than this.
    bound += 2 * (<size_t>tap.head_size + FIELDS_MAX)
    if not room.fault and used <= tap.size and bound <= tap.size - used:
        _put_frames(&room, tap, exchange)
    else:
        room.fault = True
    if room.fault:
        store_number(&tap.dropped, tap.dropped + messages, RELAXED)
        return
    frames = written(&room)
    _copy_in(tap, &frames)


cdef bint wakes_reader(Tap* tap) noexcept nogil:
    """Whether its reader waits, and must be told that there is something; only once."""
    fence(ORDERED)  # either we see it wait, or it sees what was written
    if not load_number(&tap.waiting, RELAXED):
        return False
    store_number(&tap.waiting, 0, RELAXED)
    return True


cdef object take_frames(Tap* tap, size_t size_max):
    """Whole frames, the oldest first, up to so many octets, and how many frames they are.

    A frame that is larger is given alone.
    """
    cdef uint64_t taken = load_number(&tap.taken, RELAXED)
    cdef uint64_t end = load_number(&tap.written, ACQUIRE)
    cdef uint64_t at = taken
    cdef uint64_t size
    cdef size_t count = 0
    cdef int frames = 0
    while end - at >= LENGTH:
        size = LENGTH + <uint64_t>_length_at(tap, at)
        if size > end - at or (frames and at + size - taken > size_max):
            break
        at += size
        frames += 1
    count = at - taken
    found = PyBytes_FromStringAndSize(NULL, count)  # nobody else has it yet
    _copy_out(tap, taken, <uint8_t*>PyBytes_AS_STRING(found), count)
    store_number(&tap.taken, at, RELEASE)
    return found, frames


cdef bint is_empty(Tap* tap):
    """Whether there is nothing to take; if so, the writer will wake the reader."""
    store_number(&tap.waiting, 1, RELAXED)
    fence(ORDERED)
    return load_number(&tap.written, ACQUIRE) == load_number(&tap.taken, RELAXED)


cdef void _put_frames(Room* room, Tap* tap, Exchange* exchange) noexcept nogil:
    cdef uint8_t fields[FIELDS_MAX]
    cdef Room common
    cdef Span head = span_of(tap.head, tap.head_size)
    cdef Span shared
    cdef uint8_t type_of_query = CLIENT_QUERY if exchange.for_client else AUTH_QUERY
    common.base = fields
    common.size = FIELDS_MAX
    common.used = 0
    common.fault = False
    _put_common(&common, exchange)
    shared = written(&common)
    if common.fault:
        room.fault = True
        return
    if not exchange.continued:
        _put_frame(room, &head, &shared, type_of_query, 10, &exchange.query, 0)
    _put_frame(
        room, &head, &shared, type_of_query + 1, 14, &exchange.response, exchange.answered_ns
    )


cdef void _put_common(Room* room, Exchange* exchange) noexcept nogil:
    """Fields of both messages: who asked whom, how, and when."""
    _put_number(room, 2, INET if exchange.client.size == 4 else INET6)
    _put_number(room, 3, TCP if exchange.tcp else UDP)
    _put_bytes(room, 4, &exchange.client)
    _put_bytes(room, 5, &exchange.server)
    _put_number(room, 6, exchange.client_port)
    _put_number(room, 7, exchange.server_port)
    _put_time(room, 8, exchange.asked_ns)


cdef void _put_frame(
    Room* room, Span* head, Span* common, uint8_t kind, uint8_t field, Span* message,
    uint64_t answered_ns
) noexcept nogil:
    """One frame: its length, the head, and the message with all its fields."""
    cdef uint8_t own[32]
    cdef Room fields
    cdef Span special
    cdef size_t size
    cdef size_t start = room.used
    fields.base = own
    fields.size = 32
    fields.used = 0
    fields.fault = False
    if answered_ns:
        _put_time(&fields, 12, answered_ns)
    _put_tag(&fields, field, OF_OCTETS)
    _put_varint(&fields, message.size)
    special = written(&fields)
    size = 2 + common.size + special.size + message.size
    put32(room, 0)
    put_span(room, head)
    _put_tag(room, 14, OF_OCTETS)
    _put_varint(room, size)
    _put_number(room, 1, kind)
    put_span(room, common)
    put_span(room, &special)
    put_span(room, message)
    set32(room, start, <uint32_t>(room.used - start - LENGTH))


cdef inline void _put_tag(Room* room, uint8_t field, uint8_t kind) noexcept nogil:
    put8(room, <uint8_t>(field << 3 | kind))


cdef inline void _put_varint(Room* room, uint64_t number) noexcept nogil:
    """Seven bits an octet, the lowest first; the highest bit says that more follow."""
    while number >= 0x80:
        put8(room, <uint8_t>(number & 0x7F | 0x80))
        number >>= 7
    put8(room, <uint8_t>number)


cdef inline void _put_number(Room* room, uint8_t field, uint64_t number) noexcept nogil:
    _put_tag(room, field, OF_VARINT)
    _put_varint(room, number)


cdef inline void _put_bytes(Room* room, uint8_t field, Span* octets) noexcept nogil:
    _put_tag(room, field, OF_OCTETS)
    _put_varint(room, octets.size)
    put_span(room, octets)


cdef inline void _put_time(Room* room, uint8_t field, uint64_t nanoseconds) noexcept nogil:
    """Seconds, and in the next field nanoseconds as a fixed32, which is little endian."""
    cdef uint32_t rest = <uint32_t>(nanoseconds % SECOND)
    _put_number(room, field, nanoseconds // SECOND)
    _put_tag(room, field + 1, OF_FIXED)
    put8(room, <uint8_t>rest)
    put8(room, <uint8_t>(rest >> 8))
    put8(room, <uint8_t>(rest >> 16))
    put8(room, <uint8_t>(rest >> 24))


cdef inline uint8_t* _octets(Tap* tap) noexcept nogil:
    """The ring lies behind the struct, in the same piece of memory."""
    return <uint8_t*>tap + sizeof(Tap)


cdef void _copy_in(Tap* tap, Span* frames) noexcept nogil:
    """Put octets for which there is room into the ring, around its end."""
    cdef uint64_t at = tap.written & (tap.size - 1)
    cdef Room room
    cdef size_t first = frames.size if frames.size < tap.size - at else tap.size - at
    room.base = _octets(tap)
    room.size = tap.size
    room.used = at
    room.fault = False
    put_octets(&room, frames.base, first)
    room.used = 0
    put_octets(&room, frames.base + first, frames.size - first)
    if not room.fault:
        store_number(&tap.written, tap.written + frames.size, RELEASE)


cdef void _copy_out(Tap* tap, uint64_t start, uint8_t* out, size_t count) noexcept nogil:
    """Copy octets that were written, and not more than the ring has, from around its end."""
    cdef uint64_t at = start & (tap.size - 1)
    cdef size_t first = count if count < tap.size - at else tap.size - at
    cdef Room room
    room.base = out
    room.size = count
    room.used = 0
    room.fault = False
    put_octets(&room, _octets(tap) + at, first)
    put_octets(&room, _octets(tap), count - first)


cdef uint32_t _length_at(Tap* tap, uint64_t start) noexcept nogil:
    """The length before the frame that begins there, which may lie around the end."""
    cdef uint8_t octets[LENGTH]
    cdef Span length = span_of(octets, LENGTH)
    _copy_out(tap, start, octets, LENGTH)
    return get32(&length, 0)
