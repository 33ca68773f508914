"""DHCPv6 requests: whatever comes in is counted, and every reply is a message of legal size."""

import logging
from types import SimpleNamespace
from typing import Any

from plugins.dhcp6.tests.client import ip, na, oro, pd, relay, reply_of, request, ta

from microdns.clock import SystemClock
from microdns.events import Principal
from microdns_dhcp.book import LeaseBook
from microdns_dhcp.catalogue import Catalogue
from microdns_dhcp.commit import CommitQueue
from microdns_dhcp.config import DhcpConfig
from microdns_dhcp.leaseclock import LeaseClock
from microdns_dhcp.model import CONFIG, ClientClass, OptionValue, Pool, Reservation
from microdns_dhcp.testing import fake_interface
from microdns_dhcp6.config import Dhcp6Config
from microdns_dhcp6.exchange import Served
from microdns_dhcp6.message import MESSAGE_OCTETS_MAX
from microdns_dhcp6.metrics import Dhcp6Metrics
from microdns_dhcp6.server import Server

SERVER = b"\0\4" + bytes(16)
ADDRESS, PREFIX = "2001:db8::10", "2001:db8:100::/56"
LONG = OptionValue(option=200, value="ab" * 900, always=True)
_ALL = (na(ADDRESS), pd(PREFIX), oro(23, 24, 56, 200, 103))
SEEDS = [
    request(1, na(), pd(iaid=2), ta(), oro(23, 24)),
    request(1, na(), (14, b""), (39, b"\1\4host\7example\0"), (16, b"\0\0\0\x09\0\3abc")),
    request(3, *_ALL, server=SERVER),
    request(4, na(ADDRESS)),
    request(5, *_ALL, server=SERVER),
    request(5, na("2001:db8:ffff::1"), server=SERVER),
    request(6, *_ALL),
    request(8, *_ALL, server=SERVER),
    request(9, na(ADDRESS), server=SERVER),
    request(11, oro(32, 23)),
    relay(request(1, na()), (18, b"port"), (37, b"\0\0\0\x09x"), link="2001:db8::9"),
    relay(
        relay(request(3, na(ADDRESS), server=SERVER), (79, b"\0\1\2\0\0\0\0\1"), link="::"),
        (18, b"up"),
        (43, b"\0\x25\0\x12"),
        (135, b"\0\0"),
        link="2001:db8::9",
        hops=1,
    ),
    request(1, (15, b"\0\4iPXE"), (61, b"\0\7"), (8, b"\0\1")),
]


class _Datagrams:
    """Checks what is sent."""

    def sendto(self, data: bytes, address: tuple[str, int, int, int], /) -> int:
        assert len(data) <= MESSAGE_OCTETS_MAX * 2
        assert reply_of(data).type in (2, 7)
        return len(data)


def _server() -> tuple[Server, LeaseBook, Served]:
    nothing: Any = SimpleNamespace(scan=lambda _kept: (), get=lambda _kept, _key: None)
    bus: Any = SimpleNamespace(tap=lambda _callback, types: lambda: types)
    log = logging.getLogger("fuzz")
    image: Any = SimpleNamespace(changed=set())
    book = LeaseBook(nothing, LeaseClock(SystemClock()), Principal("fuzz"), log, image)
    catalogue = Catalogue(nothing, bus, SystemClock())
    catalogue.declare(
        6,
        pools=[
            Pool(
                id="p",
                family=6,
                subnet="2001:db8::/64",
                range_start=ADDRESS,
                range_end="2001:db8::1a",
                options=(LONG,),
                source=CONFIG,
            ),
            Pool(
                id="d",
                family=6,
                kind="prefix",
                subnet="2001:db8:100::/52",
                range_start="2001:db8:100::",
                range_end="2001:db8:100:fff:ffff:ffff:ffff:ffff",
                delegated_length=56,
                source=CONFIG,
            ),
        ],
        reservations=[
            Reservation(id="r", family=6, ip="2001:db8::50", circuit_id="port", hostname="reserved")
        ],
        classes=[
            ClientClass(
                name="c",
                family=6,
                match="vendor_class startswith 'ab' and arch in [7] or option(39).number > 3",
            )
        ],
    )
    server = Server(book, catalogue, Dhcp6Config(), DhcpConfig(), Dhcp6Metrics(), SERVER, log)
    datagrams: Any = _Datagrams()
    interface = fake_interface("eth0", "fe80::1/64", "2001:db8::1/64")
    served = Served(interface, datagrams, (ip("fe80::1"), ip("2001:db8::1")))
    served.arenas = server.arenas_of(served)
    return server, book, served


_SERVER, _BOOK, _SERVED = _server()


def one(data: bytes) -> None:
    """A request in a server that has seen others, whose commits succeed or fail in turn."""
    _SERVER.handle(data, ("fe80::9", 546, 0, 2), _SERVED, len(data) % 11 == 0)
    _drain(_SERVER.queue, len(data) % 3 != 0)
    for arena in _BOOK.arenas.values():
        free = arena.pools[0].free
        leased = sum(1 for each in arena.all_bindings() if each.state not in (2, 3))
        assert len(list(arena.all_bindings())) <= 17
        assert len(arena.held) <= 17
        assert (
            free.free
            + leased
            + len(set(arena.held) - {each.address for each in arena.all_bindings()})
            >= free.size - 1
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
