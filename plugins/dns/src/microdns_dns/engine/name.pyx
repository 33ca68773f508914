# cython: language_level=3
"""Names: parsing, folding, hashing.  See the .pxd."""

import hashlib
import os

from libc.string cimport memcpy

from microdns_dns.engine.octets cimport equal, get8, holds


cdef uint8_t[256] FOLD
for _octet in range(256):
    FOLD[_octet] = _octet + 32 if 65 <= _octet <= 90 else _octet

cdef bint _relied_on = False


cdef int _key(bytes noise) except -1:
    SECRET[0] = int.from_bytes(noise[:8], "big") | 1
    SECRET[1] = int.from_bytes(noise[8:], "big") | 1
    return 0


_key(os.urandom(16))


cdef void rely_on_secret() noexcept:
    """From now on names are hashed for keeps: the secret stays."""
    global _relied_on
    _relied_on = True


def secret() -> bytes:
    """The secret, for an image that another process is to read."""
    return SECRET[0].to_bytes(8, "big") + SECRET[1].to_bytes(8, "big")


def use_secret(bytes octets) -> bool:
    """Hash with this secret (16 octets); false when names were hashed with another one before."""
    if octets == secret():
        return True
    if _relied_on or len(octets) != 16:
        return False
    _key(octets)
    return True


def secret_mark() -> bytes:
    """Eight octets by which a secret is known again, and that do not tell it."""
    return hashlib.sha256(b"microdns image " + secret()).digest()[:8]


cdef uint64_t hash_label(const uint8_t* padded, size_t size, uint64_t above) noexcept nogil:
    """Hash one label with what is above it; seven octets behind it must be readable.

    Whoever chooses names and does not know the secret can't choose collisions.
    """
    cdef uint64_t hash = mix(above ^ SECRET[0], SECRET[1] ^ size)
    cdef uint64_t word
    while size >= 8:
        memcpy(&word, padded, 8)
        hash = mix(hash ^ word, SECRET[0])
        padded += 8
        size -= 8
    if size:
        memcpy(&word, padded, 8)
        word &= (<uint64_t>1 << (8 * size)) - 1
        hash = mix(hash ^ word, SECRET[1])
    return hash


cdef size_t read_name(Name* name, Span* octets, size_t at) noexcept nogil:
    """Take an uncompressed name that starts at ``at``; where it ends, or 0 if it is none."""
    cdef size_t size = 0
    cdef size_t labels = 0
    cdef size_t length, index
    cdef uint8_t octet
    while True:
        length = get8(octets, at + size)
        if length > 63 or octets.fault:
            return 0
        if length == 0:
            break
        if size + length + 2 > NAME_MAX or not holds(octets, at + size + 1, length):
            return 0
        name.offset[labels] = <uint8_t>size
        labels += 1
        for index in range(size, size + length + 1):
            octet = octets.base[at + index]  # held: the label was looked at as a whole
            name.spelled[index] = octet
            name.folded[index] = FOLD[octet]
        size += length + 1
    name.spelled[size] = 0
    name.folded[size] = 0
    name.offset[labels] = <uint8_t>size
    name.labels = <uint8_t>labels
    name.size = <uint16_t>(size + 1)
    name.hash[labels] = SECRET[1]
    while labels > 0:
        labels -= 1
        index = name.offset[labels]
        name.hash[labels] = hash_label(
            name.folded + index + 1, name.folded[index], name.hash[labels + 1]
        )
    return at + size + 1


cdef bint same_name(Name* name, size_t label, Span* octets, size_t at, size_t size) noexcept nogil:
    """Whether the folded octets at ``at`` are the name from this label on."""
    cdef size_t start = name.offset[label & 127]
    return size == name.size - start and equal(octets, at, name.folded + start, size)


cdef bint is_below(Name* name, Name* above) noexcept nogil:
    """Whether a name is ``above`` or below it."""
    cdef Span folded
    if name.labels < above.labels:
        return False
    folded.base = above.folded
    folded.size = above.size
    folded.fault = False
    return same_name(name, name.labels - above.labels, &folded, 0, above.size)
