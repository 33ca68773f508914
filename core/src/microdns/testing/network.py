"""A network whose every address is a free port on loopback."""

import itertools
import os
import random
import socket

from microdns.network import Address, SystemNetwork

FIRST_PORT, END_PORT = 10_240, 32_768
"""From behind the well-known ones to those that systems give to clients: a port from among these
is still free a moment later, however many connections are made meanwhile."""
WORKERS_MAX = 8


class LoopbackNetwork:
    """Implements ``microdns.network.Network``: whatever is asked, 127.0.0.1 or ::1 is bound.

    UDP and TCP of one asked address get the same port, and ``bound`` tells which.  Whoever asks for
    port 0 gets another port each time, and may then ask for that one.
    """

    def __init__(self) -> None:
        self._system = SystemNetwork()
        self.bound: dict[Address, Address] = {}

    def bind_udp(self, address: Address) -> socket.socket:
        return self._bind(address, socket.SOCK_DGRAM)

    def bind_tcp(self, address: Address) -> socket.socket:
        return self._bind(address, socket.SOCK_STREAM)

    def _bind(self, address: Address, kind: socket.SocketKind) -> socket.socket:
        opened = self._open(self._port_for(address), kind)
        self.bound[address] = opened.getsockname()[:2]
        return opened

    def _port_for(self, address: Address) -> Address:
        loopback = "::1" if ":" in address[0] else "127.0.0.1"
        if address in self.bound.values():  # the other socket of one that was told its port
            return address
        known = self.bound.get(address) if address[1] else None
        return (loopback, known[1] if known else free_port(loopback))

    def _open(self, address: Address, kind: socket.SocketKind) -> socket.socket:
        if kind is socket.SOCK_DGRAM:
            return self._system.bind_udp(address)
        return self._system.bind_tcp(address)


def free_port(host: str = "127.0.0.1") -> int:
    """A port that is free for both UDP and TCP, and that no other worker of a test run is given.

    Raises OSError when there is none.
    """
    for _ in range(len(_ports)):
        port = _ports[next(_turns) % len(_ports)]
        if _is_free((host, port)):
            return port
    raise OSError(f"no port of {host} from {_ports[0]} to {_ports[-1]} is free")


def ports_of(worker: str) -> range:
    """The ports for one worker of pytest-xdist (``gw0``, ``gw1``, ...; empty without it)."""
    number = int(worker.removeprefix("gw") or 0) % WORKERS_MAX
    share = (END_PORT - FIRST_PORT) // WORKERS_MAX
    return range(FIRST_PORT + number * share, FIRST_PORT + (number + 1) * share)


_ports = ports_of(os.environ.get("PYTEST_XDIST_WORKER", ""))
_turns = itertools.count(random.randrange(len(_ports)))
"""In turn, from anywhere: two runs on a machine get in each other's way by chance only."""


def _is_free(address: Address) -> bool:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with (
        socket.socket(family, socket.SOCK_STREAM) as stream,
        socket.socket(family, socket.SOCK_DGRAM) as datagrams,
    ):
        try:
            stream.bind(address)
            datagrams.bind(address)
        except OSError:
            return False
        return True
