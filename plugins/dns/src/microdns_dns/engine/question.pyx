# cython: language_level=3
"""Reading a message without trust; the same rules as ``message.query``, which explains them."""

from microdns_dns.engine.name cimport read_name
from microdns_dns.engine.octets cimport get8, get16, get32, holds, part, span_of

cdef enum:
    HEADER = 12
    QR = 0x8000
    FORMERR = 1
    BADVERS = 16
    IXFR = 251
    OPT = 41
    TSIG = 250


cdef Reading read_question(Question* question, Span packet) noexcept nogil:
    """Read a message; ``question.error`` is set when it is to be answered with an error."""
    if packet.size < HEADER:
        return SHORT
    question.packet = packet
    question.id = get16(&packet, 0)
    question.flags = get16(&packet, 2)
    question.size = 0
    question.name.size = 0
    question.name.labels = 0
    question.qtype = 0
    question.qclass = 0
    question.edns = False
    question.signed = False
    question.error = 0
    question.fault = NO_FAULT
    if question.flags & QR:
        return RESPONSE
    if question.flags & 0x7800:
        return FOREIGN
    if not _read_sections(question, &packet):
        question.error = FORMERR
        question.edns = False  # what a broken message says of its sender is not relied upon
    elif question.signed:
        return FOREIGN
    elif get16(&packet, 4) != 1:
        question.error = FORMERR
        question.fault = FAULT_QUESTION
    return READ


cdef bint _read_sections(Question* question, Span* packet) noexcept nogil:
    """Whether the message has the form that it must have; ``question.fault`` is where not."""
    cdef size_t at = HEADER
    cdef uint16_t authorities, additionals
    question.fault = FAULT_QUESTION
    if get16(packet, 4) > 1:
        return False
    if get16(packet, 4):
        at = read_name(&question.name, packet, at)
        if at == 0 or not holds(packet, at, 4):
            question.name.size = 0
            question.name.labels = 0
            return False
        question.qtype = get16(packet, at)
        question.qclass = get16(packet, at + 2)
        at += 4
        question.size = <uint16_t>(at - HEADER)
    question.fault = FAULT_RECORDS
    authorities = get16(packet, 8)
    if get16(packet, 6) or authorities > (1 if question.qtype == IXFR else 0):
        return False
    if authorities:
        at = _skip_name(packet, at)
        if at == 0 or not holds(packet, at, 10):
            return False
        at += 10 + <size_t>get16(packet, at + 8)
        if at > packet.size:
            return False
    additionals = get16(packet, 10)
    question.fault = FAULT_ADDITIONAL
    if additionals:
        at = _read_additional(question, packet, at, additionals)
        if at == 0:
            return False
    question.fault = NO_FAULT if at == packet.size else FAULT_TRAILING
    return at == packet.size


cdef size_t _read_additional(
    Question* question, Span* packet, size_t at, uint16_t count
) noexcept nogil:
    """OPT, and a signature at the end, which is for Python to look at; where they end, or 0."""
    cdef size_t start, length
    cdef uint16_t rrtype
    cdef int left
    for left in range(count - 1, -1, -1):
        start = at
        at = _skip_name(packet, at)
        if at == 0 or not holds(packet, at, 10):
            return 0
        rrtype = get16(packet, at)
        length = get16(packet, at + 8)
        if not holds(packet, at + 10, length):
            return 0
        if rrtype == OPT:
            question.fault = FAULT_EDNS
            if at - start != 1 or question.edns:
                return 0
            if not _read_edns(question, packet, at, length):
                return 0
            question.fault = FAULT_ADDITIONAL
        elif rrtype == TSIG and left == 0:
            question.signed = True
        else:
            return 0
        at += 10 + length
    return at


cdef bint _read_edns(Question* question, Span* packet, size_t at, size_t length) noexcept nogil:
    """RFC 6891 6.1: the payload is where others have the class, version and DO are in the TTL."""
    question.edns = True
    question.payload = get16(packet, at + 2)
    question.version = get8(packet, at + 5)
    question.dnssec_ok = get8(packet, at + 6) >> 7
    question.options = part(packet, at + 10, length)
    if question.version:
        question.error = BADVERS
        return True
    find_option(question, -1)
    return not question.options.fault


cdef Span find_option(Question* question, int code) noexcept nogil:
    """The data of the first option with this code; a span at no address when there is none.

    Options that don't fit their frame set the fault of ``question.options``.
    """
    cdef Span* options = &question.options
    cdef size_t at = 0
    cdef size_t length
    while at < options.size and not options.fault:
        length = get16(options, at + 2)
        if not holds(options, at + 4, length):
            options.fault = True
            break
        if get16(options, at) == code:
            return part(options, at + 4, length)
        at += 4 + length
    return span_of(NULL, 0)


cdef size_t _skip_name(Span* packet, size_t at) noexcept nogil:
    """Where a name ends, pointers not followed; 0 if it is none."""
    cdef uint8_t length
    while at < packet.size:
        length = get8(packet, at)
        if length >= 0xC0:
            return at + 2 if holds(packet, at, 2) else 0
        if length > 63:
            return 0
        at += 1 + <size_t>length
        if length == 0:
            return at
    return 0
