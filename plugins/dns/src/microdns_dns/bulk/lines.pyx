# cython: language_level=3
"""The common forms of a record on one line of a zone file, read without Python.

The compiled pair of ``microdns_auth.zonefile.fast``: what is read here is read there to the same
record, and what does not fit in every respect is left to the careful reader, which finds the words
for mistakes.  It never decides that a line is wrong.
"""

from cpython.bytes cimport PyBytes_AS_STRING
from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memchr, memcmp, memcpy

from microdns_dns.bulk.run cimport RecordRun

cdef extern from "<arpa/inet.h>" nogil:
    int inet_pton(int family, const char* text, void* address)
    int AF_INET
    int AF_INET6

cdef enum:
    LABEL_MAX = 63
    NAME_MAX = 255
    TTL_MAX = 2147483647
    ADDRESS_MAX = 45
    T_A = 1
    T_NS = 2
    T_CNAME = 5
    T_PTR = 12
    T_MX = 15
    T_TXT = 16
    T_AAAA = 28
    T_SRV = 33

cdef uint8_t[256] PLAIN
for _octet in range(256):
    PLAIN[_octet] = chr(_octet) in (
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_*/.-"
    )


cdef class LineReader:
    """Reads lines into a run, as long as they are of the common forms.

    ``zone`` and ``origin`` are names on the wire, ``suffix`` is what makes an owner relative to the
    zone (None while the origin is outside), ``ending`` what absolute owners within the zone end
    with, in lower case: see ``fast.Scope``.
    """

    cdef tuple _kept
    cdef const uint8_t* _origin
    cdef size_t _origin_size
    cdef const uint8_t* _suffix
    cdef size_t _suffix_size
    cdef const uint8_t* _ending
    cdef size_t _ending_size
    cdef bint _inside
    cdef size_t _room
    cdef uint8_t[256] _name
    cdef size_t _name_size
    cdef uint8_t[256] _key
    cdef size_t _key_size
    cdef bint _has_owner

    def __init__(self, bytes origin, suffix, str ending):
        cdef bytes behind = (suffix or "").encode("ascii")
        cdef bytes absolute = ending.encode("ascii")
        self._kept = (origin, behind, absolute)
        self._origin = <const uint8_t*>PyBytes_AS_STRING(origin)
        self._origin_size = len(origin)
        self._suffix = <const uint8_t*>PyBytes_AS_STRING(behind)
        self._suffix_size = len(behind)
        self._ending = <const uint8_t*>PyBytes_AS_STRING(absolute)
        self._ending_size = len(absolute)
        self._inside = suffix is not None
        self._room = max(NAME_MAX - len(origin), 0)

    def run(
        self, bytes text, size_t at, size_t line, size_t lines_max, RecordRun into, str owner,
        default_ttl, last_ttl,
    ):
        """Read from an octet of ``text`` on, where line number ``line`` (from 0) begins.

        Ends after ``lines_max`` lines, at the end, or before a line that does not fit.  Returns
        the octet and the line where it stopped, the owner and the TTL stated last.
        """
        cdef const uint8_t* octets = <const uint8_t*>PyBytes_AS_STRING(text)
        cdef size_t size = len(text), ended = line + lines_max
        cdef const uint8_t* found
        cdef size_t end
        cdef long long default = -1 if default_ttl is None else default_ttl
        cdef long long last = -1 if last_ttl is None else last_ttl
        cdef bytes before = owner.encode("ascii")
        cdef int fits
        if len(before) > 255:
            return at, line, owner, last_ttl
        self._has_owner = len(before) > 0
        self._set_owner(<const uint8_t*>PyBytes_AS_STRING(before), len(before), NULL, 0)
        if b"\\" in before:
            self._has_owner = False  # its key is for the careful reader to make
        with nogil:
            while line < ended and at < size:
                found = <const uint8_t*>memchr(octets + at, 10, size - at)
                end = size if found is NULL else found - octets
                fits = self._line(octets + at, end - at, <uint32_t>(line + 1), into, default, &last)
                if fits <= 0:
                    break
                line += 1
                at = end + 1
        if self._has_owner:
            owner = (<const char*>self._name)[:self._name_size].decode("ascii")
        return min(at, size), line, owner, None if last < 0 else last

    cdef int _line(
        self, const uint8_t* line, size_t size, uint32_t number, RecordRun into, long long default,
        long long* last,
    ) except -1 nogil:
        """Read one line: 1 when it was of a common form, 0 when not."""
        cdef size_t at = 0, start
        cdef long long ttl = -1, other = -1
        cdef int rrtype
        cdef uint8_t[260] rdata
        cdef size_t rdata_size
        while at < size and PLAIN[line[at]]:
            at += 1
        if at == 0 and size and line[0] == 64:
            at = 1
        start = at
        if not _blanks(line, size, &at):
            return 0
        ttl = _ttl_at(line, size, &at)
        if at + 2 < size and line[at] == 73 and line[at + 1] == 78 and _blank(line[at + 2]):
            at += 2
            _blanks(line, size, &at)
        other = _ttl_at(line, size, &at)
        if ttl >= 0 and other >= 0:
            return 0
        if ttl < 0:
            ttl = other
        rrtype = _type_at(line, size, &at)
        if rrtype == 0 or not _blanks(line, size, &at):
            return 0
        while size > at and _blank(line[size - 1]):
            size -= 1
        if at >= size:
            return 0
        rdata_size = self._rdata(rrtype, line + at, size - at, rdata)
        if rdata_size == 0:
            return 0
        if ttl < 0:
            ttl = last[0] if default < 0 else default
            if ttl < 0:
                return 0
            if not self._owner(line, start):
                return 0
        else:
            if ttl > TTL_MAX or not self._owner(line, start):
                return 0
            last[0] = ttl
        if ttl > TTL_MAX:
            return 0
        into.append(
            self._key, self._key_size, self._name, self._name_size, <uint16_t>rrtype,
            <uint32_t>ttl, rdata, rdata_size, number,
        )
        return 1

    # --- owners

    cdef bint _owner(self, const uint8_t* text, size_t size) noexcept nogil:
        """Take the owner in plain letters; false when it does not fit."""
        cdef size_t ending = self._ending_size
        if size == 0:
            return self._has_owner
        if size == 1 and text[0] == 64:
            return self._at_sign()
        if text[size - 1] == 46:
            if size >= NAME_MAX or size <= ending or not _ends(
                text, size, self._ending, ending
            ) or not _labels_fit(text, size - ending):
                return False
            return self._set_owner(text, size - ending, NULL, 0)
        if not self._inside or size >= self._room or not _labels_fit(text, size):
            return False
        return self._set_owner(text, size, self._suffix, self._suffix_size)

    cdef bint _at_sign(self) noexcept nogil:
        """The origin itself, relative to the zone."""
        cdef size_t suffix = self._suffix_size
        if not self._inside or self._room <= 1:
            return False
        if suffix == 0:
            return self._set_owner(<const uint8_t*>b"@", 1, NULL, 0)
        return self._set_owner(self._suffix + 1, suffix - 1, NULL, 0)

    cdef bint _set_owner(
        self, const uint8_t* text, size_t size, const uint8_t* suffix, size_t more
    ) noexcept nogil:
        """Note an owner relative to the zone, and its key: labels from the right, folded."""
        cdef size_t at, start, end
        cdef uint8_t octet
        if size + more > 255 or _has(suffix, more, 92):
            return False
        memcpy(self._name, text, size)
        if more:
            memcpy(self._name + size, suffix, more)
        size += more
        self._name_size = size
        self._key_size = 0
        if size == 1 and self._name[0] == 64:
            self._has_owner = True
            return True
        end = size
        while size:
            start = end
            while start and self._name[start - 1] != 46:
                start -= 1
            if self._key_size + end - start + 1 > 256:
                return False
            for at in range(start, end):
                octet = self._name[at]
                self._key[self._key_size] = octet + 32 if 65 <= octet <= 90 else octet
                self._key_size += 1
            self._key[self._key_size] = 0
            self._key_size += 1
            if start == 0:
                break
            end = start - 1
        self._has_owner = size > 0
        return True

    # --- data

    cdef size_t _rdata(
        self, int rrtype, const uint8_t* data, size_t size, uint8_t* out
    ) noexcept nogil:
        """Rdata of at most 260 octets; 0 when it does not fit."""
        if rrtype == T_A:
            return 4 if _address(AF_INET, data, size, out) else 0
        if rrtype == T_AAAA:
            return 16 if _address(AF_INET6, data, size, out) else 0
        if rrtype == T_TXT:
            return _one_string(data, size, out)
        if rrtype == T_MX:
            return self._numbers_and_name(data, size, 1, out)
        if rrtype == T_SRV:
            return self._numbers_and_name(data, size, 3, out)
        return self._target(data, size, out)

    cdef size_t _numbers_and_name(
        self, const uint8_t* data, size_t size, int numbers, uint8_t* out
    ) noexcept nogil:
        cdef size_t at = 0, target
        cdef int index
        cdef uint32_t value
        for index in range(numbers):
            value = 0
            target = at
            while at < size and 48 <= data[at] <= 57 and at - target < 6:
                value = value * 10 + data[at] - 48
                at += 1
            if at == target or value > 65535 or not _blanks(data, size, &at):
                return 0
            out[2 * index] = <uint8_t>(value >> 8)
            out[2 * index + 1] = <uint8_t>value
        target = self._target(data + at, size - at, out + 2 * numbers)
        # what is kept for rdata is 260 octets: six, and a name of 254
        return 2 * numbers + target if target else 0

    cdef size_t _target(self, const uint8_t* text, size_t size, uint8_t* out) noexcept nogil:
        """A name in plain letters, on the wire; 0 when it does not fit."""
        cdef size_t at, used = 0, length = 0, origin = self._origin_size
        if size == 0 or size > NAME_MAX - 1:
            return 0
        for at in range(size):
            if not PLAIN[text[at]]:
                return 0
        if size == 1 and text[0] == 46:
            out[0] = 0
            return 1
        for at in range(size + 1):
            if at == size and text[size - 1] == 46:
                break
            if at == size or text[at] == 46:
                if length == 0 or length > LABEL_MAX:
                    return 0
                out[used] = <uint8_t>length
                used += 1 + length
                length = 0
            else:
                if used + length + 1 >= NAME_MAX - 1:
                    return 0
                out[used + 1 + length] = text[at]
                length += 1
        if text[size - 1] == 46:
            out[used] = 0
            return used + 1
        if used + origin > NAME_MAX - 1:
            return 0
        memcpy(out + used, self._origin, origin)
        return used + origin


cdef inline bint _blank(uint8_t octet) noexcept nogil:
    return octet == 32 or octet == 9


cdef bint _blanks(const uint8_t* line, size_t size, size_t* at) noexcept nogil:
    """Pass over blanks; whether there were any."""
    cdef size_t start = at[0]
    while at[0] < size and _blank(line[at[0]]):
        at[0] += 1
    return at[0] > start


cdef long long _ttl_at(const uint8_t* line, size_t size, size_t* at) noexcept nogil:
    """A number of at most ten digits and the blanks behind it, or -1 and nothing passed over."""
    cdef size_t start = at[0], here = at[0]
    cdef long long value = 0
    while here < size and 48 <= line[here] <= 57 and here - start < 10:
        value = value * 10 + line[here] - 48
        here += 1
    if here == start or not _blanks(line, size, &here):
        return -1
    at[0] = here
    return value


cdef int _type_at(const uint8_t* line, size_t size, size_t* at) noexcept nogil:
    """The type at a place; 0 when it is none of the common ones."""
    cdef size_t start = at[0]
    cdef const uint8_t* word = line + start
    while at[0] < size and not _blank(line[at[0]]):
        at[0] += 1
    size = at[0] - start
    if size == 1 and word[0] == 65:
        return T_A
    if size == 2:
        if memcmp(word, b"NS", 2) == 0:
            return T_NS
        return T_MX if memcmp(word, b"MX", 2) == 0 else 0
    if size == 3:
        if memcmp(word, b"PTR", 3) == 0:
            return T_PTR
        if memcmp(word, b"SRV", 3) == 0:
            return T_SRV
        return T_TXT if memcmp(word, b"TXT", 3) == 0 else 0
    if size == 4 and memcmp(word, b"AAAA", 4) == 0:
        return T_AAAA
    return T_CNAME if size == 5 and memcmp(word, b"CNAME", 5) == 0 else 0


cdef bint _has(const uint8_t* octets, size_t size, int octet) noexcept nogil:
    return size and memchr(octets, octet, size) is not NULL


cdef bint _labels_fit(const uint8_t* text, size_t size) noexcept nogil:
    cdef size_t at, length = 0
    for at in range(size):
        if text[at] == 46:
            if length == 0:
                return False
            length = 0
        else:
            length += 1
            if length > LABEL_MAX:
                return False
    return length > 0


cdef bint _ends(
    const uint8_t* text, size_t size, const uint8_t* ending, size_t count
) noexcept nogil:
    """Whether a text ends so, whatever its case."""
    cdef size_t at
    cdef uint8_t octet
    for at in range(count):
        octet = text[size - count + at]
        if (octet + 32 if 65 <= octet <= 90 else octet) != ending[at]:
            return False
    return True


cdef bint _address(int family, const uint8_t* text, size_t size, uint8_t* out) noexcept nogil:
    cdef char[ADDRESS_MAX + 1] ended
    if size > ADDRESS_MAX or _has(text, size, 0):
        return False
    memcpy(ended, text, size)
    ended[size] = 0
    return inet_pton(family, ended, out) == 1


cdef size_t _one_string(const uint8_t* data, size_t size, uint8_t* out) noexcept nogil:
    """One string in quotes, with neither quotes nor escapes inside."""
    if size < 2 or size > 257 or data[0] != 34 or data[size - 1] != 34:
        return 0
    if _has(data + 1, size - 2, 34) or _has(data + 1, size - 2, 92):
        return 0
    out[0] = <uint8_t>(size - 2)
    memcpy(out + 1, data + 1, size - 2)
    return size - 1
