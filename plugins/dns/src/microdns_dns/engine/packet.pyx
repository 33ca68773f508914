# cython: language_level=3
"""One message, answered or handed up; see the .pxd."""

from microdns_dns.engine.octets cimport span_of
from microdns_dns.engine.question cimport (
    FOREIGN, READ, RESPONSE, SHORT, Reading, find_option, read_question,
)
from microdns_dns.engine.reply cimport write_reply
from microdns_dns.engine.solve cimport DAMAGED, OUTSIDE, STALE, Outcome, solve

cdef enum:
    UDP_PAYLOAD_MIN = 512
    MESSAGE_MAX = 65535
    IN = 1
    OPT = 41
    META_FIRST = 128
    META_LAST = 254
    NSID = 3
    REFUSED = 5


cdef Verdict answer_packet(
    Core* core, Settings* settings, Scratch* scratch, Span packet, bint tcp,
    uint8_t* out, size_t room, size_t* size,
) noexcept nogil:
    """Answer one message into ``out``.  The caller keeps the epoch meanwhile."""
    cdef Question* question = &scratch.question
    cdef Reading reading = read_question(question, packet)
    cdef Outcome outcome
    scratch.zone = -1
    if reading == SHORT:
        return DROPPED_SHORT
    if reading == RESPONSE:
        return DROPPED_RESPONSE
    if reading == FOREIGN:
        return UPWARD
    if question.error:
        _answer_nothing(&scratch.reply, <uint16_t>question.error)
    elif _for_python(question):
        return UPWARD
    else:
        outcome = solve(&scratch.search, core, question, &scratch.reply)
        if outcome == DAMAGED or outcome == STALE:
            return UPWARD
        if outcome == OUTSIDE and scratch.reply.answers == 0:
            if not settings.refuse_outside:
                return UPWARD
            _answer_nothing(&scratch.reply, REFUSED)
        else:
            scratch.outcome = outcome
            scratch.zone = <int>scratch.search.first_zone
    size[0] = write_reply(
        &scratch.writer, &scratch.reply, question, out, room, _size_max(settings, question, tcp),
        settings.udp_payload_max, _options(settings, question),
    )
    return ANSWERED if size[0] else UPWARD


cdef inline bint _for_python(Question* question) noexcept nogil:
    """Other classes, transfers, and whatever else is no type of data."""
    return (
        question.qclass != IN or question.qtype == OPT
        or (question.qtype >= META_FIRST and question.qtype <= META_LAST)
    )


cdef inline void _answer_nothing(Reply* reply, uint16_t rcode) noexcept nogil:
    reply.rcode = rcode
    reply.aa = False
    reply.answers = 0
    reply.glues = 0
    reply.additionals = 0
    reply.has_authority = False


cdef inline size_t _size_max(Settings* settings, Question* question, bint tcp) noexcept nogil:
    cdef size_t size
    if tcp:
        return MESSAGE_MAX
    if not question.edns:
        return UDP_PAYLOAD_MIN
    size = question.payload
    if size > settings.udp_payload_max:
        size = settings.udp_payload_max
    return size if size > UDP_PAYLOAD_MIN else UDP_PAYLOAD_MIN


cdef inline Span _options(Settings* settings, Question* question) noexcept nogil:
    """What goes into the OPT record of the reply."""
    if (
        settings.nsid_size and question.edns and not question.error
        and find_option(question, NSID).base is not NULL
    ):
        return span_of(settings.nsid, settings.nsid_size)
    return span_of(NULL, 0)
