"""A received message, as far as the engine needs to know it."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

from microdns_dns.engine.name cimport Name
from microdns_dns.engine.octets cimport Span

cdef enum Reading:
    READ = 0
    SHORT = 1
    # Fewer octets than a header has: no answer.
    RESPONSE = 2
    # Answering answers makes loops: no answer.
    FOREIGN = 3
    # Another opcode than QUERY, or signed: not for the engine.


cdef enum Fault:
    # The part that is malformed, in the order of ``message.Fault``.
    NO_FAULT = 0
    FAULT_QUESTION = 1
    FAULT_RECORDS = 2
    FAULT_ADDITIONAL = 3
    FAULT_EDNS = 4
    FAULT_TRAILING = 5
    FAULT_COOKIE = 6


cdef struct Question:
    Span packet
    uint16_t id
    uint16_t flags
    Name name
    uint16_t size
    # Octets of the question section; 0 when there is none that can be read.
    uint16_t qtype
    uint16_t qclass
    bint edns
    bint signed
    bint dnssec_ok
    uint8_t version
    uint16_t payload
    Span options
    int error
    # The rcode that ends it, or 0.
    int fault


cdef Reading read_question(Question* question, Span packet) noexcept nogil
cdef Span find_option(Question* question, int code) noexcept nogil
