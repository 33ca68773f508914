"""Interfaces for tests: no root, no packets on any network."""

import asyncio
import ipaddress
import socket
from collections import deque

import anyio
import anyio.lowlevel

from microdns.store import Store
from microdns_dhcp.links import Interface, Probe, Source6
from microdns_dhcp.steering import Beginning, Inlet


class FakeDatagrams:
    """A UDP socket whose far side is the test: ``deliver`` puts in, ``sent`` holds what came out.

    A pair of real sockets makes the event loop wake; one octet stands for a datagram.
    """

    def __init__(self, beginning: Beginning | None = None) -> None:
        """``beginning`` is what goes to a second socket beside this one."""
        self.sent: list[tuple[bytes, tuple[str, int]]] = []
        self.apart = beginning
        self.beside = FakeDatagrams() if beginning else None
        self.closed = False
        self._inbox: deque[tuple[bytes, tuple[str, int]]] = deque()
        self._ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._ours.setblocking(False)

    def deliver(self, data: bytes, source: tuple[str, int]) -> None:
        """Let a datagram arrive."""
        if self.beside is not None and self.apart is not None and self.apart.begins(data):
            self.beside.deliver(data, source)
            return
        self._inbox.append((data, source))
        self._theirs.send(b"!")

    def fileno(self) -> int:
        return self._ours.fileno()

    def recvfrom(self, size: int, /) -> tuple[bytes, tuple[str, int]]:
        self._ours.recv(1)
        data, source = self._inbox.popleft()
        return data[:size], source

    def sendto(self, data: bytes, address: tuple[str, int], /) -> int:
        self.sent.append((data, address))
        return len(data)

    def close(self) -> None:
        self.closed = True
        self._ours.close()
        self._theirs.close()


class FakeIcmp6:
    """An ICMPv6 socket whose far side is the test."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, ipaddress.IPv6Address, ipaddress.IPv6Address]] = []
        """What was sent: the message, from where, to where."""
        self.closed = False
        self.broken = False
        """Whether nothing can be sent."""
        self._inbox: deque[tuple[bytes, ipaddress.IPv6Address, int]] = deque()
        self._ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._ours.setblocking(False)

    def deliver(self, data: bytes, source: str, hop_limit: int = 255) -> None:
        """Let a message arrive."""
        self._inbox.append((data, ipaddress.IPv6Address(source), hop_limit))
        self._theirs.send(b"!")

    def fileno(self) -> int:
        return self._ours.fileno()

    def receive(self, size: int, /) -> tuple[bytes, ipaddress.IPv6Address, int]:
        self._ours.recv(1)
        data, source, hop_limit = self._inbox.popleft()
        return data[:size], source, hop_limit

    def send(
        self, data: bytes, source: ipaddress.IPv6Address, to: ipaddress.IPv6Address, /
    ) -> None:
        if self.broken:
            raise OSError("broken by the test")
        self.sent.append((data, source, to))

    def close(self) -> None:
        self.closed = True
        self._ours.close()
        self._theirs.close()


class FakeDatagrams6:
    """A UDP socket over IPv6 whose far side is the test, as ``FakeDatagrams`` is for IPv4."""

    def __init__(self, beginning: Beginning | None = None) -> None:
        """``beginning`` is what goes to a second socket beside this one."""
        self.sent: list[tuple[bytes, Source6]] = []
        self.apart = beginning
        self.beside = FakeDatagrams6() if beginning else None
        self.closed = False
        self._inbox: deque[tuple[bytes, Source6, bytes]] = deque()
        self._ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._ours.setblocking(False)

    def deliver(self, data: bytes, source: Source6, destination: str) -> None:
        """Let a datagram arrive that was sent to ``destination``."""
        if self.beside is not None and self.apart is not None and self.apart.begins(data):
            self.beside.deliver(data, source, destination)
            return
        self._inbox.append((data, source, ipaddress.IPv6Address(destination).packed))
        self._theirs.send(b"!")

    def fileno(self) -> int:
        return self._ours.fileno()

    def recvmsg(
        self, size: int, _ancillary_size: int, /
    ) -> tuple[bytes, list[tuple[int, int, bytes]], int, Source6]:
        self._ours.recv(1)
        data, source, destination = self._inbox.popleft()
        info = destination + source[3].to_bytes(4, "little")
        return data[:size], [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, info)], 0, source

    def sendto(self, data: bytes, address: Source6, /) -> int:
        self.sent.append((data, address))
        return len(data)

    def close(self) -> None:
        self.closed = True
        self._ours.close()
        self._theirs.close()


class FakePackets:
    """A packet socket that keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.closed = False

    def send(self, data: bytes, /) -> int:
        self.sent.append(data)
        return len(data)

    def close(self) -> None:
        self.closed = True


class FakeBell:
    """Rings when the test says so."""

    def __init__(self) -> None:
        self._event = anyio.Event()

    def ring(self) -> None:
        self._event.set()

    async def wait(self) -> None:
        await self._event.wait()
        self._event = anyio.Event()

    def close(self) -> None:
        """There is nothing to close."""


class FakeLinks:
    """Implements ``Links`` with interfaces that the test sets; ``change`` rings the bells."""

    def __init__(self, *interfaces: Interface) -> None:
        self.present = {each.name: each for each in interfaces}
        self.datagrams: dict[str, FakeDatagrams] = {}
        self.datagrams6: dict[str, FakeDatagrams6] = {}
        self.groups: dict[str, tuple[str, ...]] = {}
        """Multicast groups joined, by interface."""
        self.frames: dict[str, FakePackets] = {}
        self.icmp6_sockets: dict[str, FakeIcmp6] = {}
        self.refusing = False
        """Whether sockets can't be opened."""
        self.steering = True
        """Whether what begins an exchange can have a socket of its own."""
        self.answering: set[bytes] = set()
        """Addresses that answer probes."""
        self.forwarding = True
        """Whether the machine is a router."""
        self._bells: list[FakeBell] = []

    def change(self, *interfaces: Interface) -> None:
        """Have other interfaces from now on."""
        self.present = {each.name: each for each in interfaces}
        for bell in self._bells:
            bell.ring()

    def interfaces(self) -> dict[str, Interface]:
        return dict(self.present)

    def udp4(self, interface: str, port: int, beginning: Beginning) -> Inlet[FakeDatagrams]:
        if self.refusing:
            raise OSError("refused by the test")
        found = self.datagrams[interface] = FakeDatagrams(beginning if self.steering else None)
        return Inlet(found, found.beside, self._unsteered())

    def packets(self, interface: str) -> FakePackets:
        found = self.frames[interface] = FakePackets()
        return found

    def udp6(
        self, interface: Interface, port: int, groups: tuple[str, ...], beginning: Beginning
    ) -> Inlet[FakeDatagrams6]:
        if self.refusing:
            raise OSError("refused by the test")
        self.groups[interface.name] = groups
        apart = beginning if self.steering else None
        found = self.datagrams6[interface.name] = FakeDatagrams6(apart)
        return Inlet(found, found.beside, self._unsteered())

    def _unsteered(self) -> OSError | None:
        return None if self.steering else OSError("filters are refused by the test")

    def icmp6(
        self, interface: Interface, groups: tuple[str, ...], types: tuple[int, ...]
    ) -> "FakeIcmp6":
        if self.refusing:
            raise OSError("refused by the test")
        found = self.icmp6_sockets[interface.name] = FakeIcmp6()
        return found

    async def in_use(self, interface: Interface, address: bytes, how: Probe, wait: float) -> bool:
        await anyio.lowlevel.checkpoint()
        return address in self.answering

    def forwards6(self, interface: str) -> bool:
        return self.forwarding

    def bell(self) -> FakeBell:
        bell = FakeBell()
        self._bells.append(bell)
        return bell


def fake_interface(
    name: str = "eth0", *addresses: str, index: int = 2, up: bool = True
) -> Interface:
    """An Ethernet interface with these addresses (``192.0.2.1/24``)."""
    return Interface(
        name=name,
        index=index,
        up=up,
        hardware=b"\x02\x00\x00\x00\x00\xfe",
        addresses=tuple(map(ipaddress.ip_interface, addresses)),
    )


async def settle(rounds: int = 5, store: Store | None = None) -> None:
    """Let the loop read sockets, and ``store`` bring what was written to the disk.

    However slow that disk is: what waits for it has gone on when this returns.
    """
    await _turns(rounds)
    while store is not None and store.committer.busy:
        await _turns(rounds)


async def _turns(rounds: int) -> None:
    for _ in range(rounds):
        await asyncio.sleep(0.001)
