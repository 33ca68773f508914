# cython: language_level=3
"""Samples; see the .pxd."""

from libc.string cimport memcpy

from microdns_dns.engine.atomic cimport (
    ACQUIRE, RELAXED, RELEASE, fence, load_number, store_number,
)


cdef void take_sample(
    Samples* samples, Client* client, Question* question, uint16_t rcode, uint32_t weight
) noexcept nogil:
    """Note one answer."""
    cdef uint64_t number = load_number(&samples.written, RELAXED)
    cdef Sample* sample = &samples.sample[number % SAMPLES]
    store_number(&sample.sequence, 2 * number + 1, RELAXED)
    fence(RELEASE)
    sample.high = client.high
    sample.low = client.low
    sample.weight = weight
    sample.qtype = question.qtype
    sample.rcode = rcode
    sample.size = question.name.size
    memcpy(sample.name, question.name.folded, sizeof(sample.name))
    store_number(&sample.sequence, 2 * number + 2, RELEASE)
    store_number(&samples.written, number + 1, RELEASE)


cdef object read_samples(Samples* samples, uint64_t since):
    """Samples from this number on, as far as they are still there, and how many there were.

    Each is weight, folded name, the client's 16 octets, type and rcode.
    """
    cdef uint64_t written = load_number(&samples.written, ACQUIRE)
    cdef uint64_t number = since if written - since <= SAMPLES else written - SAMPLES
    cdef Sample copy
    found = []
    while number < written:
        if _copy(&samples.sample[number % SAMPLES], &copy, 2 * number + 2):
            client = int(copy.high).to_bytes(8, "big") + int(copy.low).to_bytes(8, "big")
            name = <bytes>copy.name[:copy.size]
            found.append((copy.weight, name, client, copy.qtype, copy.rcode))
        number += 1
    return found, written


cdef bint _copy(Sample* sample, Sample* copy, uint64_t sequence) noexcept nogil:
    """Whether the copy is whole: neither written now nor meanwhile."""
    if load_number(&sample.sequence, ACQUIRE) != sequence:
        return False
    memcpy(copy, sample, sizeof(Sample))
    fence(ACQUIRE)
    return load_number(&sample.sequence, RELAXED) == sequence and copy.size <= 255
