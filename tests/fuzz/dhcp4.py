"""DHCPv4 requests: whatever comes in is counted, and every reply is a message of legal size."""

import logging
from types import SimpleNamespace
from typing import Any

from plugins.dhcp4.tests.client import ip, reply_of, request

from microdns.clock import SystemClock
from microdns.events import Principal
from microdns_dhcp.book import LeaseBook
from microdns_dhcp.catalogue import Catalogue
from microdns_dhcp.commit import CommitQueue
from microdns_dhcp.config import DhcpConfig
from microdns_dhcp.leaseclock import LeaseClock
from microdns_dhcp.model import CONFIG, ClientClass, OptionValue, Pool, Reservation
from microdns_dhcp.testing import FakePackets, fake_interface
from microdns_dhcp4.config import Dhcp4Config
from microdns_dhcp4.exchange import Served
from microdns_dhcp4.message import COOKIE, MESSAGE_OCTETS_MAX
from microdns_dhcp4.metrics import Dhcp4Metrics
from microdns_dhcp4.server import Server

SERVER = ip("192.0.2.1")
LONG = OptionValue(option=43, value="ab" * 400, always=True)
SEEDS = [
    request(1, (55, bytes((1, 3, 6, 15, 43, 121))), (61, b"\1\2\0\0\0\0\1"), (12, b"host")),
    request(1, (80, b""), (57, b"\2\x40"), (60, b"PXEClient:Arch:00007"), (93, b"\0\7")),
    request(3, (50, ip("192.0.2.10")), (54, SERVER), (81, b"\5\0\0\4host\7example\0")),
    request(3, ciaddr="192.0.2.10"),
    request(3, (50, ip("10.0.0.1"))),
    request(4, (50, ip("192.0.2.10")), (54, SERVER)),
    request(7, (54, SERVER), ciaddr="192.0.2.10"),
    request(8, (55, b"\6"), ciaddr="192.0.2.77"),
    request(1, (82, b"\1\4port\2\3sw1\5\4\xc0\0\2\0\x0b\4\xc0\0\2\xfe"), giaddr="192.0.2.254"),
    request(1, (77, b"\4iPXE"), (175, b"\1\1\1"), (118, ip("192.0.2.0"))),
    request(1, (52, b"\3")),
]


class _Datagrams:
    """Checks what is sent."""

    def __init__(self) -> None:
        self.sent = 0

    def sendto(self, data: bytes, address: tuple[str, int], /) -> int:
        self.sent += 1
        assert 300 <= len(data) <= MESSAGE_OCTETS_MAX
        assert data[236:240] == COOKIE
        assert reply_of(data).type in (2, 5, 6)
        return len(data)


def _server() -> tuple[Server, LeaseBook, Served]:
    nothing: Any = SimpleNamespace(scan=lambda _kept: (), get=lambda _kept, _key: None)
    bus: Any = SimpleNamespace(tap=lambda _callback, types: lambda: types)
    log = logging.getLogger("fuzz")
    image: Any = SimpleNamespace(changed=set())
    book = LeaseBook(nothing, LeaseClock(SystemClock()), Principal("fuzz"), log, image)
    catalogue = Catalogue(nothing, bus, SystemClock())
    catalogue.declare(
        4,
        pools=[
            Pool(
                id="p",
                family=4,
                subnet="192.0.2.0/24",
                range_start="192.0.2.10",
                range_end="192.0.2.20",
                gateway="192.0.2.1",
                options=(LONG,),
                source=CONFIG,
            )
        ],
        reservations=[
            Reservation(id="r", family=4, ip="192.0.2.50", circuit_id="port", hostname="r")
        ],
        classes=[
            ClientClass(
                name="c",
                family=4,
                match="vendor_class startswith 'PXE' and arch in [7] or option(12).number > 3",
            )
        ],
    )
    server = Server(book, catalogue, Dhcp4Config(), DhcpConfig(), Dhcp4Metrics(), log)
    datagrams: Any = _Datagrams()
    interface = fake_interface("eth0", "192.0.2.1/24")
    served = Served(interface, datagrams, FakePackets(), SERVER, (SERVER,))
    served.arenas = tuple(book.arenas.values())
    server.own_addresses = {SERVER}
    return server, book, served


_SERVER, _BOOK, _SERVED = _server()


def one(data: bytes) -> None:
    """A request in a server that has seen others, whose commits succeed or fail in turn."""
    _SERVER.handle(data, ("192.0.2.10", 68), _SERVED)
    _drain(_SERVER.queue, len(data) % 3 != 0)
    packets: Any = _SERVED.packets
    for frame in packets.sent:
        assert reply_of(frame).type in (2, 5)
    packets.sent.clear()
    arena = _BOOK.arenas["192.0.2.0/24"]
    free = arena.pools[0].free
    leased = sum(1 for each in arena.all_bindings() if each.state not in (2, 3))
    assert len(list(arena.all_bindings())) <= 12
    assert len(arena.held) <= 12
    assert (
        free.free + leased + len(set(arena.held) - {each.address for each in arena.all_bindings()})
        >= 10
    )


def _drain(queue: CommitQueue, stored: bool) -> None:
    """What the queue's task does."""
    waiting, queue._waiting = queue._waiting, []
    queue.clients.clear()
    for each in waiting:
        for arena, address, change in each.parts:
            queue.in_flight.discard(address)
            if stored and change.lease is not None:
                _BOOK._put(change.lease)
            else:
                arena.let_go(address)
        if stored and each.done is not None:
            each.done()
