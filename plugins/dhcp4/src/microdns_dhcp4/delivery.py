"""How replies reach clients (RFC 2131 4.1): relayed, unicast, broadcast, or as a raw frame.

A client that has no address yet and did not ask for broadcast gets its reply in a frame sent to
its hardware address: nobody has to answer ARP for an address that it does not have.
"""

import struct

from microdns_dhcp4.exchange import SOURCE_PORT, Exchange
from microdns_dhcp4.message import BROADCAST, NO_ADDRESS

SERVER_PORT, CLIENT_PORT = 67, 68
_BROADCAST = ("255.255.255.255", CLIENT_PORT)
_ETHERNET = 1
_IP = struct.Struct("!BBHHHBBH4s4s")
_UDP = struct.Struct("!HHHH")
_PSEUDO = struct.Struct("!4s4sBBH")


def text(address: bytes) -> str:
    """``192.0.2.1``; quicker than the library for the packet path."""
    return f"{address[0]}.{address[1]}.{address[2]}.{address[3]}"


def send(exchange: Exchange, reply: bytes, yiaddr: bytes, refused: bool = False) -> None:
    """Send a reply on the interface that the request came by; raises OSError.

    ``refused`` is for NAKs, which a client without a relay hears by broadcast only.
    """
    message = exchange.message
    datagrams = exchange.served.datagrams
    if message.giaddr != NO_ADDRESS:
        port = exchange.source[1] if SOURCE_PORT in exchange.relay_info else SERVER_PORT
        datagrams.sendto(reply, (text(message.giaddr), port))
    elif refused:
        datagrams.sendto(reply, _BROADCAST)
    elif message.ciaddr != NO_ADDRESS:
        datagrams.sendto(reply, (text(message.ciaddr), CLIENT_PORT))
    elif message.flags & BROADCAST or message.htype != _ETHERNET or len(message.chaddr) != 6:
        datagrams.sendto(reply, _BROADCAST)
    else:
        frame = ethernet_frame(exchange, reply, yiaddr)
        exchange.served.packets.send(frame)


def ethernet_frame(exchange: Exchange, payload: bytes, destination: bytes) -> bytes:
    """A reply as a frame to the client's hardware address (RFC 894, 791, 768)."""
    served = exchange.served
    ethernet = exchange.message.chaddr + served.interface.hardware + b"\x08\x00"
    return ethernet + ip_packet(served.address, destination, payload)


def ip_packet(source: bytes, destination: bytes, payload: bytes) -> bytes:
    """An IPv4 packet with a UDP datagram from server to client port."""
    length = 8 + len(payload)
    head = _IP.pack(0x45, 0x10, 20 + length, 0, 0, 64, 17, 0, source, destination)
    head = head[:10] + checksum(head).to_bytes(2, "big") + head[12:]
    udp = _UDP.pack(SERVER_PORT, CLIENT_PORT, length, 0)
    pseudo = _PSEUDO.pack(source, destination, 0, 17, length)
    total = checksum(pseudo + udp + payload) or 0xFFFF
    return head + udp[:6] + total.to_bytes(2, "big") + payload


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    if len(data) & 1:
        data += b"\0"
    # Sums 16-bit words of one large number: 2^16 is 1 modulo 2^16 - 1.
    total = int.from_bytes(data, "big") % 0xFFFF
    return 0xFFFF - total if total or not any(data) else 0
