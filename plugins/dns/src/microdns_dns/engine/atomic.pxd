"""Loads and stores that threads agree on: the compiler's builtins, under names of our own."""

from libc.stdint cimport uint64_t

cdef extern from *:
    enum:
        RELAXED "__ATOMIC_RELAXED"
        ACQUIRE "__ATOMIC_ACQUIRE"
        RELEASE "__ATOMIC_RELEASE"
        ORDERED "__ATOMIC_SEQ_CST"
    uint64_t load_number "__atomic_load_n"(uint64_t* place, int order) noexcept nogil
    void store_number "__atomic_store_n"(uint64_t* place, uint64_t value, int order) noexcept nogil
    bint swap_number_with "__atomic_compare_exchange_n"(
        uint64_t* place, uint64_t* expected, uint64_t value, bint weak, int order, int otherwise
    ) noexcept nogil
    uint64_t add_number "__atomic_add_fetch"(
        uint64_t* place, uint64_t value, int order
    ) noexcept nogil
    void* load_pointer "__atomic_load_n"(void** place, int order) noexcept nogil
    void store_pointer "__atomic_store_n"(void** place, void* value, int order) noexcept nogil
    void fence "__atomic_thread_fence"(int order) noexcept nogil


cdef inline bint swap_number(uint64_t* place, uint64_t* expected, uint64_t value) noexcept nogil:
    """Store ``value`` if ``expected`` is still there; orders nothing else."""
    return swap_number_with(place, expected, value, False, RELAXED, RELAXED)
