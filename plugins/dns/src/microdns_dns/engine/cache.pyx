# cython: language_level=3
"""The packet cache; see the .pxd, and ``packets.py`` for the same in Python and the rules.

Eviction is SIEVE: entries stand in the order in which they came, a hand goes from the oldest to the
newest, passes over what was visited since it was there last, and takes the first that was not.  So
names that are asked once push nothing out that is asked again.
"""

from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

from microdns_dns.engine.atomic cimport (
    ACQUIRE, RELAXED, RELEASE, load_number, load_pointer, store_number, store_pointer,
)
from microdns_dns.engine.name cimport Name, mix, read_name
from microdns_dns.engine.octets cimport (
    equal, get8, get16, get32, holds, part, put16, put32, put_octets, put_span, set16, set32,
    span_of, written,
)
from microdns_dns.engine.question cimport READ, read_question
from microdns_dns.engine.reply cimport put_opt
from microdns_dns.engine.zones cimport Zones

cdef enum:
    HEADER = 12
    RD = 0x0100
    AD = 0x0020
    CD = 0x0010
    TC = 0x0200
    OPT = 41
    TSIG = 250
    BYTES_MIN = 65536
    PLACES_MAX = 1490
    # A record has at least 11 octets, and a body has ``BODY_MAX``.
    ENTRY_BYTES = 1024
    # What an entry takes, more or less: the table has a bucket for each.
    HAS_EDNS = 1
    HAS_DO = 2


cdef inline uint16_t _asked(Question* question) noexcept nogil:
    return <uint16_t>(
        question.flags & (RD | AD | CD) | (HAS_EDNS if question.edns else 0)
        | (HAS_DO if question.edns and question.dnssec_ok else 0)
    )


cdef inline uint64_t _hash(Question* question, uint32_t plan) noexcept nogil:
    cdef uint64_t rest = <uint64_t>plan << 48 ^ <uint64_t>_asked(question) << 32
    rest ^= <uint64_t>question.qtype << 16 | question.qclass
    return mix(question.name.hash[0] ^ rest, 0x9E3779B97F4A7C15ULL)


cdef inline uint8_t* _behind(Entry* entry) noexcept nogil:
    return <uint8_t*>entry + sizeof(Entry)


cdef inline size_t _size(Entry* entry) noexcept nogil:
    """Octets of an entry, with what is behind it."""
    return sizeof(Entry) + entry.name_size + 2 * <size_t>entry.ttls + entry.body_size


cdef Entry* find_entry(
    Table* table, Question* question, uint32_t plan, uint32_t now
) noexcept nogil:
    """The answer to a question, marked as visited; NULL if there is none that still lives."""
    cdef uint64_t hash
    cdef Entry* entry
    cdef Span name
    if table.bucket is NULL or question.name.size == 0:
        return NULL
    hash = _hash(question, plan)
    entry = <Entry*>load_pointer(&table.bucket[hash & table.mask], ACQUIRE)
    while entry is not NULL:
        if (
            entry.hash == hash and entry.plan == plan and entry.asked == _asked(question)
            and entry.qtype == question.qtype and entry.qclass == question.qclass
            and entry.name_size == question.name.size
        ):
            name = span_of(_behind(entry), entry.name_size)
            if equal(&name, 0, question.name.folded, question.name.size):
                if <int>(entry.expires - now) <= 0:
                    return NULL
                if not load_number(&entry.visited, RELAXED):
                    store_number(&entry.visited, 1, RELAXED)
                return entry
        entry = <Entry*>load_pointer(&entry.next, ACQUIRE)
    return NULL


cdef void put_entry(Room* room, Entry* entry, Question* question, uint32_t now) noexcept nogil:
    """The answer without OPT, for this question: its id, its spelling, and what is left of TTLs."""
    cdef Span asked = part(&question.packet, HEADER, question.size)
    cdef Span places = span_of(_behind(entry) + entry.name_size, 2 * <size_t>entry.ttls)
    cdef Span body = span_of(
        _behind(entry) + entry.name_size + 2 * <size_t>entry.ttls, entry.body_size
    )
    cdef uint32_t age = now - entry.stored
    cdef uint32_t ttl
    cdef size_t start, place
    cdef int index
    put16(room, question.id)
    put16(room, entry.flags)
    put16(room, 1)
    for index in range(3):
        put16(room, entry.counts[index])
    put_span(room, &asked)
    start = room.used
    put_span(room, &body)
    for index in range(entry.ttls):
        place = get16(&places, 2 * <size_t>index)
        ttl = get32(&body, place)
        set32(room, start + place, ttl - age if ttl > age else 0)


cdef size_t write_kept(
    Entry* entry, Question* question, uint32_t now, uint8_t* out, size_t room, size_t size_max,
    uint16_t udp_payload_max, Span options
) noexcept nogil:
    """The whole answer; without records and with TC where it has more than ``size_max`` octets.

    Its size, or 0 if there is no room for header and question.
    """
    cdef size_t opt = 11 + options.size if question.edns else 0
    cdef size_t start = HEADER + <size_t>question.size
    cdef Room made
    made.base = out
    made.size = size_max if size_max < room else room
    made.used = 0
    made.fault = False
    if start + opt > made.size:
        return 0
    put_entry(&made, entry, question, now)
    if made.fault or made.used + opt > made.size:
        made.used = start
        made.fault = False
        set16(&made, 2, entry.flags | TC)
        set16(&made, 6, 0)
        set16(&made, 8, 0)
        set16(&made, 10, 0)
    if opt:
        set16(&made, 10, <uint16_t>(get16_of(&made, 10) + 1))
        put_opt(&made, question.dnssec_ok, entry.rcode, udp_payload_max, &options)
    return 0 if made.fault else made.used


cdef inline uint16_t get16_of(Room* room, size_t at) noexcept nogil:
    cdef Span so_far = written(room)
    return get16(&so_far, at)


cdef class PacketCache:
    """Keeps answers of at most ``bytes_max`` octets together."""

    def __init__(self, Zones zones, unsigned long long bytes_max):
        cdef uint64_t buckets = 64
        if bytes_max < BYTES_MIN:
            raise ValueError(f"a packet cache has at least {BYTES_MIN} octets")
        self._reclaimer = zones.reclaimer
        self.bytes_max = bytes_max
        while buckets * ENTRY_BYTES < bytes_max:
            buckets *= 2
        self.table.bucket = <void**>calloc(buckets, sizeof(void*))
        if self.table.bucket is NULL:
            raise MemoryError
        self.table.mask = buckets - 1

    def __dealloc__(self):
        cdef Entry* entry = self._newest
        cdef Entry* older
        while entry is not NULL:
            older = <Entry*>entry.older
            free(entry)
            entry = older
        free(self.table.bucket)

    def __len__(self):
        return self._count

    def put(
        self, uint32_t plan, bytes packet, bytes response, int kind, uint32_t seconds, uint32_t now
    ):
        """Keep the response to a message for so long, TTLs permitting; whether it was kept."""
        cdef Question question
        cdef Entry* entry
        cdef Entry* before
        if read_question(&question, span_of(packet, len(packet))) != READ or question.error:
            return False
        entry = _entry_of(&question, response, len(response), plan, kind, seconds, now)
        if entry is NULL:
            return False
        before = _same(&self.table, entry)
        if before is not NULL:
            self._remove(before)
        self._insert(entry)
        while self.bytes_used > self.bytes_max and self._count > 1:
            self._evict()
        self._reclaimer.advance()
        return True

    def get(self, uint32_t plan, bytes packet, uint32_t now):
        """Rcode, kind, and the octets without OPT of the answer to a message; None if none."""
        cdef Question question
        cdef Entry* entry
        cdef Room room
        if read_question(&question, span_of(packet, len(packet))) != READ or question.error:
            return None
        entry = find_entry(&self.table, &question, plan, now)
        if entry is NULL:
            return None
        out = bytearray(HEADER + question.size + entry.body_size)
        room.base = <uint8_t*><char*>out
        room.size = len(out)
        room.used = 0
        room.fault = False
        put_entry(&room, entry, &question, now)
        return entry.rcode, entry.kind, bytes(out)

    def flush(self, bytes name=b"", bint below=False):
        """Take out what is of this folded name, or also of all below it; how many that were."""
        cdef Entry* entry = self._oldest
        cdef Entry* newer
        cdef long count = 0
        while entry is not NULL:
            newer = <Entry*>entry.newer
            own = <bytes>_behind(entry)[:entry.name_size]
            if not name or own == name or (below and _is_below(own, name)):
                self._remove(entry)
                count += 1
            entry = newer
        self._reclaimer.advance()
        return count

    cdef int _insert(self, Entry* entry) except -1:
        cdef void** bucket = &self.table.bucket[entry.hash & self.table.mask]
        entry.older = self._newest
        if self._newest is not NULL:
            self._newest.newer = entry
        else:
            self._oldest = entry
        self._newest = entry
        entry.next = bucket[0]
        store_pointer(bucket, entry, RELEASE)
        self.bytes_used += _size(entry)
        self._count += 1
        return 0

    cdef int _evict(self) except -1:
        cdef Entry* entry = self._hand if self._hand is not NULL else self._oldest
        while load_number(&entry.visited, RELAXED):
            store_number(&entry.visited, 0, RELAXED)
            entry = <Entry*>entry.newer if entry.newer is not NULL else self._oldest
        self._hand = entry
        self._remove(entry)
        self.evicted += 1
        return 0

    cdef int _remove(self, Entry* entry) except -1:
        """Take an entry out of its bucket and the order; threads may hold it still."""
        cdef void** link = &self.table.bucket[entry.hash & self.table.mask]
        while link[0] is not NULL and link[0] != <void*>entry:
            link = &(<Entry*>link[0]).next
        store_pointer(link, entry.next, RELEASE)
        if entry is self._hand:
            self._hand = <Entry*>entry.newer
        if entry.newer is not NULL:
            (<Entry*>entry.newer).older = entry.older
        else:
            self._newest = <Entry*>entry.older
        if entry.older is not NULL:
            (<Entry*>entry.older).newer = entry.newer
        else:
            self._oldest = <Entry*>entry.newer
        self.bytes_used -= _size(entry)
        self._count -= 1
        return self._reclaimer.retire(entry)


def _is_below(bytes name, bytes above):
    at = 0
    while at < len(name) and name[at]:
        at += 1 + name[at]
        if name[at:] == above:
            return True
    return False


cdef Entry* _same(Table* table, Entry* entry) noexcept nogil:
    """What was kept for the same question, be it that it lives no more."""
    cdef Entry* other = <Entry*>table.bucket[entry.hash & table.mask]
    cdef Span name
    while other is not NULL:
        if (
            other.hash == entry.hash and other.plan == entry.plan and other.asked == entry.asked
            and other.qtype == entry.qtype and other.qclass == entry.qclass
            and other.name_size == entry.name_size
        ):
            name = span_of(_behind(other), other.name_size)
            if equal(&name, 0, _behind(entry), entry.name_size):
                return other
        other = <Entry*>other.next
    return NULL


cdef Entry* _entry_of(
    Question* question, const uint8_t* octets, size_t size, uint32_t plan, int kind,
    uint32_t seconds, uint32_t now
) noexcept nogil:
    """An entry made from a response; NULL for one that can't be given to others."""
    cdef Span response = span_of(octets, size)
    cdef uint16_t[PLACES_MAX] places
    cdef uint16_t[3] counts
    cdef size_t start = HEADER + <size_t>question.size
    cdef size_t at = start, end = start
    cdef int section, index, ttls = 0
    cdef uint16_t rcode = get16(&response, 2) & 0xF
    cdef uint32_t ttl, least = seconds
    cdef Entry* entry
    if get16(&response, 2) & TC or size > start + BODY_MAX or question.size == 0:
        return NULL
    for section in range(3):
        counts[section] = get16(&response, 6 + 2 * <size_t>section)
        for index in range(counts[section]):
            at = _after_name(&response, at)
            if at == 0 or not holds(&response, at, 10):
                return NULL
            if get16(&response, at) == TSIG:
                return NULL
            if get16(&response, at) == OPT:
                rcode |= <uint16_t>get8(&response, at + 4) << 4
                counts[section] -= 1
                at += 10 + <size_t>get16(&response, at + 8)
                if at != size or section != 2:  # it comes last, as ``message.encode`` writes it
                    return NULL
                break
            if ttls >= PLACES_MAX:
                return NULL
            ttl = get32(&response, at + 4)
            least = ttl if ttl < least else least
            places[ttls] = <uint16_t>(at + 4 - start)
            ttls += 1
            at += 10 + <size_t>get16(&response, at + 8)
            end = at
    if at != size or response.fault or least == 0:
        return NULL
    entry = <Entry*>calloc(
        1, sizeof(Entry) + question.name.size + 2 * <size_t>ttls + (end - start)
    )
    if entry is NULL:
        return NULL
    entry.hash = _hash(question, plan)
    entry.plan = plan
    entry.stored = now
    entry.expires = now + least
    entry.qtype = question.qtype
    entry.qclass = question.qclass
    entry.asked = _asked(question)
    entry.flags = get16(&response, 2)
    entry.rcode = rcode
    entry.kind = <uint16_t>kind
    for section in range(3):
        entry.counts[section] = counts[section]
    entry.name_size = question.name.size
    entry.ttls = <uint16_t>ttls
    entry.body_size = <uint32_t>(end - start)
    _fill(entry, question, &response, start, places)
    return entry


cdef void _fill(
    Entry* entry, Question* question, Span* response, size_t start, uint16_t* places
) noexcept nogil:
    """What is behind an entry."""
    cdef Room room
    cdef Span body = part(response, start, entry.body_size)
    cdef int index
    room.base = _behind(entry)
    room.size = _size(entry) - sizeof(Entry)
    room.used = 0
    room.fault = False
    put_octets(&room, question.name.folded, question.name.size)
    for index in range(entry.ttls):
        put16(&room, places[index])
    put_span(&room, &body)


cdef size_t _after_name(Span* octets, size_t at) noexcept nogil:
    """Where a name ends, compressed or not; 0 if it is none."""
    cdef uint8_t length
    while at < octets.size:
        length = get8(octets, at)
        if length >= 0xC0:
            return at + 2
        if length > 63:
            return 0
        at += 1 + <size_t>length
        if length == 0:
            return at
    return 0
