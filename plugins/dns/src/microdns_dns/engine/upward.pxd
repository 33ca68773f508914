"""Messages on their way up to Python, from one thread: a ring with one writer and one reader.

It has a fixed number of places; what finds none is dropped, and counted.
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

cdef enum:
    PLACES_MAX = 65536
    PACKET_MAX = 4096
    ADDRESS_MAX = 128
    CONTROL_MAX = 64


cdef struct Message:
    int fd
    uint16_t address_size
    uint16_t control_size
    uint16_t size
    uint8_t address[ADDRESS_MAX]
    uint8_t control[CONTROL_MAX]
    uint8_t packet[PACKET_MAX]


cdef struct Ring:
    uint64_t written
    uint64_t[7] _padding
    uint64_t taken
    uint64_t[7] _more_padding
    uint64_t places
    Message* messages


cdef Message* free_place(Ring* ring) noexcept nogil
cdef void fill_place(Ring* ring) noexcept nogil
cdef Message* first_message(Ring* ring) noexcept nogil
cdef void free_first(Ring* ring) noexcept nogil
