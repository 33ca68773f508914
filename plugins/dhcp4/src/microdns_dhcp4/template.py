"""What a client is told, prepared once for all clients in the same position.

A position is a pool, a reservation and the classes that match.  Its settings are merged (the
closest wins: reservation, classes in their order, pool, all clients), encoded, and kept; a reply
then joins ready octets in the order that the client asked for, and that block is kept, too.
"""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

from microdns_dhcp.model import INFINITE, Pool, Settings
from microdns_dhcp.options import first_set, merged
from microdns_dhcp4.message import NO_ADDRESS, names_field, tlv
from microdns_dhcp4.options import OPTIONS

SUBNET_MASK, ROUTERS, DNS, HOSTNAME, DOMAIN, NTP = 1, 3, 6, 12, 15, 42
LEASE_TIME, T1, T2, SEARCH, ROUTES, ROUTES_MICROSOFT = 51, 58, 59, 119, 121, 249
TFTP_SERVER, BOOT_FILE = 66, 67
BLOCKS_MAX = 256
"""Kept blocks of one template: lists of wanted options, lease times."""


class Template:
    """Ready parts of the replies to clients in one position."""

    def __init__(
        self, pool: Pool | None, settings: Sequence[Settings], lease_time: int = 3600
    ) -> None:
        """``settings`` go from the closest to the most general; raises ValueError."""
        self.lease_time: int = first_set(settings, "lease_time_secs") or lease_time
        siaddr = first_set(settings, "next_server")
        self.siaddr = ipaddress.IPv4Address(siaddr).packed if siaddr else NO_ADDRESS
        boot_file = first_set(settings, "boot_file") or ""
        server_name = first_set(settings, "server_name") or ""
        self.names = names_field(server_name, boot_file)
        values, self.always = merged(settings, values_of)
        if pool is not None:
            network = ipaddress.ip_network(pool.subnet)
            values.setdefault(SUBNET_MASK, network.netmask.packed)
        if boot_file:
            values.setdefault(BOOT_FILE, boot_file.encode())
        if server_name:
            values.setdefault(TFTP_SERVER, server_name.encode())
        _add_default_route(values)
        self.octets = {code: tlv(code, value) for code, value in values.items()}
        self._ready: dict[tuple[bytes, bytes], bytes] = {}

    def ready(self, first: bytes, requested: bytes) -> bytes:
        """``first`` and the octets of all ``wanted`` options, in one piece."""
        key = (first, requested)
        found = self._ready.get(key)
        if found is None:
            if len(self._ready) >= BLOCKS_MAX:
                self._ready.clear()
            found = first + b"".join([octets for _, octets in self.wanted(requested)])
            self._ready[key] = found
        return found

    def wanted(self, requested: bytes) -> list[tuple[int, bytes]]:
        """Options to send to a client that asks for those numbers, in its order.

        The mask comes first of all, and routes before routers (RFC 2132 3.3, RFC 3442).
        """
        order = list(dict.fromkeys(requested)) or list(DEFAULT_ORDER)
        for code in self.always:
            if code not in order:
                order.append(code)
        if SUBNET_MASK in order:
            order.remove(SUBNET_MASK)
        order.insert(0, SUBNET_MASK)
        if SEARCH in order and SEARCH in self.octets and DOMAIN in order:
            order.remove(DOMAIN)  # whoever takes the list has no use for the single domain
        if ROUTES in order and ROUTERS in order and order.index(ROUTERS) < order.index(ROUTES):
            order.remove(ROUTES)
            order.insert(order.index(ROUTERS), ROUTES)
        return [(code, self.octets[code]) for code in order if code in self.octets]


DEFAULT_ORDER = (SUBNET_MASK, ROUTERS, DNS, DOMAIN)
"""For clients that ask for nothing in particular."""


def values_of(settings: Settings) -> tuple[dict[int, bytes], set[int]]:
    """One place's options as octets, and which are always sent; raises ValueError."""
    usual = (
        (ROUTERS, settings.gateway),
        (DNS, settings.dns),
        (DOMAIN, settings.domain),
        (SEARCH, settings.search),
        (NTP, settings.ntp),
    )
    return OPTIONS.values_of(settings, usual)


def _add_default_route(values: dict[int, bytes]) -> None:
    """Clients that take routes ignore the router option, so it must be among them (RFC 3442)."""
    gateway = values.get(ROUTERS)
    for number in (ROUTES, ROUTES_MICROSOFT):
        found = values.get(number)
        if found is not None and gateway and not _has_default(found):
            values[number] = b"\0" + gateway[:4] + found
    if ROUTES in values:
        values.setdefault(ROUTES_MICROSOFT, values[ROUTES])


def _has_default(routes: bytes) -> bool:
    at = 0
    while at < len(routes):
        if routes[at] == 0:
            return True
        at += 1 + (routes[at] + 7) // 8 + 4
    return False


@lru_cache(1024)
def times(lease_time: int) -> bytes:
    """Lease time, T1 and T2 (RFC 2131 4.4.5); only the first for a lease without end."""
    first = tlv(LEASE_TIME, lease_time.to_bytes(4, "big"))
    if lease_time == INFINITE:
        return first
    t1, t2 = lease_time // 2, lease_time * 7 // 8
    return first + tlv(T1, t1.to_bytes(4, "big")) + tlv(T2, t2.to_bytes(4, "big"))
