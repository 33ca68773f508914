"""From the octets of a message to the octets of its answer, without Python."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from microdns_dns.engine.cache cimport Table
from microdns_dns.engine.counters cimport Counters
from microdns_dns.engine.guard cimport COOKIE_SIZE, Client, CookieKind, Guard
from microdns_dns.engine.octets cimport Span
from microdns_dns.engine.question cimport Question
from microdns_dns.engine.reply cimport Reply, Writer
from microdns_dns.engine.solve cimport Search
from microdns_dns.engine.zones cimport Core

cdef enum:
    OPTIONS_MAX = 320


cdef enum Verdict:
    ANSWERED = 0
    UPWARD = 1
    # For the plan in Python.
    DROPPED_SHORT = 2
    DROPPED_RESPONSE = 3
    DROPPED_DENIED = 4
    DROPPED_LIMITED = 5


cdef struct Settings:
    uint16_t udp_payload_max
    bint outside_only
    # No zone is looked at: another stage comes first.
    bint refuse_outside
    # Names of no zone are refused; otherwise they go up to the plan.
    uint16_t nsid_size
    uint8_t[260] nsid
    # The whole option, for whoever asks for it (RFC 5001).
    Guard* guard
    Table* packets
    bint rotate


cdef struct Scratch:
    # What one thread needs for one message; some 150 KB.
    Question question
    Reply reply
    Search search
    Writer writer
    int outcome
    # How the search came out, for counting; with ``zone`` below zero there was none.
    int zone
    bint kept
    # The packet cache had the answer.
    uint32_t plan
    # Whose answers are looked for in the packet cache, or 0.
    Client client
    # Who asks and when: set by whoever calls.
    CookieKind cookie
    bint not_allowed
    bint proven
    # The client is where it claims to be.
    uint8_t[COOKIE_SIZE] fresh_cookie
    uint8_t[OPTIONS_MAX] options
    # Of the OPT record of the reply.


cdef Verdict answer_packet(
    Core* core, Settings* settings, Scratch* scratch, Counters* counters,
    Span packet, bint tcp, uint8_t* out, size_t room, size_t* size,
) noexcept nogil
