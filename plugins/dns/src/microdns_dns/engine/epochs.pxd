"""When memory that readers may still hold can be freed: when each has passed on since.

A reading thread notes the present epoch before each batch, and that it is away before it waits.
What is taken out of use is kept with the epoch that began with its removal, and is freed when no
thread is in an earlier one.  Readers never wait, and never write what another reader reads.
"""

from libc.stdint cimport uint64_t

cdef enum:
    READERS_MAX = 256
    AWAY = 0


cdef struct Reader:
    uint64_t epoch
    uint64_t[7] _padding
    # Each reader's place is a cache line of its own.


cdef struct Epochs:
    uint64_t now
    uint64_t[7] _padding
    Reader[READERS_MAX] readers


cdef void enter(Epochs* epochs, int reader) noexcept nogil
cdef void leave(Epochs* epochs, int reader) noexcept nogil


cdef class Reclaimer:
    cdef Epochs* epochs
    cdef set _free
    cdef object _retired
    cdef readonly unsigned long long freed
    cdef int add_reader(self) except -1
    cdef void remove_reader(self, int reader)
    cdef int retire(self, void* memory) except -1
    cdef void advance(self)
