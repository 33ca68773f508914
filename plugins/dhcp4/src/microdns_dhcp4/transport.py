"""Sockets on the served interfaces, and the loop's reading from them."""

import asyncio
from collections.abc import Callable

from microdns_dhcp.arena import Arena
from microdns_dhcp.book import LeaseBook
from microdns_dhcp.links import Interface, Links
from microdns_dhcp4.exchange import Served
from microdns_dhcp4.message import DISCOVER, MESSAGE_OCTETS_MAX, NO_ADDRESS
from microdns_dhcp4.server import Server

_FIRST_OPTION = slice(240, 243)
_DISCOVER = bytes((53, 1, DISCOVER))
"""How nearly all of them look; others are merely not told apart."""
DATAGRAMS_PER_TURN = 64
"""Read from one socket before others, and commits, get their turn."""


class Transport:
    """Opens and closes what the interface watch tells it to."""

    def __init__(self, links: Links, server: Server, book: LeaseBook, port: int) -> None:
        self._links = links
        self._server = server
        self._book = book
        self._port = port
        self._served: dict[str, Served] = {}

    def open(self, interface: Interface) -> None:
        """Serve an interface; raises OSError."""
        addresses = tuple(each.ip.packed for each in interface.ipv4)
        datagrams = self._links.udp4(interface.name, self._port)
        try:
            packets = self._links.packets(interface.name)
        except OSError:
            datagrams.close()
            raise
        first = addresses[0] if addresses else NO_ADDRESS
        served = Served(interface, datagrams, packets, first, addresses)
        self._served[interface.name] = served
        self.refresh()
        read = self._reader(served)
        asyncio.get_running_loop().add_reader(datagrams.fileno(), read)

    def close(self, name: str) -> None:
        """Serve an interface no more."""
        served = self._served.pop(name, None)
        if served is not None:
            asyncio.get_running_loop().remove_reader(served.datagrams.fileno())
            served.datagrams.close()
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

    def _reader(self, served: Served) -> Callable[[], None]:
        receive = served.datagrams.recvfrom
        handle = self._server.handle

        def read() -> None:
            later = []
            for _ in range(DATAGRAMS_PER_TURN):
                try:
                    # One octet more than is taken, so that what is too long is seen to be.
                    data, source = receive(MESSAGE_OCTETS_MAX + 1)
                except BlockingIOError:
                    break
                except OSError:
                    break  # the interface went: the watch closes the socket
                if data[_FIRST_OPTION] == _DISCOVER:
                    later.append((data, source))
                else:
                    handle(data, source, served)
            # Whoever is in the middle of getting an address goes before those who begin.
            for data, source in later:
                handle(data, source, served)

        return read


def _may_serve(arena: Arena, interface: str) -> bool:
    """Whether a subnet's pools leave the interface open, or name this one."""
    return all(pool.interface in ("", interface) for pool in arena.subnet.pools)
