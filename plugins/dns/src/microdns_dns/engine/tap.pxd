"""What a thread answered, for dnstap: a ring of whole frames, with one writer and one reader.

A thread writes after each batch what was asked and answered, as it goes over the wire in Frame
Streams: four octets of length, then the protobuf message (see ``dnstap.py``).  What finds no room
is dropped, and counted.  While nobody listens there is no ring.
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from microdns_dns.engine.octets cimport Room, Span

cdef enum:
    HEAD_MAX = 640
    # Octets of what each frame begins with: identity, version, kind.
    FIELDS_MAX = 160
    # Octets of all fields of a message but the DNS messages.
    FRAMES_MAX = 2 * (HEAD_MAX + FIELDS_MAX) + 2 * 65535
    # Of one query and its answer, as large as they get over TCP.
    TAP_BYTES_MIN = 32768
    TAP_BYTES_MAX = 1 << 30


cdef struct Tap:
    uint64_t written
    uint64_t dropped
    # Messages; only its writer changes these two.
    uint64_t[6] _padding
    uint64_t taken
    uint64_t waiting
    # Its reader wants to be told of the next frames.
    uint64_t[6] _more_padding
    uint64_t size
    # Octets of the ring, a power of two.
    uint32_t one_in
    uint32_t passed
    # Answers since the last one of which was told.
    uint16_t head_size
    uint8_t[HEAD_MAX] head
    uint8_t[FRAMES_MAX] frames


cdef struct Exchange:
    # A query and its answer; addresses have 4 or 16 octets.
    Span query
    Span response
    Span client
    Span server
    uint16_t client_port
    uint16_t server_port
    bint tcp
    bint continued
    # One more message of an answer whose query was told of already.
    bint for_client
    # The server asked others (CLIENT_QUERY), or answered by itself (AUTH_QUERY).
    uint64_t asked_ns
    uint64_t answered_ns


cdef class TapRing:
    cdef Tap* tap


cdef Tap* make_tap(bytes head, uint32_t one_in, uint64_t size) except NULL
cdef bint is_told_of(Tap* tap) noexcept nogil
cdef void tell_of(Tap* tap, Exchange* exchange) noexcept nogil
cdef bint wakes_reader(Tap* tap) noexcept nogil
cdef object take_frames(Tap* tap, size_t size_max)
cdef bint is_empty(Tap* tap)
