"""Names, split into labels and hashed from the root down.

``hash[i]`` is that of the folded name from label ``i`` on, so that every ancestor of a name can be
looked up without hashing again.
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from microdns_dns.engine.octets cimport Span

cdef enum:
    NAME_MAX = 255
    LABELS_MAX = 127


cdef struct Name:
    uint8_t spelled[256]
    uint8_t folded[264]
    # Behind the name are eight octets more, so that hashing may load words.
    uint16_t size
    uint8_t labels
    # How many there are, without the root's.
    uint8_t offset[128]
    uint64_t hash[128]


cdef extern from *:
    ctypedef unsigned long long uint128 "unsigned __int128"


cdef uint64_t[2] SECRET


cdef inline uint64_t mix(uint64_t one, uint64_t other) noexcept nogil:
    """Both halves of a product, folded."""
    cdef uint128 product = <uint128>one * <uint128>other
    return <uint64_t>product ^ <uint64_t>(product >> 64)


cdef void rely_on_secret() noexcept
cdef size_t read_name(Name* name, Span* octets, size_t at) noexcept nogil
cdef bint same_name(Name* name, size_t label, Span* octets, size_t at, size_t size) noexcept nogil
cdef uint64_t hash_label(const uint8_t* padded, size_t size, uint64_t above) noexcept nogil
cdef bint is_below(Name* name, Name* above) noexcept nogil
