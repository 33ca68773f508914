"""A flood of what nobody should send, as fast as it can be sent, through real sockets.

Malformed, truncated, looping, oversized: the server goes on answering, and takes no memory.
"""

import random
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fuzz.dns_messages import SEEDS
from tests.fuzz.mutate import mutated
from tests.peers import MicroDns, NameServer, ZoneFile

SECONDS = 4.0
GROWTH_KIB_MAX = 24 << 10
ASKED_EVERY = 1_000
_ZONE = """\
$ORIGIN flooded.test.
@    300 SOA   ns1 hostmaster 7 3600 900 604800 60
@    300 NS    ns1
ns1  300 A     192.0.2.1
www  300 A     192.0.2.10
"""
QUESTION = b"\3www\7flooded\4test\0\0\1\0\1"
QUERY = b"\x12\x34\1\0\0\1\0\0\0\0\0\0" + QUESTION


@pytest.fixture(params=["compiled", "python"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NameServer]:
    zone = tmp_path / "zone"
    zone.write_text(_ZONE)
    peer = MicroDns(engine=request.param)
    with peer.start(tmp_path / "microdns", [ZoneFile("flooded.test.", zone)]) as running:
        yield running


def bad_messages(source: random.Random) -> list[bytes]:
    """Some of each kind."""
    header = b"\x12\x34\1\0\0\1\0\0\0\0\0\1"
    loops = [header + bytes((0xC0, at)) + b"\0\1\0\1" for at in (12, 13, 14, 255)]
    loops += [header + b"\1a\xc0\x0c\0\1\0\1", header + b"\0\0\1\0\1\xc0\x11\0\x29"]
    cut = [QUERY[:size] for size in range(len(QUERY))]
    large = [QUERY + bytes(size) for size in (500, 4_096, 4_097, 9_000, 60_000)]
    labels = [header + bytes((63,)) + b"x" * 63 + (b"\77" + b"y" * 63) * times for times in (1, 5)]
    counts = [QUERY[:4] + source.randbytes(8) + QUERY[12:] for _ in range(50)]
    changed = [mutated(source, SEEDS)[:60_000] for _ in range(2_000)]
    return [*loops, *cut, *large, *labels, *counts, *changed]


def resident_kib(server: NameServer) -> int:
    assert server.process is not None
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def answers(asking: socket.socket) -> bool:
    """Whether one of a few tries is answered: the flood may push others out of the queue."""
    for _ in range(20):
        asking.send(QUERY)
        try:
            if asking.recv(4096)[:2] == QUERY[:2]:
                return True
        except TimeoutError:
            continue
    return False


@pytest.mark.needs("engine")
def test_a_flood_of_bad_messages_leaves_it_answering(server: NameServer) -> None:
    source = random.Random(1035)
    messages = bad_messages(source)
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flooding,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking,
    ):
        for opened in (flooding, asking):
            opened.connect((server.host, server.port))
        asking.settimeout(0.5)
        flooding.setblocking(False)
        before, sent, end = 0, 0, time.monotonic() + SECONDS
        while time.monotonic() < end or sent <= 4 * ASKED_EVERY:
            for message in messages:
                try:
                    flooding.send(message)
                except (BlockingIOError, ConnectionRefusedError):
                    continue
                sent += 1
                if sent % ASKED_EVERY == 0:
                    assert answers(asking), f"after {sent} messages"
                    before = before or resident_kib(server)
    assert sent > 4 * ASKED_EVERY
    assert resident_kib(server) - before < GROWTH_KIB_MAX
