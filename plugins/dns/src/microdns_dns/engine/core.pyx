# cython: language_level=3
"""The engine as Python sees it: zones, settings, and answers in memory."""

from libc.stdint cimport uint8_t, uint32_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcpy

from microdns_dns.engine.guard cimport set_client
from microdns_dns.engine.counters cimport count_answer, count_zone, read_counters
from microdns_dns.engine.epochs cimport enter, leave
from microdns_dns.engine.octets cimport Span, span_of
from microdns_dns.engine.packet cimport ANSWERED, DROPPED_DENIED, Verdict, answer_packet

cdef enum:
    MESSAGE_MAX = 65535
    BATCH = 64


cdef class Engine:
    """Answers from zones; what it can't answer is for the plan.

    ``nsid`` is the identifier's octets, or empty.
    """

    def __cinit__(self):
        self._scratch = <Scratch*>calloc(1, sizeof(Scratch))
        self._out = <unsigned char*>malloc(MESSAGE_MAX)
        self._counters = <Counters*>calloc(1, sizeof(Counters))
        if self._scratch is NULL or self._out is NULL or self._counters is NULL:
            raise MemoryError

    def __init__(
        self, *, udp_payload_max: int = 1232, nsid: bytes = b"", answer_rotation: bool = False
    ):
        if len(nsid) > 255:
            raise ValueError("an NSID has at most 255 octets")
        if not 512 <= udp_payload_max <= 4096:
            raise ValueError("udp_payload_max is from 512 to 4096")
        self.zones = Zones()
        self.settings.guard = &self._nobody
        self.settings.packets = &self._no_packets
        self.settings.udp_payload_max = udp_payload_max
        self.settings.rotate = answer_rotation
        option = b"\0\3" + len(nsid).to_bytes(2, "big") + nsid if nsid else b""
        self.settings.nsid_size = len(option)
        memcpy(self.settings.nsid, <const uint8_t*>option, len(option))

    def __dealloc__(self):
        free(self._scratch)
        free(self._out)
        free(self._counters)

    def protect(self, CompiledGuard guard):
        """Ask this guard from now on; workers that exist already go on with theirs."""
        self._guard = guard
        self.settings.guard = &guard.guard

    def keep_packets(self, PacketCache packets):
        """Look into this cache from now on; workers that exist already do not."""
        self._packets = packets
        self.settings.packets = &packets.table

    def answer(
        self, bytes packet, bint tcp=False, bint refuse_outside=True, bytes client=b"",
        uint32_t wall=0, uint32_t second=0, uint32_t plan=0, bint outside_only=False
    ):
        """The octets of the answer to a message; None when the plan has to be asked.

        With a ``plan``, its answers are looked for in the packet cache; ``outside_only`` leaves the
        zones out.  ``b""`` when there is to be no answer.  ``client`` is an address of 16 octets (``octets_of``
        of ``protection.prefixes``), ``wall`` Unix time, ``second`` one that never goes back.
        Called with the GIL, which changes of zones need too: no epoch is entered.
        """
        cdef size_t size = 0
        cdef Verdict verdict
        self.settings.refuse_outside = refuse_outside
        self.settings.outside_only = outside_only
        self._scratch.plan = plan
        set_client(&self._scratch.client, client, len(client))
        self._scratch.client.wall = wall
        self._scratch.client.second = second
        verdict = answer_packet(
            &self.zones.core, &self.settings, self._scratch, self._counters,
            span_of(<const uint8_t*>packet, len(packet)), tcp, self._out, MESSAGE_MAX, &size,
        )
        if verdict >= DROPPED_DENIED:
            self._counters.denied += verdict == DROPPED_DENIED
            return b""
        if verdict != ANSWERED:
            return None
        count_answer(self._counters, self._scratch.question.qtype, self._scratch.reply.rcode)
        self._counters.truncated += self._scratch.reply.truncated
        if self._scratch.zone >= 0:
            count_zone(self._counters, self._scratch.zone, self._scratch.outcome)
        return <bytes>self._out[:size]

    @property
    def kept(self):
        """Whether the last answer came from the packet cache."""
        return self._scratch.kept

    def counts(self):
        """What ``answer`` counted; see ``counts.py``."""
        return read_counters(self._counters)

    def repeat(self, list packets, long times):
        """Answer these messages over and over, and throw the answers away: for measuring.

        Without the GIL and with memory of its own, as a worker does: threads may do so together.
        """
        cdef Scratch* scratch = <Scratch*>calloc(1, sizeof(Scratch))
        cdef Counters* counters = <Counters*>calloc(1, sizeof(Counters))
        cdef uint8_t* out = <uint8_t*>malloc(MESSAGE_MAX)
        cdef long at, count = len(packets)
        cdef Span* messages = <Span*>malloc(count * sizeof(Span))
        cdef int reader = self.zones.reclaimer.add_reader()
        if scratch is NULL or counters is NULL or out is NULL or messages is NULL:
            raise MemoryError
        for at in range(count):
            messages[at] = span_of(<const uint8_t*>(<bytes>packets[at]), len(packets[at]))
        with nogil:
            for at in range(times):
                if at % BATCH == 0:
                    enter(&self.zones.reclaimer.epochs[0], reader)
                _repeat(self, scratch, counters, messages[at % count], out)
            leave(&self.zones.reclaimer.epochs[0], reader)
        self.zones.reclaimer.remove_reader(reader)
        free(scratch)
        free(counters)
        free(out)
        free(messages)


cdef void _repeat(
    Engine engine, Scratch* scratch, Counters* counters, Span message, uint8_t* out
) noexcept nogil:
    """One message, counted as a worker counts it."""
    cdef size_t size = 0
    answer_packet(
        &engine.zones.core, &engine.settings, scratch, counters, message, False, out,
        MESSAGE_MAX, &size,
    )
    count_answer(counters, scratch.question.qtype, scratch.reply.rcode)
