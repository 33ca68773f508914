# cython: language_level=3
"""One message, answered or handed up; see the .pxd."""

from microdns_dns.engine.cache cimport Entry, find_entry, write_kept
from microdns_dns.engine.guard cimport (
    COOKIE_MALFORMED, COOKIE_NONE, COOKIE_VALID, DROP, ERROR_CLASS, NODATA_CLASS, NXDOMAIN_CLASS,
    POSITIVE, REFERRAL_CLASS, SEND, Action, inside, judge_cookie, judge_rate,
)
from microdns_dns.engine.octets cimport Room, put16, put_octets, span_of
from microdns_dns.engine.question cimport (
    FAULT_COOKIE, FAULT_QUESTION, FOREIGN, READ, RESPONSE, SHORT, Reading, find_option, read_question,
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
    COOKIE = 10
    NOERROR = 0
    FORMERR = 1
    NXDOMAIN = 3
    REFUSED = 5
    BADCOOKIE = 23
    LOGGED = 2
    # The place of what was not limited in the end; an Action less one is that of the others.


cdef Verdict answer_packet(
    Core* core, Settings* settings, Scratch* scratch, Counters* counters,
    Span packet, bint tcp, uint8_t* out, size_t room, size_t* size,
) noexcept nogil:
    """Answer one message into ``out``, and count it.  The caller keeps the epoch meanwhile."""
    cdef Question* question = &scratch.question
    cdef Guard* guard = settings.guard
    cdef Entry* kept = NULL
    cdef Reading reading
    cdef Outcome outcome
    cdef Span options
    if guard.deny.count and inside(&guard.deny, &scratch.client):
        return DROPPED_DENIED
    reading = read_question(question, packet)
    scratch.zone = -1
    scratch.kept = False
    if reading == SHORT:
        return DROPPED_SHORT
    if reading == RESPONSE:
        return DROPPED_RESPONSE
    if reading == FOREIGN:
        return UPWARD
    if guard.cookies and question.fault == FAULT_QUESTION and question.edns and not question.size:
        return UPWARD  # it may ask for a cookie alone (RFC 7873 5.4)
    _check(guard, scratch, tcp)
    if question.error:
        _answer_nothing(&scratch.reply, <uint16_t>question.error)
    elif _for_python(question):
        return UPWARD
    else:
        outcome = OUTSIDE
        scratch.reply.answers = 0
        if not settings.outside_only:
            outcome = solve(&scratch.search, core, question, &scratch.reply)
        if outcome == DAMAGED or outcome == STALE:
            return UPWARD
        if outcome == OUTSIDE and scratch.reply.answers == 0:
            if scratch.plan:
                kept = find_entry(
                    settings.packets, question, scratch.plan, scratch.client.second
                )
            if kept is not NULL:
                return _give_kept(settings, scratch, counters, kept, tcp, out, room, size)
            if not settings.refuse_outside:
                return UPWARD
            _answer_nothing(&scratch.reply, REFUSED)
        else:
            scratch.outcome = outcome
            scratch.zone = <int>scratch.search.first_zone
    scratch.reply.cut = False
    scratch.reply.rotation = question.id if settings.rotate else 0
    _count_check(counters, scratch)
    if guard.limits and not scratch.proven and not _limit(
        guard, scratch, counters, _class_of(&scratch.reply)
    ):
        return DROPPED_LIMITED
    options = _options(settings, scratch)
    size[0] = write_reply(
        &scratch.writer, &scratch.reply, question, out, room, _size_max(settings, question, tcp),
        settings.udp_payload_max, options,
    )
    return ANSWERED if size[0] else UPWARD


cdef Verdict _give_kept(
    Settings* settings, Scratch* scratch, Counters* counters, Entry* kept, bint tcp,
    uint8_t* out, size_t room, size_t* size
) noexcept nogil:
    """An answer from the packet cache, limited as any other."""
    cdef Question* question = &scratch.question
    cdef Reply* reply = &scratch.reply
    cdef size_t size_max = _size_max(settings, question, tcp)
    reply.rcode = kept.rcode
    reply.cut = False
    _count_check(counters, scratch)
    if settings.guard.limits and not scratch.proven:
        if not _limit(settings.guard, scratch, counters, kept.kind):
            return DROPPED_LIMITED
    if reply.cut:
        size[0] = write_reply(
            &scratch.writer, reply, question, out, room, size_max, settings.udp_payload_max,
            _options(settings, scratch),
        )
    else:
        size[0] = write_kept(
            kept, question, scratch.client.second, out, room, size_max, settings.udp_payload_max,
            _options(settings, scratch),
        )
        reply.truncated = size[0] > 2 and out[2] & 2
    if not size[0]:
        return UPWARD
    counters.cache_hits += 1
    scratch.kept = True
    return ANSWERED


cdef inline void _check(Guard* guard, Scratch* scratch, bint tcp) noexcept nogil:
    """As ``protection.guard.Guard.check``: an error for who is not to get an answer."""
    cdef Question* question = &scratch.question
    scratch.cookie = COOKIE_NONE
    scratch.not_allowed = False
    scratch.proven = tcp
    if guard.cookies and not question.error and question.edns and question.options.size:
        _check_cookie(guard, scratch, tcp)
    if guard.allow.count and (not question.error or question.error == BADCOOKIE):
        if not inside(&guard.allow, &scratch.client):
            scratch.not_allowed = True
            question.error = REFUSED


cdef void _check_cookie(Guard* guard, Scratch* scratch, bint tcp) noexcept nogil:
    cdef Question* question = &scratch.question
    cdef Span option = find_option(question, COOKIE)
    if option.base is NULL:
        return
    scratch.cookie = judge_cookie(guard, &scratch.client, &option, scratch.fresh_cookie)
    if scratch.cookie == COOKIE_MALFORMED:
        question.error = FORMERR
        question.fault = FAULT_COOKIE
    elif scratch.cookie == COOKIE_VALID:
        scratch.proven = True
    elif guard.require_cookie and not tcp:
        question.error = BADCOOKIE


cdef inline void _count_check(Counters* counters, Scratch* scratch) noexcept nogil:
    """Only what is answered here: what goes up is counted there."""
    if scratch.cookie != COOKIE_NONE:
        counters.cookies[<int>scratch.cookie] += 1
    if scratch.question.fault:
        counters.malformed[scratch.question.fault] += 1
    counters.not_allowed += scratch.not_allowed


cdef bint _limit(Guard* guard, Scratch* scratch, Counters* counters, int kind) noexcept nogil:
    """Whether a response may be sent; what is sent in place of it is in ``reply`` then."""
    cdef Reply* reply = &scratch.reply
    cdef int by = 0
    cdef Action action
    if guard.exempt.count and inside(&guard.exempt, &scratch.client):
        return True
    action = judge_rate(guard, &scratch.client, kind, &by)
    if action == SEND:
        return True
    if guard.log_only:
        counters.limited[by][LOGGED] += 1
        return True
    counters.limited[by][<int>action - 1] += 1
    if action == DROP:
        return False
    if reply.rcode == NOERROR or reply.rcode == NXDOMAIN:
        _answer_nothing(reply, NOERROR)
        reply.cut = True
        scratch.zone = -1
    return True


cdef inline int _class_of(Reply* reply) noexcept nogil:
    """As ``protection.rates.class_of``."""
    if reply.rcode == NXDOMAIN:
        return NXDOMAIN_CLASS
    if reply.rcode != NOERROR:
        return ERROR_CLASS
    if reply.answers:
        return POSITIVE
    return REFERRAL_CLASS if reply.has_authority and not reply.aa else NODATA_CLASS


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


cdef inline Span _options(Settings* settings, Scratch* scratch) noexcept nogil:
    """What goes into the OPT record of the reply."""
    cdef Question* question = &scratch.question
    cdef Room room
    room.base = scratch.options
    room.size = OPTIONS_MAX
    room.used = 0
    room.fault = False
    if (
        settings.nsid_size and question.edns and not question.error
        and find_option(question, NSID).base is not NULL
    ):
        put_octets(&room, settings.nsid, settings.nsid_size)
    if scratch.cookie != COOKIE_NONE and scratch.cookie != COOKIE_MALFORMED:
        put16(&room, COOKIE)
        put16(&room, COOKIE_SIZE)
        put_octets(&room, scratch.fresh_cookie, COOKIE_SIZE)
    return span_of(scratch.options, room.used)
