# cython: language_level=3
"""A thread that receives datagrams by the batch, answers them, and sends the answers together.

It runs without the GIL until it is stopped.  What the engine leaves to Python goes into its ring,
and ``wake_fd`` tells the event loop; answers from there leave through ``send``.
"""

import os
import socket
import sys
from struct import Struct

from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from microdns_dns.engine.atomic cimport (
    ACQUIRE, RELAXED, RELEASE, load_number, load_pointer, store_number, store_pointer,
)
from microdns_dns.engine.counters cimport BUCKETS, count_answer, count_zone, read_counters
from microdns_dns.engine.guard cimport set_client
from microdns_dns.engine.epochs cimport AWAY, enter, leave
from microdns_dns.engine.octets cimport Span, get16, span_of
from microdns_dns.engine.packet cimport (
    ANSWERED, DROPPED_DENIED, DROPPED_RESPONSE, DROPPED_SHORT, UPWARD, Verdict, answer_packet,
)
from microdns_dns.engine.samples cimport Samples, read_samples, take_sample
from microdns_dns.engine.sockets cimport (
    AF_INET, AF_INET6, CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_REALTIME_COARSE, CMSG_DATA,
    CMSG_FIRSTHDR, CMSG_LEN, EAGAIN, EINTR, IP_PKTINFO, IPPROTO_IP, IPPROTO_IPV6, IPV6_PKTINFO, MSG_DONTWAIT, MSG_TRUNC, POLLIN,
    clock_gettime, cmsghdr, errno, in6_pktinfo, in_pktinfo, msghdr, poll, read, recvmmsg,
    sendmmsg, sendmsg, sockaddr_in, sockaddr_in6, timespec, write,
)
from microdns_dns.engine.tap cimport (
    Exchange, Tap, is_empty, is_told_of, make_tap, take_frames, tell_of, wakes_reader,
)
from microdns_dns.engine.upward cimport (
    ADDRESS_MAX, PLACES_MAX, Message, fill_place, first_message, free_first, free_place,
)

TOKEN = Struct("=iHH")
IPV4_ADDRESS, IPV6_ADDRESS = 16, 28  # octets of sockaddr_in and sockaddr_in6


cdef class Worker:
    """Serves these UDP sockets, each bound, until ``stop``.  ``wake_fd`` is an eventfd."""

    def __cinit__(self):
        self.reader = -1
        self.batch = <Batch*>calloc(1, sizeof(Batch))
        self.scratch = <Scratch*>calloc(1, sizeof(Scratch))
        self.ring = <Ring*>calloc(1, sizeof(Ring))
        self.counters = <Counters*>calloc(1, sizeof(Counters))
        self.samples = <Samples*>calloc(1, sizeof(Samples))
        if not (self.batch and self.scratch and self.ring and self.counters and self.samples):
            raise MemoryError

    def __init__(
        self, Engine engine, list sockets, int wake_fd, *, int query_size_max=PACKET_MAX,
        int upward_max=512
    ):
        if not 0 < query_size_max <= PACKET_MAX:
            raise ValueError(f"queries have at most {PACKET_MAX} octets")
        if not 0 < upward_max <= PLACES_MAX:
            raise ValueError(f"at most {PLACES_MAX} messages may wait")
        self.query_size_max = query_size_max
        self.ring.messages = <Message*>calloc(upward_max, sizeof(Message))
        if self.ring.messages is NULL:
            raise MemoryError
        self.ring.places = upward_max
        if not 0 < len(sockets) <= SOCKETS_MAX:
            raise ValueError(f"a thread serves 1 to {SOCKETS_MAX} sockets")
        self.engine = engine
        self.wake_fd = wake_fd
        self.sockets = len(sockets)
        for number, opened in enumerate(sockets):
            self.polled[number].fd = opened.fileno()
            self.polled[number].events = POLLIN
            _set_local(&self.local[number], opened)
            self.pinned[number] = opened.getsockname()[0] not in ("0.0.0.0", "::")
        self.polled[self.sockets].fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self.polled[self.sockets].events = POLLIN
        self.reader = engine.zones.reclaimer.add_reader()
        for reach in range(4):
            self.settings[reach] = engine.settings
            self.settings[reach].refuse_outside = reach == ALL
            self.settings[reach].outside_only = reach == KEPT
        self.reach = ALL
        _prepare(self.batch)

    def __dealloc__(self):
        # Only memory: objects that this one refers to may be gone by now.
        free(self.batch)
        free(self.scratch)
        if self.ring is not NULL:
            free(self.ring.messages)
        free(self.ring)
        free(self.counters)
        free(self.samples)
        free(self.tap)

    def run(self):
        """Answer until ``stop``; called in a thread of its own."""
        with nogil:
            _serve(self)

    def set_reach(self, int reach, uint32_t plan=0):
        """What is answered without Python: 0 nothing, 1 names in our zones, 2 all others too, 3 no
        zones.  With a ``plan``, what the packet cache has of it is answered, too."""
        if not NOTHING <= reach <= KEPT:
            raise ValueError("reach is 0 to 3")
        store_number(&self.reach, <uint64_t>plan << 2 | <uint64_t>reach, RELEASE)

    def stop(self):
        """Let ``run`` return after the present batch; may be called from any thread."""
        store_number(&self.stopping, 1, RELEASE)
        os.eventfd_write(self.polled[self.sockets].fd, 1)

    def close(self):
        """Give back what is not memory; ``run`` must have returned."""
        if self.reader >= 0:
            os.close(self.polled[self.sockets].fd)
            self.engine.zones.reclaimer.remove_reader(self.reader)
            self.reader = -1

    def take(self, int count_max):
        """Messages for Python: a list of octets, client's address, and a token for ``send``."""
        cdef Message* message
        taken = []
        while len(taken) < count_max:
            message = first_message(self.ring)
            if message is NULL:
                break
            token = TOKEN.pack(message.fd, message.address_size, message.control_size)
            token += <bytes>message.address[:message.address_size]
            token += <bytes>message.control[:message.control_size]
            client = _client(<bytes>message.address[:message.address_size])
            taken.append((<bytes>message.packet[:message.size], client, token))
            free_first(self.ring)
        return taken

    def send(self, bytes octets, bytes token):
        """Send an answer to where the message of this token came from; raises OSError."""
        cdef msghdr header
        cdef iovec place
        fd, address_size, control_size = TOKEN.unpack_from(token)
        address = bytearray(token[TOKEN.size:TOKEN.size + address_size])
        control = bytearray(token[TOKEN.size + address_size:])
        memset(&header, 0, sizeof(header))
        place.iov_base = <void*><const uint8_t*>octets
        place.iov_len = len(octets)
        header.msg_name = <void*><char*>address
        header.msg_namelen = len(address)
        header.msg_iov = &place
        header.msg_iovlen = 1
        if control:
            header.msg_control = <void*><char*>control
            header.msg_controllen = len(control)
        if sendmsg(fd, &header, MSG_DONTWAIT) < 0:
            raise OSError(errno, os.strerror(errno))

    def set_sampling(self, bint wanted):
        """Whether samples are taken; see ``samples``."""
        store_number(&self.samples.wanted, wanted, RELEASE)

    def take_samples(self):
        """Samples since the last call: lists of weight, folded name, the client's 16 octets, type
        and rcode."""
        found, self._samples_read = read_samples(self.samples, self._samples_read)
        return found

    def open_tap(self, bytes head, int one_in, size_t size):
        """Put frames of dnstap into a ring of so many octets; see ``tap.pxd``."""
        self._set_tap(make_tap(head, one_in, size))

    def close_tap(self):
        """No frames any more; those not taken are lost, and counted."""
        self._set_tap(NULL)

    def take_frames(self, size_t size_max):
        """Whole frames of at most so many octets, or the first alone, and how many they are."""
        return (b"", 0) if self.tap is NULL else take_frames(self.tap, size_max)

    def tap_is_empty(self):
        """Whether there are no frames; if so, ``wake_fd`` will tell of the next."""
        return self.tap is NULL or is_empty(self.tap)

    @property
    def frames_dropped(self):
        """Messages that were not told of since the worker was made."""
        return self._untold + (0 if self.tap is NULL else load_number(&self.tap.dropped, RELAXED))

    cdef int _set_tap(self, Tap* tap) except -1:
        """The thread may be using the one before until it has passed on."""
        cdef Tap* before = self.tap
        store_pointer(<void**>&self.tap, tap, RELEASE)
        if before is not NULL:
            self._untold += load_number(&before.dropped, RELAXED) + take_frames(before, -1)[1]
            self.engine.zones.reclaimer.retire(before)
            self.engine.zones.reclaimer.advance()
        return 0

    def counts(self):
        """What was counted; see ``counts.py``."""
        return read_counters(self.counters)


def local_of(bytes token):
    """The address that a message of ``take`` was sent to, as text; None where it is not told."""
    _, address_size, control_size = TOKEN.unpack_from(token)
    control = bytearray(token[TOKEN.size + address_size:])
    cdef msghdr header
    cdef Span found
    memset(&header, 0, sizeof(header))
    if not control:
        return None
    header.msg_control = <void*><char*>control
    header.msg_controllen = len(control)
    family = int.from_bytes(token[TOKEN.size:TOKEN.size + 2], sys.byteorder)
    found = span_of(NULL, 4 if family == socket.AF_INET else 16)
    _find_local(&header, &found)
    return None if found.base is NULL else socket.inet_ntop(family, <bytes>found.base[:found.size])


def _client(bytes address):
    """A socket address as Python's ``socket`` spells it; ``address`` is the kernel's octets.

    They are read as octets: read through the structs of ``netinet/in.h``, the compiler may take
    them for not written yet, and has.
    """
    family = int.from_bytes(address[:2], sys.byteorder)
    port = int.from_bytes(address[2:4], "big")
    if family == socket.AF_INET and len(address) >= IPV4_ADDRESS:
        return socket.inet_ntop(socket.AF_INET, address[4:8]), port
    if family == socket.AF_INET6 and len(address) >= IPV6_ADDRESS:
        flow = int.from_bytes(address[4:8], "big")
        scope = int.from_bytes(address[24:28], sys.byteorder)
        return socket.inet_ntop(socket.AF_INET6, address[8:24]), port, flow, scope
    return "", 0


cdef void _prepare(Batch* batch) noexcept nogil:
    cdef int at
    for at in range(BATCH):
        batch.places[at].iov_base = batch.slots[at].packet
        batch.places[at].iov_len = PACKET_MAX + 1
        batch.received[at].msg_hdr.msg_iov = &batch.places[at]
        batch.received[at].msg_hdr.msg_iovlen = 1
        batch.received[at].msg_hdr.msg_name = &batch.slots[at].address
        batch.answered[at].msg_hdr.msg_iov = &batch.replies[at]
        batch.answered[at].msg_hdr.msg_iovlen = 1


cdef void _serve(Worker worker) noexcept nogil:
    """Wait for messages, answer them, and again."""
    cdef int number
    cdef uint64_t told
    while not load_number(&worker.stopping, ACQUIRE):
        leave(&worker.engine.zones.reclaimer.epochs[0], worker.reader)
        if poll(worker.polled, worker.sockets + 1, -1) < 0:
            continue  # interrupted: what else could be wrong would be our own doing
        if worker.polled[worker.sockets].revents:
            read(worker.polled[worker.sockets].fd, &told, 8)
        for number in range(worker.sockets):
            if worker.polled[number].revents:
                while _serve_batch(worker, number) == BATCH:
                    if load_number(&worker.stopping, ACQUIRE):
                        break
    leave(&worker.engine.zones.reclaimer.epochs[0], worker.reader)


cdef int _serve_batch(Worker worker, int number) noexcept nogil:
    """Answer what a socket has, up to a batch; how many messages that were."""
    cdef Batch* batch = worker.batch
    cdef int at, count, answers = 0, upward = 0
    cdef timespec began
    cdef Tap* tap
    for at in range(BATCH):
        batch.received[at].msg_hdr.msg_namelen = sizeof(sockaddr_storage)
        if worker.pinned[number]:
            continue
        batch.received[at].msg_hdr.msg_control = batch.slots[at].control
        batch.received[at].msg_hdr.msg_controllen = CONTROL_MAX
    count = recvmmsg(worker.polled[number].fd, batch.received, BATCH, MSG_DONTWAIT, NULL)
    if count <= 0:
        if count < 0 and errno != EAGAIN and errno != EINTR:
            worker.counters.receive_errors += 1
        return 0
    worker.weight = <uint32_t>count
    clock_gettime(CLOCK_REALTIME_COARSE, &began)
    worker.scratch.client.wall = <uint32_t>began.tv_sec
    clock_gettime(CLOCK_MONOTONIC, &began)
    worker.scratch.client.second = <uint32_t>began.tv_sec
    enter(&worker.engine.zones.reclaimer.epochs[0], worker.reader)
    for at in range(count):
        if _answer_slot(worker, number, at, answers, &upward):
            answers += 1
    _send(worker, number, answers)
    _count_latency(worker.counters, &began, answers)
    tap = <Tap*>load_pointer(<void**>&worker.tap, ACQUIRE)
    if tap is not NULL and answers:
        _tell_of_batch(worker, tap, number, answers, &began)
    if upward:
        _tell(worker.wake_fd)
    return count


cdef bint _answer_slot(Worker worker, int number, int at, int answers, int* upward) noexcept nogil:
    """Answer one message into the next place of what is sent; false if nothing is sent."""
    cdef Batch* batch = worker.batch
    cdef Counters* counters = worker.counters
    cdef Slot* slot = &batch.slots[at]
    cdef msghdr* asked = &batch.received[at].msg_hdr
    cdef msghdr* header = &batch.answered[answers].msg_hdr
    cdef size_t size = batch.received[at].msg_len
    cdef size_t written = 0
    cdef uint64_t told = load_number(&worker.reach, ACQUIRE)
    cdef uint64_t reach = told & 3
    cdef Verdict verdict
    if size > <size_t>worker.query_size_max or asked.msg_flags & MSG_TRUNC:
        counters.oversize += 1
        return False
    if reach == NOTHING:
        verdict = UPWARD
    else:
        _set_client(worker, slot)
        worker.scratch.plan = <uint32_t>(told >> 2)
        verdict = answer_packet(
            &worker.engine.zones.core, &worker.settings[reach], worker.scratch, counters,
            span_of(slot.packet, size), False, slot.reply, REPLY_MAX, &written,
        )
    if not worker.pinned[number]:
        _turn_back(asked)
    if verdict == ANSWERED:
        batch.replies[answers].iov_base = slot.reply
        batch.replies[answers].iov_len = written
        header.msg_name = asked.msg_name
        header.msg_namelen = asked.msg_namelen
        header.msg_control = asked.msg_control
        header.msg_controllen = asked.msg_controllen
        batch.kept[answers] = worker.scratch.kept
        _count(worker)
        if answers == 0 and load_number(&worker.samples.wanted, RELAXED):
            take_sample(
                worker.samples, &worker.scratch.client, &worker.scratch.question,
                worker.scratch.reply.rcode, worker.weight,
            )
        return True
    if verdict == UPWARD:
        upward[0] += _hand_up(worker, number, slot, asked, size)
    elif verdict == DROPPED_SHORT:
        counters.short_messages += 1
    elif verdict == DROPPED_RESPONSE:
        counters.responses += 1
    elif verdict == DROPPED_DENIED:
        counters.denied += 1
    return False


cdef inline void _set_client(Worker worker, Slot* slot) noexcept nogil:
    """Who asks, for the guard."""
    cdef sockaddr_in* four = <sockaddr_in*>&slot.address
    cdef sockaddr_in6* six = <sockaddr_in6*>&slot.address
    if slot.address.ss_family == AF_INET:
        set_client(&worker.scratch.client, <const uint8_t*>&four.sin_addr, 4)
    else:
        set_client(&worker.scratch.client, six.sin6_addr.s6_addr, 16)


cdef inline void _count(Worker worker) noexcept nogil:
    cdef Scratch* scratch = worker.scratch
    count_answer(worker.counters, scratch.question.qtype, scratch.reply.rcode)
    if scratch.reply.truncated:
        worker.counters.truncated += 1
    if scratch.zone >= 0:
        count_zone(worker.counters, <uint32_t>scratch.zone, scratch.outcome)


cdef int _hand_up(Worker worker, int number, Slot* slot, msghdr* asked, size_t size) noexcept nogil:
    """Put a message into the ring, unless it is full; how many were put."""
    cdef Message* message = free_place(worker.ring)
    if message is NULL or asked.msg_namelen > ADDRESS_MAX or asked.msg_controllen > CONTROL_MAX:
        worker.counters.overload += 1
        return 0
    message.fd = worker.polled[number].fd
    message.size = <uint16_t>size
    message.address_size = <uint16_t>asked.msg_namelen
    message.control_size = <uint16_t>asked.msg_controllen
    memcpy(message.address, &slot.address, asked.msg_namelen)
    memcpy(message.control, slot.control, asked.msg_controllen)
    memcpy(message.packet, slot.packet, size)
    fill_place(worker.ring)
    worker.counters.upward += 1
    return 1


cdef void _turn_back(msghdr* header) noexcept nogil:
    """Turn where a message came in into where its answer goes out (RFC 1122 4.1.3.5).

    The interface is left to routing, except where the address means nothing without it.
    """
    cdef cmsghdr* found = CMSG_FIRSTHDR(header)
    cdef in_pktinfo* four
    cdef in6_pktinfo* six
    if found is NULL:
        header.msg_control = NULL
        header.msg_controllen = 0
        return
    if found.cmsg_level == IPPROTO_IP and found.cmsg_type == IP_PKTINFO:
        if found.cmsg_len < CMSG_LEN(sizeof(in_pktinfo)):
            header.msg_controllen = 0
            return
        four = <in_pktinfo*>CMSG_DATA(found)
        four.ipi_ifindex = 0
        four.ipi_addr.s_addr = 0
    elif found.cmsg_level == IPPROTO_IPV6 and found.cmsg_type == IPV6_PKTINFO:
        if found.cmsg_len < CMSG_LEN(sizeof(in6_pktinfo)):
            header.msg_controllen = 0
            return
        six = <in6_pktinfo*>CMSG_DATA(found)
        if not (six.ipi6_addr.s6_addr[0] == 0xFE and six.ipi6_addr.s6_addr[1] & 0xC0 == 0x80):
            six.ipi6_ifindex = 0
    else:
        header.msg_controllen = 0


cdef void _send(Worker worker, int number, int answers) noexcept nogil:
    """Send now or never: whoever misses an answer asks again."""
    cdef int sent, at = 0
    while at < answers:
        sent = sendmmsg(
            worker.polled[number].fd, &worker.batch.answered[at], answers - at, MSG_DONTWAIT
        )
        if sent > 0:
            at += sent
            continue
        if errno == EINTR:
            continue
        worker.counters.unsent += 1  # this one can't be sent, the next may
        at += 1


cdef void _count_latency(Counters* counters, timespec* began, int answers) noexcept nogil:
    """The time a batch took counts for each of its answers."""
    cdef timespec now
    cdef long long nanoseconds
    cdef int bucket = 0
    clock_gettime(CLOCK_MONOTONIC, &now)
    nanoseconds = (now.tv_sec - began.tv_sec) * 1000000000LL + now.tv_nsec - began.tv_nsec
    while bucket < BUCKETS - 1 and nanoseconds > BOUNDS[bucket]:
        bucket += 1
    counters.latency[bucket] += answers
    counters.latency_nanoseconds += <uint64_t>nanoseconds * answers
    counters.batches += 1


cdef void _tell_of_batch(
    Worker worker, Tap* tap, int number, int answers, timespec* began
) noexcept nogil:
    """Tell the tap what was asked and answered, all of a batch with the same times."""
    cdef Exchange exchange
    cdef timespec now
    cdef int at
    clock_gettime(CLOCK_MONOTONIC, &now)
    exchange.asked_ns = _nanoseconds(&now) - _nanoseconds(began)  # how long it took
    clock_gettime(CLOCK_REALTIME, &now)
    exchange.answered_ns = _nanoseconds(&now)
    exchange.asked_ns = exchange.answered_ns - exchange.asked_ns
    for at in range(answers):
        if is_told_of(tap):
            _describe(worker, number, at, &exchange)
            tell_of(tap, &exchange)
    if wakes_reader(tap):
        _tell(worker.wake_fd)


cdef inline uint64_t _nanoseconds(timespec* time) noexcept nogil:
    return <uint64_t>time.tv_sec * 1000000000 + <uint64_t>time.tv_nsec


cdef void _describe(Worker worker, int number, int answer, Exchange* exchange) noexcept nogil:
    """Who asked what, and what was answered, of one answer of the present batch."""
    cdef Batch* batch = worker.batch
    cdef msghdr* header = &batch.answered[answer].msg_hdr
    cdef Slot* slot = <Slot*>header.msg_name  # which begins with the address
    cdef Local* local = &worker.local[number]
    cdef sockaddr_in* four = <sockaddr_in*>&slot.address
    cdef sockaddr_in6* six = <sockaddr_in6*>&slot.address
    exchange.query = span_of(slot.packet, batch.received[slot - batch.slots].msg_len)
    exchange.response = span_of(slot.reply, batch.replies[answer].iov_len)
    exchange.tcp = False
    exchange.continued = False
    exchange.for_client = batch.kept[answer]
    if local.size == 4:
        exchange.client = span_of(<const uint8_t*>&four.sin_addr, 4)
        exchange.client_port = _from_network(four.sin_port)
    else:
        exchange.client = span_of(six.sin6_addr.s6_addr, 16)
        exchange.client_port = _from_network(six.sin6_port)
    exchange.server = span_of(local.address, local.size)
    exchange.server_port = local.port
    if not worker.pinned[number]:
        _find_local(header, &exchange.server)


cdef inline uint16_t _from_network(uint16_t port) noexcept nogil:
    cdef Span octets = span_of(<const uint8_t*>&port, 2)
    return get16(&octets, 0)


cdef void _find_local(msghdr* header, Span* local) noexcept nogil:
    """The address that was asked, as ``_turn_back`` left it; without one, that of the socket."""
    cdef cmsghdr* found = CMSG_FIRSTHDR(header)
    if found is NULL:
        return
    if local.size == 4 and found.cmsg_level == IPPROTO_IP and found.cmsg_type == IP_PKTINFO:
        local.base = <const uint8_t*>&(<in_pktinfo*>CMSG_DATA(found)).ipi_spec_dst
    elif local.size == 16 and found.cmsg_level == IPPROTO_IPV6 and found.cmsg_type == IPV6_PKTINFO:
        local.base = (<in6_pktinfo*>CMSG_DATA(found)).ipi6_addr.s6_addr


cdef int _set_local(Local* local, object opened) except -1:
    """Where a socket is bound."""
    cdef bytes address
    host, port = opened.getsockname()[:2]
    address = socket.inet_pton(opened.family, host.partition("%")[0])
    local.size = <uint16_t>len(address)
    local.port = port
    memcpy(local.address, <const uint8_t*>address, len(address))
    return 0


cdef void _tell(int wake_fd) noexcept nogil:
    cdef uint64_t one = 1
    write(wake_fd, &one, 8)


cdef long long[BUCKETS] BOUNDS
for _at, _bound in enumerate((
    50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000,
    50_000_000, 100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000,
    5_000_000_000,
)):
    BOUNDS[_at] = _bound
