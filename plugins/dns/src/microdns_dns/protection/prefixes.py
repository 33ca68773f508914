"""Sets of addresses, given by prefixes, as ranges that do not touch."""

import ipaddress
import socket
from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_MAPPED = bytes(10) + b"\xff\xff"
"""IPv4 addresses are kept among the IPv6 ones that stand for them (RFC 4291 2.5.5.2)."""


class Prefixes:
    """A set of addresses; ``in`` takes the 16 octets of ``octets_of``."""

    def __init__(self, networks: Iterable[Network]) -> None:
        self.ranges = _merged(networks)
        self._starts = [start for start, _ in self.ranges]

    def __contains__(self, address: bytes) -> bool:
        place = bisect_right(self._starts, address) - 1
        return place >= 0 and address <= self.ranges[place][1]

    def __bool__(self) -> bool:
        return bool(self.ranges)


@lru_cache(4096)
def octets_of(host: str) -> bytes:
    """The 16 octets of an address, as Python's ``socket`` spells it; IPv4 ones are mapped.

    An empty text, which is no address, is ``::``.
    """
    if not host:
        return bytes(16)
    if ":" not in host:
        return _MAPPED + socket.inet_pton(socket.AF_INET, host)
    return socket.inet_pton(socket.AF_INET6, host.partition("%")[0])


def _merged(networks: Iterable[Network]) -> list[tuple[bytes, bytes]]:
    """First and last address of each range, in order; overlapping ones are one."""
    ranges: list[tuple[bytes, bytes]] = []
    for start, end in sorted(map(_range, networks)):
        if ranges and start <= ranges[-1][1]:
            ranges[-1] = ranges[-1][0], max(end, ranges[-1][1])
        else:
            ranges.append((start, end))
    return ranges


def _range(network: Network) -> tuple[bytes, bytes]:
    before = _MAPPED if network.version == 4 else b""
    return before + network[0].packed, before + network[-1].packed
