"""The network as an argument: where sockets come from.

Tests hand in a network that gives loopback sockets on free ports for whatever address is asked.
"""

import ipaddress
import socket
from typing import Protocol

from microdns.binding import CannotListen, explain

Address = tuple[str, int]
"""Host (text, no brackets) and port."""


class Network(Protocol):
    """Opens sockets that are non-blocking and ready to use; raises OSError (``CannotListen``)."""

    def bind_udp(self, address: Address) -> socket.socket:
        """A UDP socket bound to ``address``; an IPv6 one takes IPv6 only."""
        ...

    def bind_tcp(self, address: Address) -> socket.socket:
        """A TCP socket listening on ``address``; an IPv6 one takes IPv6 only."""
        ...


class SystemNetwork:
    """The machine's own network."""

    def bind_udp(self, address: Address) -> socket.socket:
        return _bound(address, socket.SOCK_DGRAM)

    def bind_tcp(self, address: Address) -> socket.socket:
        return _bound(address, socket.SOCK_STREAM)


def _bound(address: Address, kind: socket.SocketKind) -> socket.socket:
    try:
        return _opened(address, kind)
    except OSError as error:
        raise CannotListen(error.errno, explain(address, error)) from error


def _opened(address: Address, kind: socket.SocketKind) -> socket.socket:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    # Named, and not 0: asyncio sets TCP_NODELAY only on what says that it is TCP, and connections
    # inherit this.  Without it an answer of two writes waits 40 ms for the client's delayed ACK.
    protocol = socket.IPPROTO_TCP if kind is socket.SOCK_STREAM else socket.IPPROTO_UDP
    opened = socket.socket(family, kind, protocol)
    try:
        opened.setblocking(False)
        if kind is socket.SOCK_STREAM:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind(_with_scope(address))
        if kind is socket.SOCK_STREAM:
            opened.listen(512)
    except OSError:
        opened.close()
        raise
    return opened


def _with_scope(address: Address) -> tuple[str, int] | tuple[str, int, int, int]:
    """The address as ``bind`` wants it: a zone (``fe80::1%eth0``) is given by its number."""
    host, percent, zone = address[0].partition("%")
    if not percent:
        return address
    return host, address[1], 0, int(zone) if zone.isdigit() else socket.if_nametoindex(zone)


def is_loopback(address: Address) -> bool:
    """Whether only this machine reaches an address."""
    return ipaddress.ip_address(address[0].partition("%")[0]).is_loopback


def parse_address(text: str, default_port: int) -> Address:
    """``192.0.2.1``, ``192.0.2.1:53``, ``[2001:db8::1]:53`` or ``2001:db8::1`` as an address.

    Raises ValueError with a message for operators.
    """
    host, port = text, str(default_port)
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError(f"{text!r} is not an address: write [2001:db8::1]:53")
        port = rest[1:] or port
    elif text.count(":") == 1:
        host, port = text.split(":")
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        raise ValueError(f"{text!r} is not an IP address with an optional port") from None
    if not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{text!r}: port must be a number from 0 to 65535")
    return host, int(port)
