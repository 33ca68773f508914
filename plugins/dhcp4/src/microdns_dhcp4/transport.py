"""Sockets on the served interfaces."""

import logging
from collections.abc import Callable
from functools import partial

from microdns_dhcp.arena import Arena
from microdns_dhcp.book import LeaseBook
from microdns_dhcp.links import DatagramSocket, Interface, Links
from microdns_dhcp.reception import Datagram, Reception
from microdns_dhcp.steering import Beginning
from microdns_dhcp4.exchange import Served
from microdns_dhcp4.message import DISCOVER, MESSAGE_OCTETS_MAX, NO_ADDRESS
from microdns_dhcp4.server import Server

BEGINNING = Beginning(240, bytes((53, 1, DISCOVER)))
"""The first option of nearly all DISCOVERs; others are merely not told apart."""


class Transport:
    """Opens and closes what the interface watch tells it to."""

    def __init__(
        self, links: Links, server: Server, book: LeaseBook, port: int, log: logging.Logger
    ) -> None:
        self._links = links
        self._server = server
        self._book = book
        self._port = port
        self._served: dict[str, Served] = {}
        self._reception = Reception(BEGINNING, log)

    def open(self, interface: Interface) -> None:
        """Serve an interface; raises OSError."""
        addresses = tuple(each.ip.packed for each in interface.ipv4)
        inlet = self._links.udp4(interface.name, self._port, BEGINNING)
        try:
            packets = self._links.packets(interface.name)
        except OSError:
            inlet.close()
            raise
        first = addresses[0] if addresses else NO_ADDRESS
        served = Served(interface, inlet.ongoing, packets, first, addresses)
        self._served[interface.name] = served
        self.refresh()
        self._reception.open(interface.name, inlet, _receiving, self._handling(served))

    def close(self, name: str) -> None:
        """Serve an interface no more."""
        served = self._served.pop(name, None)
        if served is not None:
            self._reception.close(name)
            served.packets.close()
            self.refresh()

    def refresh(self) -> None:
        """Find out anew which subnets are on which interface."""
        self._server.own_addresses = {
            address for served in self._served.values() for address in served.addresses
        }
        for served in self._served.values():
            served.arenas = tuple(self._arenas(served))

    def _arenas(self, served: Served) -> list[Arena]:
        """Subnets that name the interface, and those that it has an address in."""
        name = served.interface.name
        found = [
            arena
            for arena in self._book.arenas.values()
            if any(pool.interface == name for pool in arena.subnet.pools)
        ]
        for address in served.addresses:
            arena = self._book.arena_of(address)
            if arena is not None and arena not in found and _may_serve(arena, name):
                found.append(arena)
        return [arena for arena in found if arena.subnet.family == 4]

    def _handling(self, served: Served) -> Callable[[bytes, tuple[str, int]], None]:
        handle = self._server.handle
        return lambda data, source: handle(data, source, served)


def _receiving(opened: DatagramSocket) -> Callable[[], Datagram]:
    # One octet more than is taken, so that what is too long is seen to be.
    return partial(opened.recvfrom, MESSAGE_OCTETS_MAX + 1)


def _may_serve(arena: Arena, interface: str) -> bool:
    """Whether a subnet's pools leave the interface open, or name this one."""
    return all(pool.interface in ("", interface) for pool in arena.subnet.pools)
