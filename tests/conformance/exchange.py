"""Sends many packets to many servers at once and gathers what comes back.

Each packet has a socket of its own, so that a reply belongs to its query whatever its id says.
Silence is an answer too: what did not answer in a short time is asked once more with a longer one,
so that a loaded machine is not taken for a server that drops the packet.
"""

import selectors
import socket
import struct
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tests.conformance.questions import Transport
from tests.peers.server import answers

IN_FLIGHT_MAX = 400
FIRST_WAIT_SECONDS = 0.5
SECOND_WAIT_SECONDS = 1.0
AWAKE_SECONDS_MAX = 20.0
_RECEIVE_BYTES = 70_000


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
    _received: bytearray = field(default_factory=bytearray)

    def start(self, wait_seconds: float) -> socket.socket:
        family = socket.AF_INET6 if ":" in self.address[0] else socket.AF_INET
        kind = socket.SOCK_DGRAM if self.transport == "udp" else socket.SOCK_STREAM
        opened = socket.socket(family, kind)
        opened.settimeout(wait_seconds)
        self._socket, self._deadline = opened, time.monotonic() + wait_seconds
        self._received.clear()
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


def exchange(jobs: Sequence[Job]) -> None:
    """Runs all jobs; returns when each has its reply or has been silent twice.

    Before the second time a server must have answered something, so that one which the machine
    gives no time is not taken for one that says nothing.
    """
    _run(jobs, FIRST_WAIT_SECONDS)
    silent = [job for job in jobs if not job.done]
    for address in {job.address for job in silent}:
        _wait_until_awake(address)
    _run(silent, SECOND_WAIT_SECONDS)


def _wait_until_awake(address: tuple[str, int]) -> None:
    deadline = time.monotonic() + AWAKE_SECONDS_MAX
    while not answers(address) and time.monotonic() < deadline:
        time.sleep(0.1)


def _run(jobs: Iterable[Job], wait_seconds: float) -> None:
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
            for job in [job for job in flying if job.overdue]:
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
