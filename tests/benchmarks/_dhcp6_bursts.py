"""A closed loop of DHCPv6 clients: 128 of them solicit together, then request together.

perfdhcp sends at a rate of its own, whatever comes back, and needs a processor for itself to keep
it; this one waits for the server, and so measures it on a busy machine, too.  Run by
``dhcp6_kea --bursts`` in the clients' namespace; prints how many exchanges were completed.
"""

import socket
import struct
import sys
import time

from microdns_dhcp6.message import CLIENT_ID, IA_NA, ORO, SERVER_ID, SOLICIT, options_of, tlv

CLIENTS = 128
_WANTED = tlv(ORO, b"\0\x17\0\x18")


def main() -> None:
    interface, seconds, first = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as clients:
        index = socket.if_nametoindex(interface)
        clients.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        clients.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
        clients.bind(("::", 546, 0, index))
        clients.settimeout(0.5)
        to = ("ff02::1:2", 547, 0, index)
        end = time.monotonic() + seconds
        done = 0
        while time.monotonic() < end:
            for number in range(first, first + CLIENTS):
                clients.sendto(solicit(number), to)
            first += CLIENTS
            for advertised in replies(clients):
                clients.sendto(request(advertised), to)
            done += len(replies(clients))
    print(done)


def solicit(number: int) -> bytes:
    duid = b"\0\3\0\1\2\0" + number.to_bytes(4, "big")
    head = bytes((SOLICIT,)) + (number & 0xFFFFFF).to_bytes(3, "big")
    return head + tlv(CLIENT_ID, duid) + _WANTED + tlv(IA_NA, struct.pack("!III", 1, 0, 0))


def request(advertised: bytes) -> bytes:
    told = dict(options_of(advertised, 4))
    chosen = b"".join(tlv(code, told[code]) for code in (CLIENT_ID, SERVER_ID, IA_NA))
    return b"\3" + advertised[1:4] + chosen + _WANTED


def replies(clients: socket.socket) -> list[bytes]:
    """One for each client, or those that came before half a second of silence."""
    found: list[bytes] = []
    try:
        while len(found) < CLIENTS:
            found.append(clients.recv(2048))
    except TimeoutError:
        return found
    return found


if __name__ == "__main__":
    main()
