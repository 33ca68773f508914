"""Plays one end of a cable: ``hear`` opens a server's sockets, ``say`` sends to them.

``hear`` writes a line once it hears, and at the end what came to each socket, in JSON.  It hears
until all that is expected has come; the test's own patience ends it otherwise.
"""

import json
import os
import select
import socket
import sys

from microdns_dhcp.links import SystemLinks
from microdns_dhcp4 import transport as transport4
from microdns_dhcp6 import transport as transport6

GROUPS = (transport6.ALL_AGENTS_AND_SERVERS, transport6.ALL_SERVERS)
BEGINNING = {4: transport4.BEGINNING, 6: transport6.BEGINNING}
PORT = {4: 67, 6: 547}


def message(family: int, begins: bool, number: int) -> bytes:
    """A message of either kind, which ends in its number."""
    beginning = BEGINNING[family]
    octets = beginning.octets if begins else bytes(len(beginning.octets))
    return bytes(beginning.offset) + octets + number.to_bytes(2, "big")


def hear(family: int, expected: int) -> None:
    links = SystemLinks()
    if family == 4:
        inlet = links.udp4("srv0", PORT[4], BEGINNING[4])
    else:
        inlet = links.udp6(links.interfaces()["srv0"], PORT[6], GROUPS, BEGINNING[6])
    assert inlet.beginning is not None, inlet.refused
    print("hears", flush=True)
    came: dict[int, list[int]] = {inlet.ongoing.fileno(): [], inlet.beginning.fileno(): []}
    while len({number for numbers in came.values() for number in numbers}) < expected:
        for opened in select.select((inlet.ongoing, inlet.beginning), (), ())[0]:
            came[opened.fileno()].append(int.from_bytes(opened.recv(1 << 16)[-2:], "big"))
    print(json.dumps([sorted(numbers) for numbers in came.values()]))
    inlet.close()


def say(family: int, targets: list[str]) -> None:
    """Even numbers begin, odd ones do not: two to each target, from either port of a relay."""
    # On one processor, so that nothing is overtaken on the way.
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    index = socket.if_nametoindex("cli0")
    number = 0
    for source in (PORT[family], 0):
        kind = socket.AF_INET if family == 4 else socket.AF_INET6
        with socket.socket(kind, socket.SOCK_DGRAM) as opened:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"cli0\0")
            opened.bind(("", source))
            for target in targets:
                where = (target, PORT[family]) if family == 4 else (target, PORT[family], 0, index)
                for begins in (True, False):
                    opened.sendto(message(family, begins, number), where)
                    number += 1


if __name__ == "__main__":
    what, family, *rest = sys.argv[1:]
    if what == "hear":
        hear(int(family), int(rest[0]))
    else:
        say(int(family), rest)
