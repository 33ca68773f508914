"""What one interface's hosts are told: the section and the interface's own table, joined.

The defaults are those of RFC 4861 6.2.1, and for lifetimes of prefixes those of RFC 9096 3.4.
"""

import ipaddress
from dataclasses import dataclass
from typing import Any

from microdns_slaac.config import (
    EncryptedDnsConfig,
    Flag,
    Preference,
    PrefixConfig,
    RouteConfig,
    SlaacConfig,
    Told,
)
from microdns_slaac.options import (
    PREF64_LIFETIME_MAX,
    CaptivePortal,
    EncryptedDns,
    Pref64,
    RouteInformation,
    service_parameters,
)

INTERVAL_MAX_SECS = 600
INTERVAL_MIN_SECS = 3
VALID_SECS, PREFERRED_SECS = 5400, 2700
HOP_LIMIT = 64
LIFETIME_MAX = 65535


@dataclass(frozen=True)
class Prefix:
    """A prefix to announce.  Lifetimes in seconds."""

    network: ipaddress.IPv6Network
    valid: int = VALID_SECS
    preferred: int = PREFERRED_SECS
    on_link: bool = True
    autonomous: bool = True
    count_down: bool = False


@dataclass(frozen=True)
class Profile:
    """Settings of one interface; nothing is left open but what follows from circumstances.

    ``prefixes`` is None where those of the interface's addresses are meant; ``each`` then has
    their settings.
    """

    name: str
    each: Prefix
    prefixes: tuple[Prefix, ...] | None
    managed: Flag
    other: Flag
    preference: Preference
    router_lifetime: int
    interval_max: int
    interval_min: int
    unicast_replies: bool
    hop_limit: int
    mtu: int
    reachable_ms: int
    retransmit_ms: int
    dns: tuple[ipaddress.IPv6Address, ...]
    search: tuple[str, ...]
    dns_lifetime: int
    encrypted_dns: tuple[EncryptedDns, ...]
    routes: tuple[RouteInformation, ...]
    pref64: tuple[Pref64, ...]
    captive_portal: CaptivePortal | None


class _Joined:
    """Looks a setting up in the interface's table, then in the section."""

    def __init__(self, *places: Told | None) -> None:
        self._places = [place for place in places if place is not None]

    def get(self, key: str, default: Any) -> Any:
        for place in self._places:
            found = getattr(place, key)
            if found is not None:
                return found
        return default


def profile(config: SlaacConfig, interface: str) -> Profile:
    """The settings of an interface.  Raises ValueError for what can't be put on the wire."""
    own = next((each for each in config.interfaces if each.name == interface), None)
    told = _Joined(own, config)
    longest: int = told.get("interval_max_secs", INTERVAL_MAX_SECS)
    thrice = min(3 * longest, LIFETIME_MAX)
    dns_lifetime: int = told.get("dns_lifetime_secs", thrice)
    each = _usual(told)
    uri = told.get("captive_portal", "")
    return Profile(
        name=interface,
        each=each,
        prefixes=_prefixes(
            config, told, each, own_only=own is not None and own.prefixes is not None
        ),
        managed=told.get("managed", "auto"),
        other=told.get("other", "auto"),
        preference=told.get("preference", "medium"),
        router_lifetime=told.get("router_lifetime_secs", thrice),
        interval_max=longest,
        interval_min=told.get("interval_min_secs", max(INTERVAL_MIN_SECS, longest // 3)),
        unicast_replies=told.get("unicast_replies", False),
        hop_limit=told.get("hop_limit", HOP_LIMIT),
        mtu=told.get("mtu", 0),
        reachable_ms=told.get("reachable_time_ms", 0),
        retransmit_ms=told.get("retransmit_timer_ms", 0),
        dns=told.get("dns", ()),
        search=told.get("search", ()),
        dns_lifetime=dns_lifetime,
        encrypted_dns=tuple(_resolver(one, dns_lifetime) for one in told.get("encrypted_dns", ())),
        routes=tuple(_route(one, thrice) for one in told.get("routes", ())),
        pref64=tuple(
            Pref64(one, min(thrice + 7, PREF64_LIFETIME_MAX) // 8 * 8)
            for one in told.get("pref64", ())
        ),
        captive_portal=CaptivePortal(uri) if uri else None,
    )


def _usual(told: _Joined) -> Prefix:
    """The settings of a prefix that has none of its own."""
    valid: int = told.get("valid_lifetime_secs", VALID_SECS)
    preferred: int = told.get("preferred_lifetime_secs", min(PREFERRED_SECS, valid))
    return Prefix(
        ipaddress.IPv6Network("::/64"), valid, preferred, count_down=told.get("count_down", False)
    )


def _prefixes(
    config: SlaacConfig, told: _Joined, each: Prefix, *, own_only: bool
) -> tuple[Prefix, ...] | None:
    """The prefixes of the file; None where it names none."""
    found: list[PrefixConfig] = list(told.get("prefixes", ()))
    if config.prefix is not None and not own_only:
        network = ipaddress.IPv6Network((config.prefix, config.prefix_len), strict=False)
        found.insert(0, PrefixConfig(prefix=network, autonomous=config.prefix_len == 64))
    if not found and not own_only:
        return None
    return tuple(_prefix(one, each) for one in found)


def _prefix(one: PrefixConfig, each: Prefix) -> Prefix:
    valid = each.valid if one.valid_lifetime_secs is None else one.valid_lifetime_secs
    preferred = one.preferred_lifetime_secs
    return Prefix(
        one.prefix,
        valid,
        min(each.preferred, valid) if preferred is None else preferred,
        one.on_link,
        one.autonomous,
        each.count_down if one.count_down is None else one.count_down,
    )


def _route(one: RouteConfig, usual: int) -> RouteInformation:
    lifetime = usual if one.lifetime_secs is None else one.lifetime_secs
    return RouteInformation(one.prefix, lifetime, one.preference)


def _resolver(one: EncryptedDnsConfig, usual: int) -> EncryptedDns:
    return EncryptedDns(
        one.name,
        usual if one.lifetime_secs is None else one.lifetime_secs,
        one.priority,
        one.addresses,
        service_parameters(one.alpn, one.port, one.dohpath),
    )
