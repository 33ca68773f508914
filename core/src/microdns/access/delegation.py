"""What a key can give away: nothing that it does not have itself.

Otherwise a key that is meant for one host, or for a week, could make itself one for everywhere and
for ever, and whoever stole it would keep what it opens.
"""

import ipaddress
from collections.abc import Iterable, Iterator

from microdns.access.keys import Key
from microdns.access.limits import ADDRESS, Limits
from microdns.events import Principal

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def is_restricted(principal: Principal) -> bool:
    """Whether the caller has less than everything, everywhere and for ever."""
    return (
        "*" not in principal.scopes
        or bool(principal.limits)
        or bool(principal.networks)
        or bool(principal.expires_ns)
    )


def excess(principal: Principal, key: Key) -> Iterator[str]:
    """What a key would have that its maker lacks: times, places.  Scopes are the registry's.

    A caller who is limited by zone or any other attribute of plugins makes no keys at all: the
    operation honours no limits.
    """
    if principal.expires_ns and not 0 < key.expires_ns <= principal.expires_ns:
        yield "a lifetime beyond its own"
    if principal.networks and not _within(principal.networks, key.limits):
        yield f"addresses beyond its own (address={', '.join(principal.networks)})"


def _within(own: tuple[str, ...], limits: Limits) -> bool:
    """Whether a key with these limits is good for no address outside ``own``."""
    wanted = [ipaddress.ip_network(network, strict=False) for network in limits.get(ADDRESS, ())]
    mine = [ipaddress.ip_network(network, strict=False) for network in own]
    return bool(wanted) and all(_covered(each, mine) for each in wanted)


def _covered(wanted: Network, mine: Iterable[Network]) -> bool:
    """Networks side by side cover what spans them."""
    if isinstance(wanted, ipaddress.IPv4Network):
        four = (each for each in mine if isinstance(each, ipaddress.IPv4Network))
        return any(map(wanted.subnet_of, ipaddress.collapse_addresses(four)))
    six = (each for each in mine if isinstance(each, ipaddress.IPv6Network))
    return any(map(wanted.subnet_of, ipaddress.collapse_addresses(six)))
