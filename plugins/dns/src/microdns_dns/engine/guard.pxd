"""Who is answered: lists of prefixes, cookies and rates, as ``protection`` has them in Python."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from microdns_dns.engine.counters cimport Counters
from microdns_dns.engine.octets cimport Span

cdef enum:
    CLASSES = 6
    COOKIE_SIZE = 24
    # The client's cookie and ours.


cdef enum CookieKind:
    COOKIE_NONE = 0
    COOKIE_CLIENT = 1
    COOKIE_VALID = 2
    COOKIE_INVALID = 3
    COOKIE_MALFORMED = 4


cdef enum Action:
    SEND = 0
    DROP = 1
    SLIP = 2


cdef enum ResponseClass:
    POSITIVE = 0
    NODATA_CLASS = 1
    NXDOMAIN_CLASS = 2
    REFERRAL_CLASS = 3
    ERROR_CLASS = 4
    ALL_CLASS = 5


cdef struct Client:
    # An address as two numbers, IPv4 ones mapped into IPv6 (RFC 4291 2.5.5.2), and the time:
    # Unix seconds for cookies, seconds that never go back for rates.
    uint64_t high
    uint64_t low
    uint32_t wall
    uint32_t second


cdef struct Range:
    uint64_t first_high
    uint64_t first_low
    uint64_t last_high
    uint64_t last_low


cdef struct Ranges:
    # Ranges of addresses, in order; none touches another.
    Range* range
    int count


cdef struct Guard:
    # Without any of these, all zeros, everyone is answered.
    Ranges deny
    Ranges allow
    Ranges exempt
    bint cookies
    bint require_cookie
    uint64_t[2][2] secret
    bint limits
    bint log_only
    uint32_t[CLASSES] rate
    uint32_t window
    uint32_t slip
    int ipv4_shift
    int ipv6_shift
    uint64_t* table
    uint64_t sets


cdef class CompiledGuard:
    cdef Guard guard
    cdef void* _table
    cdef int _make_table(self, uint64_t size) except -1




cdef bint inside(Ranges* ranges, Client* client) noexcept nogil
cdef void set_client(Client* client, const uint8_t* octets, size_t size) noexcept nogil
cdef CookieKind judge_cookie(
    Guard* guard, Client* client, Span* option, uint8_t* fresh
) noexcept nogil
cdef Action judge_rate(Guard* guard, Client* client, int kind, int* by) noexcept nogil
