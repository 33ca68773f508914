"""All zones that the engine answers from, and how Python changes them.

``Core`` is what threads read: the number of the last published change, and the table of zones.
A zone's state is an image and the names that changed since; image and table are only ever replaced
together, by one pointer.
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from microdns_dns.engine.epochs cimport Reclaimer
from microdns_dns.engine.image cimport Image
from microdns_dns.engine.name cimport Name
from microdns_dns.engine.octets cimport Span
from microdns_dns.engine.versions cimport Table, Version

cdef enum Cuts:
    CUTS_BELOW = 1
    # There may be delegations or DNAMEs below the apex.
    CUT_AT_APEX = 2
    # There may be a DNAME at the apex.


cdef struct State:
    Image* image
    Table* table
    uint64_t since
    # Changes older than this one are not told apart.


cdef struct Zone:
    Span origin
    # Folded; stands right behind this struct.
    uint64_t hash
    State* state
    Zone* next
    # All zones of one ``Zones``, whether they are listed or not.
    uint32_t index
    uint8_t labels
    uint8_t cuts


cdef struct Catalog:
    uint64_t mask
    Zone** slots


cdef struct Core:
    uint64_t number
    Catalog* catalog


cdef Zone* find_zone(Catalog* catalog, Name* name, size_t label) noexcept nogil
cdef Span find_node(State* state, uint64_t number, Name* name, size_t label) noexcept nogil


cdef class CompiledZone:
    cdef Zones _zones
    cdef Zone* zone
    cdef readonly bytes origin
    cdef readonly unsigned long long names
    cdef readonly unsigned int index
    cdef State* _state(self) except NULL
    cdef int _put(self, bytes folded, bytes node) except -1
    cdef int _swap(self, Image* image, Table* table, uint64_t since) except -1


cdef class Zones:
    cdef Core core
    cdef Zone* _all
    cdef Reclaimer reclaimer
    cdef readonly dict by_origin
    cdef bint _listed_anew
    cdef list _out_of_use
    cdef uint32_t _next_index
    cdef int _drop(self, void* memory) except -1
    cdef void _unlink(self, Zone* zone)
    cdef int _list_anew(self) except -1
