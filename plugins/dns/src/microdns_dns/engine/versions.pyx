# cython: language_level=3
"""The table of changed names; see the .pxd."""

from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy

from microdns_dns.engine.atomic cimport ACQUIRE, RELEASE, load_pointer, store_pointer
from microdns_dns.engine.name cimport same_name
from microdns_dns.engine.node cimport NODE_HEADER
from microdns_dns.engine.octets cimport get8, span_of


cdef Version* find_version(Table* table, Name* name, size_t label) noexcept nogil:
    """The newest state of a name from this label on, published or not; NULL when it has none."""
    cdef uint64_t hash = name.hash[label & 127]
    cdef uint64_t slot = hash & table.mask
    cdef Version* found
    while True:  # a table is never full
        found = <Version*>load_pointer(<void**>&table.slots[slot], ACQUIRE)
        if found is NULL:
            return NULL
        if found.hash == hash and same_name(
            name, label, &found.node, NODE_HEADER, get8(&found.node, 5)
        ):
            return found
        slot = (slot + 1) & table.mask


cdef Version* visible(Version* newest, uint64_t number) noexcept nogil:
    """The state as of a published change; NULL when the name had not changed by then."""
    while newest is not NULL and newest.number > number:
        newest = newest.older
    return newest


cdef Table* make_table(uint64_t slots) noexcept nogil:
    """An empty table; ``slots`` is a power of two."""
    cdef Table* table = <Table*>calloc(1, sizeof(Table))
    if table is NULL:
        return NULL
    table.mask = slots - 1
    table.slots = <Version**>calloc(slots, sizeof(Version*))
    if table.slots is NULL:
        free(table)
        return NULL
    return table


cdef void free_table(Table* table) noexcept nogil:
    if table is not NULL:
        free(table.slots)
        free(table)


cdef Version* make_version(
    const uint8_t* node, size_t size, uint64_t hash, uint64_t number
) noexcept nogil:
    """A state with a copy of a node; NULL: no memory."""
    cdef Version* version = <Version*>malloc(sizeof(Version) + size)
    cdef uint8_t* copy
    if version is NULL:
        return NULL
    copy = <uint8_t*>version + sizeof(Version)
    memcpy(copy, node, size)
    version.number = number
    version.older = NULL
    version.hash = hash
    version.node = span_of(copy, size)
    return version


cdef void place_version(Table* table, Version* version) noexcept nogil:
    """Put a state of a name that is not in the table into a free slot, of which there are some."""
    cdef uint64_t slot = version.hash & table.mask
    while table.slots[slot] is not NULL:
        slot = (slot + 1) & table.mask
    store_pointer(<void**>&table.slots[slot], version, RELEASE)
    table.used += 1
