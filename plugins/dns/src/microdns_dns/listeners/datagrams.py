"""Receiving and sending datagrams so that answers leave from the address that was asked.

A socket bound to one address does that by itself.  On one bound to every address, the kernel must
tell for each datagram where it came in, and be told where the answer goes out (RFC 1122 4.1.3.5).
"""

import socket
from abc import ABC, abstractmethod
from struct import Struct
from typing import Final

from microdns_dns.message import Address

RECEIVE_MAX: Final = 4_096
"""Octets of a datagram that are taken; larger ones are dropped."""

_IP_PKTINFO: Final = getattr(socket, "IP_PKTINFO", 8)
_IP_MTU_DISCOVER: Final = 10
_IP_PMTUDISC_OMIT: Final = 5
_IPV6_MTU_DISCOVER: Final = 23
_IN_PKTINFO: Final = Struct("=I4s4s")
"""Interface, local address, destination of the header (ip(7))."""
_IN6_PKTINFO: Final = Struct("=16sI")
"""Local address, interface (ipv6(7))."""
_ANCILLARY_MAX: Final = 128
_LINK_LOCAL: Final = b"\xfe\x80"

Ancillary = list[tuple[int, int, bytes]]


class Datagrams(ABC):
    """A UDP socket; both methods raise BlockingIOError or another OSError."""

    def __init__(self, opened: socket.socket) -> None:
        self.socket = opened
        _never_trust_path_mtu(opened)

    @abstractmethod
    def receive(self) -> tuple[bytes, Address, Ancillary]:
        """A datagram (one octet too long if it was larger), its sender, and what ``send`` needs."""

    @abstractmethod
    def send(self, octets: bytes, client: Address, ancillary: Ancillary) -> None:
        """Send an answer from where the question came in."""


class PinnedDatagrams(Datagrams):
    """Bound to one address."""

    def receive(self) -> tuple[bytes, Address, Ancillary]:
        octets, client = self.socket.recvfrom(RECEIVE_MAX + 1)
        return octets, client, []

    def send(self, octets: bytes, client: Address, ancillary: Ancillary) -> None:
        self.socket.sendto(octets, client)


class WildcardDatagrams(Datagrams):
    """Bound to every address of its family."""

    def __init__(self, opened: socket.socket) -> None:
        super().__init__(opened)
        if opened.family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        else:
            opened.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)

    def receive(self) -> tuple[bytes, Address, Ancillary]:
        octets, ancillary, _, client = self.socket.recvmsg(RECEIVE_MAX + 1, _ANCILLARY_MAX)
        return octets, client, ancillary

    def send(self, octets: bytes, client: Address, ancillary: Ancillary) -> None:
        self.socket.sendmsg([octets], _back(ancillary), 0, client)


def local_of(ancillary: Ancillary) -> str | None:
    """The address that a datagram was sent to; None where a socket has only one."""
    for level, kind, data in ancillary:
        if level == socket.IPPROTO_IP and kind == _IP_PKTINFO and len(data) >= _IN_PKTINFO.size:
            return socket.inet_ntop(socket.AF_INET, data[4:8])
        if level == socket.IPPROTO_IPV6 and kind == socket.IPV6_PKTINFO and len(data) >= 16:
            return socket.inet_ntop(socket.AF_INET6, data[:16])
    return None


def open_datagrams(opened: socket.socket) -> Datagrams:
    """The right kind for a bound socket, which it then owns."""
    host = opened.getsockname()[0]
    return (WildcardDatagrams if host in ("0.0.0.0", "::") else PinnedDatagrams)(opened)  # noqa: S104 - compared, not bound


def _back(ancillary: Ancillary) -> Ancillary:
    """Ancillary data of a question, turned into those of its answer.

    The interface is left to routing, except where the address means nothing without it.
    """
    for level, kind, data in ancillary:
        if level == socket.IPPROTO_IP and kind == _IP_PKTINFO and len(data) >= _IN_PKTINFO.size:
            _, local, _ = _IN_PKTINFO.unpack_from(data)
            return [(level, kind, _IN_PKTINFO.pack(0, local, b"\0\0\0\0"))]
        if level == socket.IPPROTO_IPV6 and kind == socket.IPV6_PKTINFO:
            local, interface = _IN6_PKTINFO.unpack_from(data)
            scope = interface if local[:2] == _LINK_LOCAL else 0
            return [(level, kind, _IN6_PKTINFO.pack(local, scope))]
    return []  # it came in before the option was set


def _never_trust_path_mtu(opened: socket.socket) -> None:
    """Ignore what ICMP says of the path: it can be forged to make us send fragments (RFC 9715).

    Best effort: only Linux has it.
    """
    if opened.family == socket.AF_INET6:
        level, option = socket.IPPROTO_IPV6, _IPV6_MTU_DISCOVER
    else:
        level, option = socket.IPPROTO_IP, _IP_MTU_DISCOVER
    try:
        opened.setsockopt(level, option, _IP_PMTUDISC_OMIT)
    except OSError:
        return
