"""A reply on its way to the wire: what to say, then the octets, names compressed."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from microdns_dns.engine.octets cimport Room, Span
from microdns_dns.engine.question cimport Question

cdef enum:
    ANSWERS_MAX = 40
    # A chain's: 17 names, each with a DNAME and a CNAME, and some.
    EXTRAS_MAX = 192
    # A, AAAA and SVCB of the 64 hosts that are looked up.
    SLOTS = 16384
    TTL_OWN = -1


cdef struct Owned:
    # An RRset under an owner; ``rrset`` without octets is a CNAME made up for a DNAME.
    Span owner
    Span rrset
    Span target
    uint32_t ttl
    # Another TTL than the RRset's, or TTL_OWN.
    uint64_t hash
    # Of the folded owner, where it is known.


cdef struct Reply:
    uint16_t rcode
    bint aa
    int answers
    Owned[ANSWERS_MAX] answer
    bint has_authority
    Owned authority
    int glues
    Owned[EXTRAS_MAX] glue
    int additionals
    Owned[EXTRAS_MAX] additional
    uint16_t rotation
    # How far the records of each RRset of the answer are turned; see ``message.encode``.
    bint cut
    # TC is set, whatever fits.
    bint truncated


cdef struct Writer:
    # Octets, and where in them endings of names stand.  ``slots`` is a hash table: generation
    # (the message it is of, so that a new one need not clear it), how many pointers follow one
    # another there, offset.  An offset of zero stands for what was taken back.  ``taken`` lists
    # the slots in the order they were written.
    Room room
    bint learned
    uint16_t rotation
    Question* question
    uint32_t generation
    uint32_t count
    uint32_t occupied
    uint64_t[SLOTS] slots
    uint16_t[SLOTS] taken


cdef void put_opt(
    Room* room, bint dnssec_ok, uint16_t rcode, uint16_t payload, Span* options
) noexcept nogil
cdef size_t write_reply(
    Writer* writer, Reply* reply, Question* question, uint8_t* out, size_t room, size_t size_max,
    uint16_t udp_payload_max, Span options,
) noexcept nogil
