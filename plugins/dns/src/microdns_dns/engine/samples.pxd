"""A look at single queries, for ``microdns top``: a ring of samples for each thread.

A thread takes the first answer of each batch, weighted by how many messages the batch had: all of
few queries, and few of many.  It writes without waiting for the reader, which throws away what
changed under its eyes; nothing is written while nobody looks.
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from microdns_dns.engine.guard cimport Client
from microdns_dns.engine.question cimport Question

cdef enum:
    SAMPLES = 512


cdef struct Sample:
    uint64_t sequence
    # Odd while it is written.
    uint64_t high
    uint64_t low
    uint32_t weight
    uint16_t qtype
    uint16_t rcode
    uint16_t size
    uint8_t[256] name


cdef struct Samples:
    uint64_t wanted
    uint64_t written
    Sample[SAMPLES] sample


cdef void take_sample(
    Samples* samples, Client* client, Question* question, uint16_t rcode, uint32_t weight
) noexcept nogil
cdef object read_samples(Samples* samples, uint64_t since)
