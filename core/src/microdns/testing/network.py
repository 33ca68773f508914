"""A network whose every address is a free port on loopback."""

import socket

from microdns.network import Address, SystemNetwork


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
    """A port that is free for both UDP and TCP at this moment."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    while True:
        with (
            socket.socket(family, socket.SOCK_STREAM) as stream,
            socket.socket(family, socket.SOCK_DGRAM) as datagrams,
        ):
            stream.bind((host, 0))
            port: int = stream.getsockname()[1]
            try:
                datagrams.bind((host, port))
            except OSError:
                continue
            return port
