"""Sockets on the served interfaces."""

import logging
import socket
from collections.abc import Callable
from functools import partial

from microdns_dhcp.links import DatagramSocket6, Interface, Links, Source6
from microdns_dhcp.reception import Datagram, Reception
from microdns_dhcp.steering import Beginning
from microdns_dhcp6.exchange import Served
from microdns_dhcp6.message import MESSAGE_OCTETS_MAX, SOLICIT
from microdns_dhcp6.server import Server

ALL_AGENTS_AND_SERVERS, ALL_SERVERS = "ff02::1:2", "ff05::1:3"
"""Multicast groups (section 7.1): of clients, and of relay agents."""
BEGINNING = Beginning(0, bytes((SOLICIT,)))
"""What relay agents forward is not told apart."""
_ANCILLARY_OCTETS = socket.CMSG_SPACE(20)
_MULTICAST = 0xFF

Ancillary = list[tuple[int, int, bytes]]


class Transport:
    """Opens and closes what the interface watch tells it to."""

    def __init__(self, links: Links, server: Server, port: int, log: logging.Logger) -> None:
        self._links = links
        self._server = server
        self._port = port
        self._served: dict[str, Served] = {}
        self._reception = Reception(BEGINNING, log)

    def open(self, interface: Interface) -> None:
        """Serve an interface; raises OSError."""
        addresses = tuple(each.ip.packed for each in interface.ipv6)
        groups = (ALL_AGENTS_AND_SERVERS, ALL_SERVERS)
        inlet = self._links.udp6(interface, self._port, groups, BEGINNING)
        served = Served(interface, inlet.ongoing, addresses)
        self._served[interface.name] = served
        self.refresh()
        self._reception.open(interface.name, inlet, _receiving, self._handling(served))

    def close(self, name: str) -> None:
        """Serve an interface no more."""
        if self._served.pop(name, None) is not None:
            self._reception.close(name)

    def refresh(self) -> None:
        """Find out anew which subnets are on which interface."""
        for served in self._served.values():
            served.arenas = self._server.arenas_of(served)

    def _handling(self, served: Served) -> Callable[..., None]:
        handle = self._server.handle

        def handling(data: bytes, told: Ancillary, _flags: int, source: Source6) -> None:
            unicast = bool(told) and told[0][2][0] != _MULTICAST
            handle(data, source, served, unicast)

        return handling


def _receiving(opened: DatagramSocket6) -> Callable[[], Datagram]:
    # One octet more than is taken, so that what is too long is seen to be.
    return partial(opened.recvmsg, MESSAGE_OCTETS_MAX + 1, _ANCILLARY_OCTETS)
