"""A thread of the engine on a real socket, with all that listens in: samples, dnstap, the ring up.

An input is some datagrams.  Whatever they are, a question after them is answered, what was told of
is what was sent, and what came up to Python is what the engine left.
"""

import os
import socket
import threading
from random import Random

from plugins.dns.tests.engine.generated import random_message, random_records, random_zones
from plugins.dns.tests.engine.pair import Pair

from microdns_dns import names
from microdns_dns.dnstap import head_of
from microdns_dns.engine.worker import Worker, local_of
from microdns_dns.listeners.datagrams import open_datagrams
from microdns_dns.watching import shown_name

_RANDOM = Random(23)
_ZONES = random_zones(_RANDOM, 3)
_ORIGINS = [names.from_text(zone.name) for zone in _ZONES]
_RECORDS = [
    change for origin in _ORIGINS for change in random_records(_RANDOM, origin, _ORIGINS, 40)
]
_OWNERS = [change.owner for change in _RECORDS] + _ORIGINS
_DATAGRAMS_MAX = 8
_HEAD = head_of(b"fuzz", b"")
_LAST = b"\0\0\0\0\0\1\0\0\0\0\0\0" + _ORIGINS[0] + b"\0\6\0\1"
"""The SOA of a zone: answered by the engine, whatever came before."""


def _cut(datagrams: list[bytes]) -> bytes:
    return b"".join(len(each).to_bytes(2, "big") + each for each in datagrams)


SEEDS = [
    _cut([random_message(_RANDOM, _OWNERS, _ORIGINS) for _ in range(_RANDOM.randrange(1, 6))])
    for _ in range(200)
]


class _Serving:
    """A worker on loopback, and a client that it answers."""

    def __init__(self) -> None:
        self._pair = Pair(_ZONES, _RECORDS)  # whose engine it is
        bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        bound.bind(("0.0.0.0", 0))  # so that each message says where it came in
        bound.setblocking(False)
        self._bound = open_datagrams(bound).socket
        wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self.worker = Worker(self._pair.engine, [self._bound], wake, upward_max=16)
        self.worker.set_reach(1)  # other names go up
        self.worker.set_sampling(True)
        self.worker.open_tap(_HEAD, 1, 1 << 17)
        self.client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.client.connect(("127.0.0.1", bound.getsockname()[1]))
        self.client.settimeout(60)
        threading.Thread(target=self.worker.run, daemon=True).start()


_SERVING = _Serving()
_NUMBER = 0


def one(data: bytes) -> None:
    """Send all, hear the last answer, and look at what was told."""
    global _NUMBER
    sent: list[bytes] = []
    while len(data) >= 2 and len(sent) < _DATAGRAMS_MAX:
        size = int.from_bytes(data[:2], "big")
        sent.append(data[2 : 2 + size][:8_000])
        data = data[2 + size :]
    _NUMBER += 1
    last = _NUMBER.to_bytes(4, "big")
    last = last[2:] + _LAST[2:]
    for datagram in [*sent, last]:
        _SERVING.client.send(datagram)
    while True:
        answer = _SERVING.client.recv(65_535)
        if answer[:2] == last[:2] and answer[12:].startswith(_LAST[12:]) and answer[3] & 15 == 0:
            break
    _look([*sent, last])


def _look(sent: list[bytes]) -> None:
    worker = _SERVING.worker
    mine = _SERVING.client.getsockname()
    for octets, client, token in worker.take(1_000):
        if octets not in sent or client != mine or local_of(token) != "127.0.0.1":
            raise AssertionError(f"{octets!r} from {client} came up, which was not sent")
    for weight, name, host, qtype, rcode in worker.take_samples():
        shown_name(name)
        if not (0 < weight <= 64 and host[-4:] == b"\x7f\0\0\1" and qtype < 65536 and rcode < 24):
            raise AssertionError(f"no sample: {(weight, name, host, qtype, rcode)}")
    while True:
        octets, frames = worker.take_frames(1 << 20)
        if not frames:
            return
        for _ in range(frames):
            size = int.from_bytes(octets[:4], "big")
            if not octets[4:].startswith(_HEAD) or len(octets) < 4 + size:
                raise AssertionError(f"no frame: {octets[:64]!r}")
            octets = octets[4 + size :]
        if octets:
            raise AssertionError("octets follow the last frame")
