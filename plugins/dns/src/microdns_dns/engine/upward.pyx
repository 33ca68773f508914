# cython: language_level=3
"""The ring; see the .pxd.  Its writer is a thread of the engine, its reader the event loop."""

from microdns_dns.engine.atomic cimport ACQUIRE, RELAXED, RELEASE, load_number, store_number


cdef Message* free_place(Ring* ring) noexcept nogil:
    """Where the next message goes, or NULL; it is on its way with ``fill_place``."""
    cdef uint64_t written = load_number(&ring.written, RELAXED)
    if written - load_number(&ring.taken, ACQUIRE) >= ring.places:
        return NULL
    return &ring.messages[written % ring.places]


cdef void fill_place(Ring* ring) noexcept nogil:
    store_number(&ring.written, load_number(&ring.written, RELAXED) + 1, RELEASE)


cdef Message* first_message(Ring* ring) noexcept nogil:
    """The oldest message, or NULL; its place is free again after ``free_first``."""
    cdef uint64_t taken = load_number(&ring.taken, RELAXED)
    if taken == load_number(&ring.written, ACQUIRE):
        return NULL
    return &ring.messages[taken % ring.places]


cdef void free_first(Ring* ring) noexcept nogil:
    store_number(&ring.taken, load_number(&ring.taken, RELAXED) + 1, RELEASE)
