"""The kernel tells datagrams apart: each comes once, to the socket that it is for."""

import errno
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdns_dhcp import steering
from microdns_dhcp.steering import Beginning, Inlet, open_inlet

DISCOVER = Beginning(240, bytes((53, 1, 1)))
SOLICIT = Beginning(0, bytes((1,)))
BEGIN4, REQUEST4 = bytes(240) + bytes((53, 1, 1)), bytes(240) + bytes((53, 1, 3))
ONGOING4 = [REQUEST4, REQUEST4 + bytes(60), b"", b"x", BEGIN4[:-1], bytes(236) + BEGIN4]
BEGINNING4 = [BEGIN4, BEGIN4 + bytes(60), BEGIN4 + bytes(4000)]
BEGINNING6 = [b"\1", b"\1\0\0\0", b"\1" + bytes(4000)]
ONGOING6 = [b"\3", b"\3\0\0\1", b"", b"\x0c\1", b"\0\1"]


def make4() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return made


def make6() -> socket.socket:
    made = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return made


def waiting(opened: socket.socket) -> list[bytes]:
    """What is in a socket's queue: over loopback, all that was sent."""
    found = []
    while True:
        try:
            found.append(opened.recv(1 << 16))
        except BlockingIOError:
            return found


@contextmanager
def inlet4() -> Iterator[Inlet[socket.socket]]:
    with closing(open_inlet(make4, ("", 0), DISCOVER)) as inlet:
        yield inlet


@pytest.mark.parametrize("to", ["127.0.0.1", "127.255.255.255"])
def test_ipv4_unicast_and_broadcast_come_once(to: str) -> None:
    with inlet4() as inlet, make4() as sender:
        assert inlet.refused is None
        assert inlet.beginning is not None
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        for data in ONGOING4 + BEGINNING4:
            sender.sendto(data, (to, inlet.ongoing.getsockname()[1]))
        assert waiting(inlet.ongoing) == ONGOING4
        assert waiting(inlet.beginning) == BEGINNING4


def test_ipv6_unicast_comes_once() -> None:
    with closing(open_inlet(make6, ("::", 0), SOLICIT)) as inlet, make6() as sender:
        assert inlet.beginning is not None
        for data in ONGOING6 + BEGINNING6:
            sender.sendto(data, ("::1", inlet.ongoing.getsockname()[1]))
        assert waiting(inlet.ongoing) == ONGOING6
        assert waiting(inlet.beginning) == BEGINNING6


@pytest.mark.parametrize("option", ["SO_ATTACH_FILTER", "SO_ATTACH_REUSEPORT_CBPF"])
@pytest.mark.parametrize("to", ["127.0.0.1", "127.255.255.255"])
def test_one_socket_gets_everything_where_the_kernel_refuses(
    option: str, to: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steering, option, 9999)
    with inlet4() as inlet, make4() as sender:
        assert inlet.beginning is None
        assert inlet.refused is not None
        assert inlet.refused.errno == errno.ENOPROTOOPT
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        for data in ONGOING4 + BEGINNING4:
            sender.sendto(data, (to, inlet.ongoing.getsockname()[1]))
        assert waiting(inlet.ongoing) == ONGOING4 + BEGINNING4


@pytest.mark.parametrize("shares", [(), (socket.SO_REUSEPORT,)])
def test_a_program_that_does_not_share_its_port_is_a_conflict(shares: tuple[int, ...]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        for option in shares:
            other.setsockopt(socket.SOL_SOCKET, option, 1)
        other.bind(("", 0))
        with pytest.raises(OSError, match="in use"):
            open_inlet(make4, ("", other.getsockname()[1]), DISCOVER)


def test_ports_are_free_again_once_closed() -> None:
    with inlet4() as inlet:
        port = inlet.ongoing.getsockname()[1]
        assert inlet.beginning is not None
    assert inlet.ongoing.fileno() == inlet.beginning.fileno() == -1
    with closing(open_inlet(make4, ("", port), DISCOVER)) as again:
        assert again.refused is None


_PROGRAMS = {before: DISCOVER.program(before, 7, 9) for before in (0, 8)}


@given(st.binary(max_size=12), st.sampled_from((0, 8)), st.integers(230, 243))
def test_the_program_says_what_begins_says(end: bytes, before: int, zeros: int) -> None:
    for message in (bytes(zeros) + end, BEGIN4 + end, REQUEST4 + end):
        told = run(_PROGRAMS[before], bytes(before) + message)
        assert told == (7 if DISCOVER.begins(message) else 9)


def run(program: bytes, data: bytes) -> int:
    """What a program returns, as the kernel's manual has it; 0 for a load beyond the end."""
    code = list(steering._INSTRUCTION.iter_unpack(program))
    at, value = 0, 0
    while True:
        operation, if_so, if_not, operand = code[at]
        at += 1
        match operation:
            case 0x80:
                value = len(data)
            case 0x30:
                if operand >= len(data):
                    return 0
                value = data[operand]
            case 0x15:
                at += if_so if value == operand else if_not
            case 0x35:
                at += if_so if value >= operand else if_not
            case 0x06:
                return int(operand)
