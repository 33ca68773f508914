"""What pools, reservations and classes must keep to, each by itself and among each other."""

import ipaddress
from collections.abc import Iterable, Iterator, Sequence

from microdns.errors import Problem
from microdns_dhcp.arena import pool_bounds
from microdns_dhcp.identifiers import keys_of
from microdns_dhcp.model import Pool, Reservation

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def pool_problems(pool: Pool) -> Iterator[Problem]:
    """What is wrong with a pool by itself."""
    try:
        network = ipaddress.ip_network(pool.subnet)
    except ValueError as error:
        yield Problem("subnet", str(error))
        return
    if network.version != pool.family:
        yield Problem("subnet", f"is not an IPv{pool.family} network")
        return
    for key in ("gateway", "next_server"):
        yield from _address_problems(key, getattr(pool, key), pool.family)
    for key in ("dns", "ntp", "exclude", "relays"):
        for index, text in enumerate(getattr(pool, key)):
            yield from _address_problems(f"{key}[{index}]", text, pool.family)
    yield from _range_problems(pool, network)


def _address_problems(path: str, text: str, family: int) -> Iterator[Problem]:
    if not text:
        return
    try:
        if ipaddress.ip_address(text).version != family:
            yield Problem(path, f"{text} is not an IPv{family} address")
    except ValueError:
        yield Problem(path, f"{text[:64]!r} is not an IP address")


def _range_problems(pool: Pool, network: Network) -> Iterator[Problem]:
    if bool(pool.range_start) != bool(pool.range_end):
        missing = "range_end" if pool.range_start else "range_start"
        yield Problem(missing, "missing: a range has a start and an end")
        return
    bad = [
        problem
        for key in ("range_start", "range_end")
        for problem in _address_problems(key, getattr(pool, key), pool.family)
    ]
    yield from bad
    if bad or not pool.range_start:
        return
    for key in ("range_start", "range_end"):
        address = ipaddress.ip_address(getattr(pool, key))
        if address not in network:
            yield Problem(key, f"{address} lies outside the subnet {network}")
    first, last = pool_bounds(pool)
    if first > last:
        yield Problem("range_end", "lies before range_start")
    if pool.kind == "prefix" and not network.prefixlen <= pool.delegated_length <= 64:
        yield Problem("delegated_length", f"must be from {network.prefixlen} to 64")


def pool_clashes(pool: Pool, others: Iterable[Pool]) -> Iterator[Problem]:
    """What is wrong with a pool (sound by itself) beside others."""
    network = ipaddress.ip_network(pool.subnet)
    first, last = pool_bounds(pool)
    for other in others:
        if other.family != pool.family or other.id == pool.id:
            continue
        theirs = ipaddress.ip_network(other.subnet)
        if theirs != network and _overlap(network, theirs):
            yield Problem("subnet", f"overlaps {theirs} of pool {other.id}")
            continue
        start, end = pool_bounds(other)
        if first <= last and start <= end and first <= end and start <= last:
            yield Problem("range_start", f"the range overlaps that of pool {other.id}")


def _overlap(one: Network, other: Network) -> bool:
    return one.version == other.version and one.overlaps(other)


def reservation_problems(reservation: Reservation, pools: Sequence[Pool] = ()) -> Iterator[Problem]:
    """What is wrong with a reservation by itself; its address must lie in a subnet of the pools,
    and its prefix be one that a pool could delegate."""
    try:
        if not keys_of(reservation):
            yield Problem(
                "mac", "missing: name the client by mac, client_id, circuit_id, remote_id or duid"
            )
    except ValueError as error:
        yield Problem("mac", str(error))
    bad = list(_address_problems("ip", reservation.ip, reservation.family))
    yield from bad
    if not bad and reservation.ip:
        address = ipaddress.ip_address(reservation.ip)
        if not any(address in ipaddress.ip_network(pool.subnet) for pool in pools):
            yield Problem("ip", f"{address} lies in no pool's subnet")
    if reservation.prefix:
        yield from _prefix_problems(reservation, pools)


def _prefix_problems(reservation: Reservation, pools: Iterable[Pool]) -> Iterator[Problem]:
    try:
        prefix = ipaddress.IPv6Network(reservation.prefix)
    except ValueError as error:
        yield Problem("prefix", str(error))
        return
    if reservation.family != 6:
        yield Problem("prefix", "only IPv6 prefixes are delegated")
        return
    for pool in pools:
        if pool.kind == "prefix" and pool.delegated_length == prefix.prefixlen:
            first, last = pool_bounds(pool)
            if first <= int(prefix.network_address) <= last:
                return
    yield Problem("prefix", f"{prefix} is none that a pool could delegate")


def reservation_clashes(
    reservation: Reservation, others: Iterable[Reservation]
) -> Iterator[Problem]:
    """What is wrong with a reservation beside others that share its address or identifier."""
    keys = set(keys_of(reservation))
    for other in others:
        if other.id == reservation.id or other.family != reservation.family:
            continue
        if reservation.ip and other.ip == reservation.ip:
            yield Problem("ip", f"{other.ip} is reserved already ({other.id})")
        elif reservation.prefix and other.prefix == reservation.prefix:
            yield Problem("prefix", f"{other.prefix} is reserved already ({other.id})")
        elif keys & set(keys_of(other)) and reservation.ip == other.ip == "":
            yield Problem("mac", f"this client has a reservation already ({other.id})")
