"""Sockets on the served interfaces, and the loop's reading from them."""

import asyncio
import socket
from collections.abc import Callable

from microdns_dhcp.links import Interface, Links
from microdns_dhcp6.exchange import Served
from microdns_dhcp6.message import MESSAGE_OCTETS_MAX, SOLICIT
from microdns_dhcp6.server import Server

ALL_AGENTS_AND_SERVERS, ALL_SERVERS = "ff02::1:2", "ff05::1:3"
"""Multicast groups (section 7.1): of clients, and of relay agents."""
DATAGRAMS_PER_TURN = 64
"""Read from one socket before others, and commits, get their turn."""
_ANCILLARY_OCTETS = socket.CMSG_SPACE(20)
_MULTICAST = 0xFF


class Transport:
    """Opens and closes what the interface watch tells it to."""

    def __init__(self, links: Links, server: Server, port: int) -> None:
        self._links = links
        self._server = server
        self._port = port
        self._served: dict[str, Served] = {}

    def open(self, interface: Interface) -> None:
        """Serve an interface; raises OSError."""
        addresses = tuple(each.ip.packed for each in interface.ipv6)
        groups = (ALL_AGENTS_AND_SERVERS, ALL_SERVERS)
        datagrams = self._links.udp6(interface, self._port, groups)
        served = Served(interface, datagrams, addresses)
        self._served[interface.name] = served
        self.refresh()
        asyncio.get_running_loop().add_reader(datagrams.fileno(), self._reader(served))

    def close(self, name: str) -> None:
        """Serve an interface no more."""
        served = self._served.pop(name, None)
        if served is not None:
            asyncio.get_running_loop().remove_reader(served.datagrams.fileno())
            served.datagrams.close()

    def refresh(self) -> None:
        """Find out anew which subnets are on which interface."""
        for served in self._served.values():
            served.arenas = self._server.arenas_of(served)

    def _reader(self, served: Served) -> Callable[[], None]:
        receive = served.datagrams.recvmsg
        handle = self._server.handle

        def read() -> None:
            later = []
            for _ in range(DATAGRAMS_PER_TURN):
                try:
                    # One octet more than is taken, so that what is too long is seen to be.
                    data, ancillary, _, source = receive(MESSAGE_OCTETS_MAX + 1, _ANCILLARY_OCTETS)
                except BlockingIOError:
                    break
                except OSError:
                    break  # the interface went: the watch closes the socket
                unicast = bool(ancillary) and ancillary[0][2][0] != _MULTICAST
                if data[:1] == _SOLICIT:
                    later.append((data, source, unicast))
                else:
                    handle(data, source, served, unicast)
            # Whoever is in the middle of getting an address goes before those who begin.
            for data, source, unicast in later:
                handle(data, source, served, unicast)

        return read


_SOLICIT = bytes((SOLICIT,))
