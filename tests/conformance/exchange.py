"""Sends many packets to many servers at once and gathers what comes back.

Each packet has a socket of its own, so that a reply belongs to its query whatever its id says, and
comes from a network of its own, so that nobody's limit of a rate is met: BIND has one for class CH.
Silence is an answer too: what did not answer in a short time is asked once more, and is silent only
when its server has answered something else that was asked later, so that a loaded machine is not
taken for a server that drops the packet.
"""

import itertools
import selectors
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tests.conformance.questions import Transport
from tests.peers.server import CHAOS_PROBE, answers

IN_FLIGHT_MAX = 400
WAIT_SECONDS = 0.3
CONNECT_SECONDS_MAX = 60.0
GRACE_SECONDS = 0.2
AWAKE_SECONDS_MAX = 60.0
_RECEIVE_BYTES = 70_000
_sources = itertools.count()


@dataclass(eq=False)
class Job:
    """One packet for one address; ``reply`` is None for silence or a closed connection."""

    address: tuple[str, int]
    packet: bytes
    transport: Transport
    reply: bytes | None = None
    done: bool = False
    _socket: socket.socket | None = None
    _deadline: float = 0.0
    _reminded: bool = False
    _received: bytearray = field(default_factory=bytearray)

    def start(self, wait_seconds: float) -> socket.socket:
        """Sends the packet; raises OSError."""
        family = socket.AF_INET6 if ":" in self.address[0] else socket.AF_INET
        kind = socket.SOCK_DGRAM if self.transport == "udp" else socket.SOCK_STREAM
        opened = socket.socket(family, kind)
        opened.settimeout(CONNECT_SECONDS_MAX)
        self._socket, self._deadline = opened, time.monotonic() + wait_seconds
        self._received.clear()
        opened.bind((_source(self.address), 0))
        opened.connect(self.address)
        if self.transport == "tcp":
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened.sendall(struct.pack("!H", len(self.packet)) + self.packet)
        else:
            opened.send(self.packet)
        opened.setblocking(False)
        return opened

    @property
    def overdue(self) -> bool:
        return time.monotonic() > self._deadline

    def wait_longer(self, seconds: float) -> None:
        """Be overdue so much later, if not once more."""
        if not self._reminded:
            self._reminded = True
            self._deadline = time.monotonic() + seconds

    def receive(self) -> bool:
        """Takes what has come; True when nothing more is expected."""
        assert self._socket is not None
        try:
            chunk = self._socket.recv(_RECEIVE_BYTES)
        except BlockingIOError:
            return False
        except OSError:
            return True
        if self.transport == "udp":
            self.reply, self.done = chunk, True
            return True
        self._received += chunk
        if not chunk:
            return True
        self._take_framed()
        return self.done

    def _take_framed(self) -> None:
        """RFC 1035 4.2.2: two octets of length before each message."""
        if len(self._received) < 2:
            return
        (length,) = struct.unpack_from("!H", self._received)
        if len(self._received) >= length + 2:
            self.reply, self.done = bytes(self._received[2 : length + 2]), True

    def close(self) -> None:
        if self._socket:
            self._socket.close()
            self._socket = None


def _source(address: tuple[str, int]) -> str:
    """Whence to ask there: an address in a /24 of its own, as long as there are any."""
    number = next(_sources)
    return "::" if ":" in address[0] else f"127.{1 + number // 256 % 254}.{number % 256}.1"


def exchange(jobs: Sequence[Job]) -> None:
    """Runs all jobs; returns when each has its reply or has been silent twice.

    Before the second time and after it a server must have answered something, so that one which
    the machine gives no time is not taken for one that says nothing.
    """
    _run(jobs, WAIT_SECONDS, lambda overdue: None)
    silent = [job for job in jobs if not job.done]
    _wait_until_awake(silent)
    _run(silent, WAIT_SECONDS, _remind)


def _remind(overdue: Sequence[Job]) -> None:
    """Who answers what came later has seen what came before, and may need a moment to say so."""
    _wait_until_awake(overdue)
    for job in overdue:
        job.wait_longer(GRACE_SECONDS)


def _wait_until_awake(jobs: Sequence[Job]) -> None:
    deadline = time.monotonic() + AWAKE_SECONDS_MAX
    for address, transport in {(job.address, job.transport) for job in jobs}:
        while not answers(address, transport, CHAOS_PROBE, _source(address)):
            if time.monotonic() > deadline:
                return
            time.sleep(0.1)


def _run(
    jobs: Iterable[Job], wait_seconds: float, when_overdue: Callable[[Sequence[Job]], None]
) -> None:
    waiting = deque(jobs)
    flying: set[Job] = set()
    with selectors.DefaultSelector() as selector:
        while waiting or flying:
            while waiting and len(flying) < IN_FLIGHT_MAX:
                job = waiting.popleft()
                if _started(job, selector, wait_seconds):
                    flying.add(job)
            for key, _events in selector.select(0.05):
                if key.data.receive():
                    _finish(key.data, selector, flying)
            when_overdue([job for job in flying if job.overdue])
            for job in [job for job in flying if job.overdue]:
                job.receive()  # what came while we ourselves stood still
                _finish(job, selector, flying)


def _started(job: Job, selector: selectors.BaseSelector, wait_seconds: float) -> bool:
    """False when the server refused the connection or closed it at once: that is silence."""
    try:
        selector.register(job.start(wait_seconds), selectors.EVENT_READ, job)
    except OSError:
        job.close()
        return False
    return True


def _finish(job: Job, selector: selectors.BaseSelector, flying: set[Job]) -> None:
    assert job._socket is not None
    selector.unregister(job._socket)
    job.close()
    flying.discard(job)
