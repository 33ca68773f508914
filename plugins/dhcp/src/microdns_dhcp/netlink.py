"""What the kernel tells of interfaces and their addresses: two dumps over rtnetlink(7).

Only the few attributes that DHCP needs are read, so that no netlink library is loaded.
"""

import socket
import struct
from collections.abc import Iterator

_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_LINK = struct.Struct("=BxHiII")
_ADDRESS = struct.Struct("=BBBBI")

RTM_NEWLINK, RTM_GETLINK, RTM_NEWADDR, RTM_GETADDR = 16, 18, 20, 22
_DONE, _ERROR = 3, 2
_REQUEST_DUMP = 0x301
_RECEIVE_OCTETS = 1 << 17
RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR = 1, 0x10, 0x100

IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU = 1, 3, 4
IFA_ADDRESS, IFA_LOCAL = 1, 2
IFF_UP, IFF_RUNNING = 1, 0x40


def dump(kind: int, head: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and body of each message of a dump; raises OSError."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as asking:
        asking.settimeout(2.0)
        asking.bind((0, 0))
        asking.send(_HEADER.pack(_HEADER.size + len(head), kind, _REQUEST_DUMP, 1, 0) + head)
        while True:
            for found, body in messages(asking.recv(_RECEIVE_OCTETS)):
                if found == _DONE:
                    return
                if found == _ERROR:
                    raise OSError(-struct.unpack_from("=i", body)[0], "netlink")
                yield found, body


def messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and body of each message in one datagram."""
    at = 0
    while at + _HEADER.size <= len(data):
        length, kind, _, _, _ = _HEADER.unpack_from(data, at)
        if length < _HEADER.size:
            return
        yield kind, data[at + _HEADER.size : at + length]
        at += (length + 3) & ~3


def attributes(data: bytes) -> dict[int, bytes]:
    """The attributes that follow a message's fixed part."""
    found = {}
    at = 0
    while at + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if length < _ATTRIBUTE.size:
            break
        found[kind & 0x3FFF] = data[at + _ATTRIBUTE.size : at + length]
        at += (length + 3) & ~3
    return found


def links() -> Iterator[tuple[int, int, int, dict[int, bytes]]]:
    """Index, hardware type, flags and attributes of each interface."""
    for kind, body in dump(RTM_GETLINK, _LINK.pack(0, 0, 0, 0, 0)):
        if kind == RTM_NEWLINK:
            _, hardware_type, index, flags, _ = _LINK.unpack_from(body)
            yield index, hardware_type, flags, attributes(body[_LINK.size :])


def addresses() -> Iterator[tuple[int, bytes, int]]:
    """Interface index, address and prefix length of each address."""
    for kind, body in dump(RTM_GETADDR, _ADDRESS.pack(0, 0, 0, 0, 0)):
        if kind == RTM_NEWADDR:
            _, length, _, _, index = _ADDRESS.unpack_from(body)
            found = attributes(body[_ADDRESS.size :])
            address = found.get(IFA_LOCAL) or found.get(IFA_ADDRESS)
            if address:
                yield index, address, length


def doorbell() -> socket.socket:
    """A socket that becomes readable when an interface or an address changes."""
    bell = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    bell.setblocking(False)
    bell.bind((0, RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR))
    return bell
