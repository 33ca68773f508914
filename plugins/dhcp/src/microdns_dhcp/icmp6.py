"""A raw ICMPv6 socket on one interface, as routers and hosts need it (RFC 3542, RFC 4861).

Hop limits are seen and set: what Neighbor Discovery sends has 255, and what it takes must have.
The operating system makes checksums, and drops what has a wrong one.
"""

import contextlib
import ipaddress
import socket
import struct
from typing import Protocol

HOP_LIMIT = 255
_ICMP6_FILTER = 1
_PACKET_INFO = struct.Struct("=16sI")
_ANCILLARY_OCTETS = 128


class Icmp6Socket(Protocol):
    """What servers use of it; non-blocking, all methods raise OSError."""

    def fileno(self) -> int: ...

    def receive(self, size: int, /) -> tuple[bytes, ipaddress.IPv6Address, int]:
        """A message, at most so many octets of it, its source, and its hop limit."""
        ...

    def send(
        self, data: bytes, source: ipaddress.IPv6Address, to: ipaddress.IPv6Address, /
    ) -> None:
        """Send a message from one of the interface's own addresses."""
        ...

    def close(self) -> None: ...


class SystemIcmp6:
    """The machine's own; ``opened`` is bound to the interface and member of its groups."""

    def __init__(self, opened: socket.socket, index: int, types: tuple[int, ...]) -> None:
        """Messages of other ``types`` are not received."""
        self._socket = opened
        self._index = index
        opened.setsockopt(socket.IPPROTO_ICMPV6, _ICMP6_FILTER, _filter(types))
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
        for option in (socket.IPV6_UNICAST_HOPS, socket.IPV6_MULTICAST_HOPS):
            opened.setsockopt(socket.IPPROTO_IPV6, option, HOP_LIMIT)
        # What is sent here need not be heard here.
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, 0)

    def fileno(self) -> int:
        return self._socket.fileno()

    def receive(self, size: int, /) -> tuple[bytes, ipaddress.IPv6Address, int]:
        data, told, _, source = self._socket.recvmsg(size, _ANCILLARY_OCTETS)
        address = ipaddress.IPv6Address(source[0].partition("%")[0])
        return data, address, _hop_limit(told)

    def send(
        self, data: bytes, source: ipaddress.IPv6Address, to: ipaddress.IPv6Address, /
    ) -> None:
        where = _PACKET_INFO.pack(source.packed, self._index)
        told = [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, where)]
        self._socket.sendmsg([data], told, 0, (str(to), 0, 0, self._index))

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.close()


def _filter(types: tuple[int, ...]) -> bytes:
    """A bit for each type that is to be blocked (RFC 3542 3.2, as Linux has it)."""
    words = [0xFFFFFFFF] * 8
    for kind in types:
        words[kind >> 5] &= ~(1 << (kind & 31)) & 0xFFFFFFFF
    return struct.pack("=8I", *words)


def _hop_limit(told: list[tuple[int, int, bytes]]) -> int:
    """The hop limit among what came beside a message; 0 where it is not told."""
    for level, kind, data in told:
        if (level, kind) == (socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT) and len(data) >= 4:
            return int(struct.unpack_from("=i", data)[0])
    return 0
