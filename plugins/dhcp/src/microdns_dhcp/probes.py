"""Asking whether an IPv4 address is in use, before it is given to somebody.

ARP asks the link (RFC 5227 2.1.1: the sender's own address is left out, so that no cache is
changed); ICMP echo asks whoever can be reached, also beyond relay agents.
"""

import os
import socket
import struct

import anyio

_ARP = struct.Struct("!6s6sH HHBBH 6s4s6s4s")
_ETHERTYPE_ARP = 0x0806
_BROADCAST = b"\xff" * 6
_ECHO = struct.Struct("!BBHHH")
ECHO_REPLY, ECHO_REQUEST = 0, 8


def arp_probe(hardware: bytes, address: bytes) -> bytes:
    """The frame of an ARP probe."""
    head = (_BROADCAST, hardware, _ETHERTYPE_ARP)
    return _ARP.pack(*head, 1, 0x0800, 6, 4, 1, hardware, bytes(4), bytes(6), address)


def arp_sender(frame: bytes) -> tuple[bytes, bytes] | None:
    """Hardware and IPv4 address of who sent an ARP message; None for anything else."""
    if len(frame) < _ARP.size:
        return None
    fields = _ARP.unpack_from(frame)
    if fields[2:7] != (_ETHERTYPE_ARP, 1, 0x0800, 6, 4):
        return None
    return fields[8], fields[9]


async def answers_arp(interface: str, hardware: bytes, address: bytes, wait: float) -> bool:
    """Whether another host on the link says that it has the address; raises OSError."""
    if len(hardware) != 6:
        return False
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETHERTYPE_ARP))
    with opened, anyio.move_on_after(wait):
        opened.setblocking(False)
        opened.bind((interface, _ETHERTYPE_ARP))
        opened.send(arp_probe(hardware, address))
        while True:
            await anyio.wait_readable(opened)
            sender = arp_sender(opened.recv(64))
            if sender is not None and sender[0] != hardware and sender[1] == address:
                return True
    return False


def echo_request(identifier: int) -> bytes:
    """An ICMP echo request without data."""
    total = (ECHO_REQUEST << 8) + identifier
    checksum = ~(total % 0xFFFF) & 0xFFFF
    return _ECHO.pack(ECHO_REQUEST, 0, checksum, identifier, 0)


async def answers_ping(_interface: str, _hardware: bytes, address: bytes, wait: float) -> bool:
    """Whether the address answers an ICMP echo request; raises OSError."""
    identifier = int.from_bytes(os.urandom(2), "big")
    opened = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    with opened, anyio.move_on_after(wait):
        opened.setblocking(False)
        text = socket.inet_ntoa(address)
        opened.sendto(echo_request(identifier), (text, 0))
        while True:
            await anyio.wait_readable(opened)
            packet, (source, _) = opened.recvfrom(256)
            head = (packet[0] & 15) * 4
            answer = packet[head : head + _ECHO.size]
            if source == text and len(answer) == _ECHO.size:
                kind, _, _, found, _ = _ECHO.unpack(answer)
                if kind == ECHO_REPLY and found == identifier:
                    return True
    return False
