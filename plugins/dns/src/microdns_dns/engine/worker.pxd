"""One thread that answers datagrams."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from microdns_dns.engine.core cimport Engine
from microdns_dns.engine.counters cimport Counters
from microdns_dns.engine.packet cimport Scratch, Settings
from microdns_dns.engine.samples cimport Samples
from microdns_dns.engine.sockets cimport iovec, mmsghdr, pollfd, sockaddr_storage
from microdns_dns.engine.tap cimport Tap
from microdns_dns.engine.upward cimport CONTROL_MAX, PACKET_MAX, Ring

cdef enum:
    BATCH = 64
    SOCKETS_MAX = 63
    REPLY_MAX = 4096


cdef enum Reach:
    NOTHING = 0
    # Everything goes up to Python.
    OURS = 1
    # Names in our zones are answered, others go up.
    ALL = 2
    # Names outside our zones are refused as well.
    KEPT = 3
    # Only what the packet cache has is answered.


cdef struct Slot:
    # One message of a batch; the octet more shows that a message was too long.
    sockaddr_storage address
    uint8_t control[CONTROL_MAX]
    uint8_t packet[PACKET_MAX + 1]
    uint8_t reply[REPLY_MAX]


cdef struct Batch:
    mmsghdr received[BATCH]
    mmsghdr answered[BATCH]
    iovec places[BATCH]
    iovec replies[BATCH]
    bint kept[BATCH]
    # By answer: the packet cache had it.
    Slot slots[BATCH]


cdef struct Local:
    # An address that is listened on, and its octets: 4 or 16.
    uint8_t[16] address
    uint16_t size
    uint16_t port


cdef class Worker:
    cdef Engine engine
    cdef Batch* batch
    cdef Scratch* scratch
    cdef Ring* ring
    cdef Counters* counters
    cdef pollfd polled[SOCKETS_MAX + 1]
    cdef bint pinned[SOCKETS_MAX]
    cdef Local local[SOCKETS_MAX]
    cdef int sockets
    cdef int query_size_max
    cdef Samples* samples
    cdef uint64_t _samples_read
    cdef Tap* tap
    # Or NULL while nobody listens.
    cdef uint64_t _untold
    # Messages that rings before this one dropped.
    cdef uint32_t weight
    # Messages of the present batch.
    cdef int wake_fd
    cdef int reader
    cdef uint64_t stopping
    cdef uint64_t reach
    # And above its two bits, the plan whose answers the packet cache is asked for.
    cdef Settings[4] settings
    # By reach.
    cdef int _set_tap(self, Tap* tap) except -1
