"""Answering from zones without Python: RFC 1034 4.3.2, as ``microdns_auth.answer`` has it."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from microdns_dns.engine.name cimport Name
from microdns_dns.engine.octets cimport Span
from microdns_dns.engine.question cimport Question
from microdns_dns.engine.reply cimport Reply
from microdns_dns.engine.zones cimport Catalog, Core, State, Zone

cdef enum:
    CHAIN_MAX = 16


cdef enum Outcome:
    HIT = 0
    NODATA = 1
    NXDOMAIN = 2
    REFERRAL = 3
    FOLLOW = 4
    # On with another name.
    YXDOMAIN = 5
    OUTSIDE = 6
    # No zone of this server holds the name.
    LOOP = 7
    STALE = 8
    # A newer change was published meanwhile: begin again.
    DAMAGED = 9
    # An image is not what it should be: nothing can be said.


cdef struct Search:
    Core* core
    uint64_t number
    Catalog* catalog
    uint16_t qtype
    Reply* reply
    Name* name
    # What is looked for now.
    int steps
    Name[CHAIN_MAX + 1] chain
    # The names that were followed to; the question's is elsewhere.
    Name* asked
    Zone* zone
    State* state
    int apex
    # The label of ``name`` where the zone begins.
    uint32_t first_zone
    # Index of the zone of the name asked for, for counting.


cdef struct Place:
    # Where a name is in its zone.
    Span node
    # None when the name does not exist.
    Span cut
    # The topmost cut at or above it, if there is one.
    int cut_label
    int encloser
    # The label of the closest encloser, when there is no node.


cdef Outcome solve(Search* search, Core* core, Question* question, Reply* reply) noexcept nogil
cdef void locate(
    Search* search, Zone* zone, State* state, Name* name, Place* place
) noexcept nogil
cdef Span wildcard_at(State* state, uint64_t number, Name* name, int encloser) noexcept nogil
