"""The advertisement of an interface: its profile, its prefixes, and how things are now."""

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from microdns_slaac.config import Flag
from microdns_slaac.message import Advertisement
from microdns_slaac.options import (
    AnyOption,
    EncryptedDns,
    Mtu,
    Pref64,
    PrefixInformation,
    RecursiveDns,
    RouteInformation,
    SearchList,
    SourceLinkLayerAddress,
)
from microdns_slaac.profile import Profile

Addresses = frozenset[ipaddress.IPv6Address]


@dataclass(frozen=True)
class Circumstances:
    """What settings leave to the moment.

    ``dhcp6``: whether DHCPv6 is served here; ``leased``: and has addresses for the link;
    ``withdrawn``: DNS servers not to be asked now; ``final``: this router is about to be silent.
    """

    dhcp6: bool = False
    leased: bool = False
    withdrawn: Addresses = frozenset()
    final: bool = False


def compose(
    told: Profile, hardware: bytes, prefixes: Iterable[PrefixInformation], now: Circumstances
) -> Advertisement:
    """What hosts are told.  ``hardware`` may be empty, for links without such addresses."""
    return Advertisement(
        hop_limit=told.hop_limit,
        managed=_flag(told.managed, now.leased),
        other=_flag(told.other, now.dhcp6),
        # A router that is none has no preference (RFC 4191 2.2).
        preference=told.preference if told.router_lifetime and not now.final else "medium",
        lifetime=0 if now.final else told.router_lifetime,
        reachable_ms=told.reachable_ms,
        retrans_ms=told.retransmit_ms,
        options=tuple(_options(told, hardware, prefixes, now)),
    )


def _flag(setting: Flag, follows: bool) -> bool:
    return follows if setting == "auto" else setting == "on"


def _options(
    told: Profile, hardware: bytes, prefixes: Iterable[PrefixInformation], now: Circumstances
) -> Iterator[AnyOption]:
    if hardware:
        yield SourceLinkLayerAddress(hardware)
    if told.mtu:
        yield Mtu(told.mtu)
    yield from prefixes
    for option in _of_this_router(told, now):
        # What leads through or to this router ends with it; addresses do not.
        yield replace(option, lifetime=0) if now.final else option
    if told.captive_portal is not None:
        yield told.captive_portal


def _of_this_router(
    told: Profile, now: Circumstances
) -> Iterator[RouteInformation | RecursiveDns | SearchList | Pref64 | EncryptedDns]:
    yield from told.routes
    yield from _dns_servers(told, now)
    if told.search:
        yield SearchList(told.search, told.dns_lifetime)
    yield from told.pref64
    for server in told.encrypted_dns:
        gone = server.servers and now.withdrawn.issuperset(server.servers)
        yield replace(server, lifetime=0) if gone else server


def _dns_servers(told: Profile, now: Circumstances) -> Iterator[RecursiveDns]:
    """One option for those to ask, one for those not to be asked (RFC 8106 5.1)."""
    good = tuple(each for each in told.dns if each not in now.withdrawn)
    gone = tuple(each for each in told.dns if each in now.withdrawn)
    if good:
        yield RecursiveDns(good, told.dns_lifetime)
    if gone:
        yield RecursiveDns(gone, 0)
