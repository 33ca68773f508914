"""Interfaces as an argument: what there is, and sockets bound to one of them.

The machine's own (``SystemLinks``) needs CAP_NET_RAW and CAP_NET_BIND_SERVICE.  Tests hand in
links of their own, and need neither.
"""

import contextlib
import ipaddress
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import anyio

from microdns_dhcp import netlink, probes
from microdns_dhcp.icmp6 import Icmp6Socket, SystemIcmp6
from microdns_dhcp.steering import Beginning, Inlet, open_inlet

Probe = Literal["ping", "arp"]
IPInterface = ipaddress.IPv4Interface | ipaddress.IPv6Interface
SETTINGS6 = Path("/proc/sys/net/ipv6/conf")
RECEIVE_BUFFER_OCTETS = 256 << 10
"""Some hundred datagrams: what waits longer is of no use, since its sender asks again."""
POLL_SECONDS = 5.0


@dataclass(frozen=True)
class Interface:
    """An interface at one moment.  ``hardware`` is its address without the type."""

    name: str
    index: int
    up: bool
    hardware: bytes = b""
    hardware_type: int = 1
    addresses: tuple[IPInterface, ...] = ()
    mtu: int = 1500

    @property
    def ipv4(self) -> tuple[ipaddress.IPv4Interface, ...]:
        return tuple(each for each in self.addresses if isinstance(each, ipaddress.IPv4Interface))

    @property
    def ipv6(self) -> tuple[ipaddress.IPv6Interface, ...]:
        return tuple(each for each in self.addresses if isinstance(each, ipaddress.IPv6Interface))


class PacketSocket(Protocol):
    """Sends whole link-layer frames."""

    def send(self, data: bytes, /) -> int: ...
    def close(self) -> None: ...


class DatagramSocket(Protocol):
    """The part of a UDP socket that servers use; non-blocking."""

    def fileno(self) -> int: ...
    def recvfrom(self, size: int, /) -> tuple[bytes, tuple[str, int]]: ...
    def sendto(self, data: bytes, address: tuple[str, int], /) -> int: ...
    def close(self) -> None: ...


Source6 = tuple[str, int, int, int]
"""Address, port, flow, and the index of the interface for an address of a link."""


class DatagramSocket6(Protocol):
    """The part of a UDP socket over IPv6 that servers use; non-blocking.

    ``recvmsg`` gives the destination as ancillary data (IPV6_PKTINFO).
    """

    def fileno(self) -> int: ...
    def recvmsg(
        self, size: int, ancillary_size: int, /
    ) -> tuple[bytes, list[tuple[int, int, bytes]], int, Source6]: ...
    def sendto(self, data: bytes, address: Source6, /) -> int: ...
    def close(self) -> None: ...


class Bell(Protocol):
    """Rings when interfaces may have changed."""

    async def wait(self) -> None: ...
    def close(self) -> None: ...


class Links(Protocol):
    """Where interfaces and their sockets come from; all methods raise OSError."""

    def interfaces(self) -> dict[str, Interface]:
        """All interfaces by name, as they are now."""
        ...

    def udp4(self, interface: str, port: int, beginning: Beginning) -> Inlet[DatagramSocket]:
        """UDP sockets that hear this interface alone, broadcasts too, and may send them.

        What begins an exchange has a socket of its own, if that can be.
        """
        ...

    def packets(self, interface: str) -> PacketSocket:
        """A socket that sends frames, and receives none."""
        ...

    def udp6(
        self, interface: Interface, port: int, groups: tuple[str, ...], beginning: Beginning
    ) -> Inlet[DatagramSocket6]:
        """UDP sockets on this interface alone, members of these multicast groups.

        What begins an exchange has a socket of its own, if that can be.
        """
        ...

    def icmp6(
        self, interface: Interface, groups: tuple[str, ...], types: tuple[int, ...]
    ) -> Icmp6Socket:
        """A raw ICMPv6 socket on this interface alone, member of these multicast groups.

        It receives messages of these ICMPv6 types.
        """
        ...

    async def in_use(self, interface: Interface, address: bytes, how: Probe, wait: float) -> bool:
        """Whether somebody answers for an IPv4 address within ``wait`` seconds."""
        ...

    def forwards6(self, interface: str) -> bool:
        """Whether the machine forwards IPv6 packets from this interface, as a router does."""
        ...

    def bell(self) -> "Bell":
        """Something that rings when interfaces change."""
        ...


@dataclass(frozen=True)
class LinkService:
    """Service of the foundation: the links that flavours are to use."""

    links: Links


class SystemLinks:
    """The machine's own interfaces."""

    def interfaces(self) -> dict[str, Interface]:
        addresses: dict[int, list[IPInterface]] = {}
        for index, octets, length in netlink.addresses():
            both = (ipaddress.ip_address(octets), length)
            addresses.setdefault(index, []).append(ipaddress.ip_interface(both))
        found = {}
        for index, hardware_type, flags, attributes in netlink.links():
            name = attributes.get(netlink.IFLA_IFNAME, b"").rstrip(b"\0").decode()
            mtu = attributes.get(netlink.IFLA_MTU, b"\0\0\0\0")
            found[name] = Interface(
                name=name,
                index=index,
                up=bool(flags & netlink.IFF_UP and flags & netlink.IFF_RUNNING),
                hardware=attributes.get(netlink.IFLA_ADDRESS, b""),
                hardware_type=hardware_type,
                addresses=tuple(addresses.get(index, ())),
                mtu=int.from_bytes(mtu, "little"),
            )
        return found

    def udp4(self, interface: str, port: int, beginning: Beginning) -> Inlet[socket.socket]:
        def make() -> socket.socket:
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            with _closing_on_error(made):
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                _bind_to_device(made, interface)
            return made

        return open_inlet(make, ("", port), beginning)

    def packets(self, interface: str) -> socket.socket:
        opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        with _closing_on_error(opened):
            opened.setblocking(False)
            opened.bind((interface, 0))
        return opened

    def udp6(
        self, interface: Interface, port: int, groups: tuple[str, ...], beginning: Beginning
    ) -> Inlet[socket.socket]:
        def make() -> socket.socket:
            made = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            with _closing_on_error(made):
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
                _bind_to_device(made, interface.name)
                _join(made, interface, groups)
            return made

        return open_inlet(make, ("::", port), beginning)

    def icmp6(
        self, interface: Interface, groups: tuple[str, ...], types: tuple[int, ...]
    ) -> SystemIcmp6:
        opened = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        with _closing_on_error(opened):
            _bind_to_device(opened, interface.name)
            _join(opened, interface, groups)
            return SystemIcmp6(opened, interface.index, types)

    async def in_use(self, interface: Interface, address: bytes, how: Probe, wait: float) -> bool:
        ask = probes.answers_arp if how == "arp" else probes.answers_ping
        try:
            return await ask(interface.name, interface.hardware, address, wait)
        except OSError:
            return False  # nobody can be asked: the client will find out (RFC 2131 4.4.1)

    def forwards6(self, interface: str) -> bool:
        # Both count: `all` is whether anything is forwarded, the other whether from here.
        return all(_setting6(name, "forwarding") != "0" for name in ("all", interface))

    def bell(self) -> "KernelBell":
        return KernelBell()


class KernelBell:
    """Rings at a change, and every few seconds in case that one was lost."""

    def __init__(self) -> None:
        self._socket = netlink.doorbell()

    async def wait(self) -> None:
        with anyio.move_on_after(POLL_SECONDS):
            await anyio.wait_readable(self._socket)
            # What changed is read anew anyway; an overrun (ENOBUFS) says no more than that.
            with contextlib.suppress(OSError):
                while self._socket.recv(1 << 16):
                    continue

    def close(self) -> None:
        self._socket.close()


def _setting6(interface: str, name: str) -> str:
    """A setting of the kernel's for IPv6 on an interface; empty where it tells none."""
    try:
        return (SETTINGS6 / interface / name).read_text().strip()
    except OSError:
        return ""


def _bind_to_device(opened: socket.socket, interface: str) -> None:
    opened.setblocking(False)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
    with contextlib.suppress(OSError):  # more than the machine grants; what it has will do
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_OCTETS)


def _join(opened: socket.socket, interface: Interface, groups: tuple[str, ...]) -> None:
    opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, interface.index)
    for group in groups:
        membership = ipaddress.IPv6Address(group).packed + interface.index.to_bytes(4, "little")
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, membership)


@contextlib.contextmanager
def _closing_on_error(opened: socket.socket) -> Iterator[None]:
    try:
        yield
    except BaseException:
        opened.close()
        raise
