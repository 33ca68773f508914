# cython: language_level=3
"""The guard; see the .pxd, and ``protection`` for the rules.

Rates are kept in a table of words, shared by all threads and changed by compare and swap.  It is
cut into sets of as many words as a cache line has; a prefix and class belong to one set, and take
there the place of the word that was quiet for the longest.  A word holds, from the high bits:
tag 24 | second 16 | how many were limited on end 4 | balance 20.
"""

from libc.stdlib cimport calloc, free

from microdns_dns.engine.atomic cimport RELAXED, load_number, swap_number
from microdns_dns.engine.name cimport SECRET, mix
from microdns_dns.engine.octets cimport (
    Room, get8, get32, get64_little, part, put32, put64_little, put_span, span_of,
)

cdef enum:
    WAYS = 8
    TRIES = 16
    BALANCE_BITS = 20
    BALANCE_BIAS = 1 << 19
    LIMITED_BITS = 4
    SECOND_BITS = 16
    CLIENT_OCTETS = 8
    SERVER_OCTETS = 16
    SERVER_OCTETS_MIN = 8
    SERVER_OCTETS_MAX = 32
    LIFETIME_SECONDS = 3600
    RENEW_SECONDS = 1800
    AHEAD_SECONDS = 300
    MAPPED_LOW = 0xFFFF
    FOUR_OCTETS = 0xFFFFFFFFU


cdef class CompiledGuard:
    """The engine's side of a ``protection.Guard``, and rates for both."""

    def __init__(self, guard):
        """Take over what ``guard``, a ``protection.guard.Guard``, was configured with."""
        limit = guard.rate_limit
        _set_ranges(&self.guard.deny, guard.deny.ranges)
        _set_ranges(&self.guard.allow, guard.allow.ranges)
        _set_ranges(&self.guard.exempt, guard.exempt.ranges)
        if guard.cookies is not None:
            self.guard.cookies = True
            self.guard.require_cookie = guard.cookies.require
            for place, secret in enumerate((guard.cookies.secret, guard.cookies.previous)):
                self.guard.secret[place][0] = int.from_bytes(secret[:8], "little")
                self.guard.secret[place][1] = int.from_bytes(secret[8:], "little")
        self.guard.limits = guard.limits
        self.guard.log_only = limit.log_only
        for place, rate in enumerate(limit.rates()):
            self.guard.rate[place] = rate
        self.guard.window = limit.window_secs
        self.guard.slip = limit.slip
        self.guard.ipv4_shift = 32 - limit.ipv4_prefix
        self.guard.ipv6_shift = 64 - limit.ipv6_prefix
        if guard.limits:
            self._make_table(limit.table_size)

    def __dealloc__(self):
        free(self.guard.deny.range)
        free(self.guard.allow.range)
        free(self.guard.exempt.range)
        free(self._table)

    cdef int _make_table(self, uint64_t size) except -1:
        self.guard.sets = 1
        while self.guard.sets * WAYS < size:
            self.guard.sets *= 2
        self._table = calloc(self.guard.sets * WAYS + WAYS, sizeof(uint64_t))
        if self._table is NULL:
            raise MemoryError
        # A set is a cache line.
        self.guard.table = <uint64_t*>((<size_t>self._table + 63) // 64 * 64)
        return 0

    def judge(self, bytes address, int kind, uint32_t now):
        """See ``protection.rates.Rates``."""
        cdef Client client
        cdef int by = kind
        if not 0 <= kind < ALL_CLASS:
            raise ValueError("no kind of response")
        set_client(&client, address, len(address))
        client.second = now
        action = judge_rate(&self.guard, &client, kind, &by)
        return action, by

    def judge_cookie(self, bytes option, bytes address, uint32_t now):
        """What ``protection.cookies.Cookies.judge`` says; for tests."""
        cdef Client client
        cdef uint8_t[COOKIE_SIZE] fresh
        cdef Span given = span_of(option, len(option))
        set_client(&client, address, len(address))
        client.wall = now
        kind = judge_cookie(&self.guard, &client, &given, fresh)
        return kind, b"" if kind == COOKIE_MALFORMED else <bytes>fresh[:COOKIE_SIZE]


cdef int _set_ranges(Ranges* ranges, list found) except -1:
    cdef Client first, last
    ranges.range = <Range*>calloc(len(found) or 1, sizeof(Range))
    if ranges.range is NULL:
        raise MemoryError
    for place, (start, end) in enumerate(found):
        set_client(&first, start, len(start))
        set_client(&last, end, len(end))
        ranges.range[place] = Range(first.high, first.low, last.high, last.low)
    ranges.count = len(found)
    return 0


cdef void set_client(Client* client, const uint8_t* octets, size_t size) noexcept nogil:
    """The address of 4 or 16 octets; any other is ``::``."""
    cdef Span address = span_of(octets, size)
    client.high = 0
    client.low = 0
    if size == 4:
        client.low = <uint64_t>MAPPED_LOW << 32 | get32(&address, 0)
    elif size == 16:
        client.high = <uint64_t>get32(&address, 0) << 32 | get32(&address, 4)
        client.low = <uint64_t>get32(&address, 8) << 32 | get32(&address, 12)


cdef inline bint _before(
    uint64_t high, uint64_t low, uint64_t than_high, uint64_t than_low
) noexcept nogil:
    return high < than_high or (high == than_high and low < than_low)


cdef bint inside(Ranges* ranges, Client* client) noexcept nogil:
    """Whether the client's address is in one of the ranges."""
    cdef int low = 0, high = ranges.count, middle
    cdef Range* looked_at
    while low < high:
        middle = (low + high) // 2
        looked_at = &ranges.range[middle]
        if _before(client.high, client.low, looked_at.first_high, looked_at.first_low):
            high = middle
        elif _before(looked_at.last_high, looked_at.last_low, client.high, client.low):
            low = middle + 1
        else:
            return True
    return False


cdef inline bint _is_ipv4(Client* client) noexcept nogil:
    return client.high == 0 and client.low >> 32 == MAPPED_LOW


# --- rates


cdef Action judge_rate(Guard* guard, Client* client, int kind, int* by) noexcept nogil:
    """What becomes of a response, and whose rate decided; both accounts are charged."""
    cdef Action own = _charge(guard, client, kind)
    cdef Action every = _charge(guard, client, ALL_CLASS)
    by[0] = kind if own != SEND else ALL_CLASS
    return own if own != SEND else every


cdef uint64_t _hash(Guard* guard, Client* client, int kind) noexcept nogil:
    """Of prefix and class; whoever chooses addresses can't choose collisions."""
    cdef uint64_t prefix
    if _is_ipv4(client):
        prefix = (client.low & FOUR_OCTETS) >> guard.ipv4_shift
        kind += CLASSES
    else:
        prefix = client.high >> guard.ipv6_shift
    return mix(mix(prefix ^ SECRET[0], SECRET[1]) ^ <uint64_t>kind, SECRET[1] ^ SECRET[0])


cdef Action _charge(Guard* guard, Client* client, int kind) noexcept nogil:
    """Take one response from an account, which may be new."""
    cdef long rate = guard.rate[kind]
    cdef uint64_t hash, tag, word
    cdef uint64_t* place
    cdef long limited = 0
    if rate == 0:
        return SEND
    hash = _hash(guard, client, kind)
    tag = hash >> 40
    for _ in range(TRIES):
        place = _place_of(guard, hash & (guard.sets - 1), tag, client.second, &word)
        if swap_number(place, &word, _charged(guard, word, tag, client.second, rate, &limited)):
            break
    # After so many tries others have charged it many times meanwhile: this one goes by the last.
    if limited == 0:
        return SEND
    return SLIP if guard.slip and limited % guard.slip == 0 else DROP


cdef inline uint32_t _since(uint64_t word, uint32_t now) noexcept nogil:
    """Seconds since a word was written; 0 if another thread's clock is ahead of ours."""
    cdef uint32_t then = <uint32_t>(word >> (LIMITED_BITS + BALANCE_BITS)) & 0xFFFF
    cdef uint32_t since = (now - then) & 0xFFFF
    return since if since < 0x8000 else 0


cdef uint64_t* _place_of(
    Guard* guard, uint64_t number, uint64_t tag, uint32_t now, uint64_t* word
) noexcept nogil:
    """The account's place in its set, or one to take over; ``word`` is what was read there."""
    cdef uint64_t* first = &guard.table[number * WAYS]
    cdef uint64_t* best = first
    cdef uint64_t read
    cdef long age, oldest = -1
    for way in range(WAYS):
        read = load_number(&first[way], RELAXED)
        if read and read >> 40 == tag:
            word[0] = read
            return &first[way]
        age = 0x10000 if read == 0 else _since(read, now)
        if age > oldest:
            oldest = age
            best = &first[way]
            word[0] = read
    return best


cdef uint64_t _charged(
    Guard* guard, uint64_t word, uint64_t tag, uint32_t now, long rate, long* limited
) noexcept nogil:
    """The word after one more response; ``limited`` is how many were too many on end."""
    cdef long balance = rate, since = 0, before = 0, least = -<long>guard.window * rate
    if word and word >> 40 == tag:
        since = _since(word, now)
        balance = <long>(word & ((1 << BALANCE_BITS) - 1)) - BALANCE_BIAS
        before = <long>(word >> BALANCE_BITS) & 0xF
        now = <uint32_t>(word >> (LIMITED_BITS + BALANCE_BITS)) + <uint32_t>since
    balance += (since if since <= guard.window else guard.window + 1) * rate
    balance = (rate if balance > rate else balance) - 1
    if balance < least:
        balance = least
    limited[0] = 0
    if balance < 0:
        # Kept from 1 to ``slip``: only what it leaves over counts.
        limited[0] = before + 1 if before < <long>guard.slip else 1
    return (
        tag << 40 | (<uint64_t>(now & 0xFFFF) << (LIMITED_BITS + BALANCE_BITS))
        | <uint64_t>limited[0] << BALANCE_BITS | <uint64_t>(balance + BALANCE_BIAS)
    )


# --- cookies


cdef CookieKind judge_cookie(
    Guard* guard, Client* client, Span* option, uint8_t* fresh
) noexcept nogil:
    """What a COOKIE option is worth, and in ``fresh`` the one to answer with."""
    cdef size_t server = option.size - CLIENT_OCTETS
    cdef Span begun
    cdef int age
    if option.size < CLIENT_OCTETS or (
        server and not SERVER_OCTETS_MIN <= server <= SERVER_OCTETS_MAX
    ):
        return COOKIE_MALFORMED
    if server == SERVER_OCTETS and get8(option, CLIENT_OCTETS) == 1:
        age = <int>(client.wall - get32(option, 12))
        begun = part(option, 0, 16)
        if -AHEAD_SECONDS <= age <= LIFETIME_SECONDS and _is_ours(guard, client, option, &begun):
            if age <= RENEW_SECONDS:
                _put(fresh, &begun, option)
            else:
                _make(guard, client, option, fresh)
            return COOKIE_VALID
    _make(guard, client, option, fresh)
    return COOKIE_INVALID if server else COOKIE_CLIENT


cdef void _put(uint8_t* fresh, Span* begun, Span* option) noexcept nogil:
    """The option as it came."""
    cdef Room room = _room(fresh, COOKIE_SIZE)
    cdef Span hash = part(option, 16, 8)
    put_span(&room, begun)
    put_span(&room, &hash)


cdef void _make(Guard* guard, Client* client, Span* option, uint8_t* fresh) noexcept nogil:
    """The client's cookie, and one of ours behind it (RFC 9018 4)."""
    cdef Room room = _room(fresh, COOKIE_SIZE)
    cdef Span own = part(option, 0, CLIENT_OCTETS)
    cdef Span begun
    put_span(&room, &own)
    put32(&room, 1 << 24)
    put32(&room, client.wall)
    begun = span_of(fresh, 16)
    put64_little(&room, _hash_cookie(guard.secret[0], client, &begun))


cdef bint _is_ours(Guard* guard, Client* client, Span* option, Span* begun) noexcept nogil:
    """Whether one of our secrets made it; takes the same time whichever octet is wrong."""
    cdef uint64_t given = get64_little(option, 16)
    return (
        _hash_cookie(guard.secret[0], client, begun) == given
        or _hash_cookie(guard.secret[1], client, begun) == given
    )


cdef Room _room(uint8_t* base, size_t size) noexcept nogil:
    cdef Room room
    room.base = base
    room.size = size
    room.used = 0
    room.fault = False
    return room


cdef uint64_t _hash_cookie(uint64_t* secret, Client* client, Span* begun) noexcept nogil:
    """SipHash-2-4 of 16 octets and an address of 4 or 16 (RFC 9018 4.4)."""
    cdef uint64_t[4] state
    cdef uint64_t last
    state[0] = secret[0] ^ 0x736F6D6570736575ULL
    state[1] = secret[1] ^ 0x646F72616E646F6DULL
    state[2] = secret[0] ^ 0x6C7967656E657261ULL
    state[3] = secret[1] ^ 0x7465646279746573ULL
    _take_word(state, get64_little(begun, 0))
    _take_word(state, get64_little(begun, 8))
    if _is_ipv4(client):
        _take_word(state, <uint64_t>20 << 56 | _swapped(client.low & FOUR_OCTETS) >> 32)
    else:
        _take_word(state, _swapped(client.high))
        _take_word(state, _swapped(client.low))
        _take_word(state, <uint64_t>32 << 56)
    state[2] ^= 0xFF
    for _ in range(4):
        _sip_round(state)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


cdef inline uint64_t _swapped(uint64_t number) noexcept nogil:
    """The octets of a number the other way round."""
    cdef uint64_t result = 0
    for _ in range(8):
        result = result << 8 | number & 0xFF
        number >>= 8
    return result


cdef inline void _take_word(uint64_t* state, uint64_t word) noexcept nogil:
    state[3] ^= word
    _sip_round(state)
    _sip_round(state)
    state[0] ^= word


cdef inline uint64_t _turned(uint64_t number, int bits) noexcept nogil:
    return number << bits | number >> (64 - bits)


cdef inline void _sip_round(uint64_t* state) noexcept nogil:
    state[0] += state[1]
    state[1] = _turned(state[1], 13) ^ state[0]
    state[0] = _turned(state[0], 32)
    state[2] += state[3]
    state[3] = _turned(state[3], 16) ^ state[2]
    state[0] += state[3]
    state[3] = _turned(state[3], 21) ^ state[0]
    state[2] += state[1]
    state[1] = _turned(state[1], 17) ^ state[2]
    state[2] = _turned(state[2], 32)
