"""The section ``[dhcp.slaac]``.

What is told to hosts may stand in the section, for all interfaces, and in
``[[dhcp.slaac.interfaces]]``, for one; what is written nowhere has the default that its
description names (``profile.py`` joins them).
"""

import ipaddress
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from microdns.config import IPv6, Parsed
from microdns_slaac.options import INFINITE


def _network(text: str) -> ipaddress.IPv6Network:
    try:
        return ipaddress.IPv6Network(text)
    except ValueError:
        raise ValueError(
            f"{text[:64]!r} is not an IPv6 network such as 2001:db8::/64, its host bits zero"
        ) from None


Network = Annotated[
    ipaddress.IPv6Network, Parsed(_network, "an IPv6 network such as 2001:db8::/64")
]
Flag = Literal["auto", "on", "off"]
Preference = Literal["low", "medium", "high"]
Lifetime = Annotated[int, Meta(ge=0, le=INFINITE)]
RouterLifetime = Annotated[int, Meta(ge=0, le=65535)]
Domain = Annotated[str, Meta(min_length=1, max_length=255)]
LIST_MAX = 64


class PrefixConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[dhcp.slaac.prefixes]]``: a prefix with settings of its own."""

    prefix: Annotated[Network, Meta(description="The prefix.")]
    on_link: Annotated[bool, Meta(description="Its addresses are on this link (L flag).")] = True
    autonomous: Annotated[
        bool, Meta(description="Hosts make addresses from it (A flag); needs a /64.")
    ] = True
    valid_lifetime_secs: Annotated[
        Lifetime | None, Meta(description="As in the section, which gives the default.")
    ] = None
    preferred_lifetime_secs: Annotated[
        Lifetime | None, Meta(description="As in the section, which gives the default.")
    ] = None
    count_down: Annotated[
        bool | None, Meta(description="As in the section, which gives the default.")
    ] = None


class RouteConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[dhcp.slaac.routes]]``: a more specific route by way of this router (RFC 4191)."""

    prefix: Annotated[Network, Meta(description="Where it leads.")]
    preference: Annotated[Preference, Meta(description="Before routes of other routers.")] = (
        "medium"
    )
    lifetime_secs: Annotated[
        Lifetime | None, Meta(description="How long it holds. Default: three times the interval.")
    ] = None


class EncryptedDnsConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[dhcp.slaac.encrypted_dns]]``: a resolver over TLS, HTTPS or QUIC (RFC 9463)."""

    name: Annotated[Domain, Meta(description="Its name, that of its certificate.")]
    priority: Annotated[int, Meta(ge=1, le=65535, description="Lower ones are tried first.")] = 1
    addresses: Annotated[
        Annotated[tuple[IPv6, ...], Meta(max_length=LIST_MAX)],
        Meta(description="Its addresses; empty: hosts resolve the name."),
    ] = ()
    alpn: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=64)], ...],
        Meta(description="Protocols: `dot`, `h2`, `h3`, `doq`."),
    ] = ()
    port: Annotated[
        Annotated[int, Meta(ge=1, le=65535)] | None,
        Meta(description="Port, where it is not the protocol's own."),
    ] = None
    dohpath: Annotated[
        Annotated[str, Meta(max_length=255)],
        Meta(description="URI template for DNS over HTTPS: `/dns-query{?dns}`."),
    ] = ""
    lifetime_secs: Annotated[
        Lifetime | None, Meta(description="How long it holds. Default: `dns_lifetime_secs`.")
    ] = None


class Told(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What hosts are told; None is "not said here"."""

    prefixes: Annotated[
        Annotated[tuple[PrefixConfig, ...], Meta(max_length=LIST_MAX)] | None,
        Meta(description="Prefixes with settings of their own."),
    ] = None
    managed: Annotated[
        Flag | None,
        Meta(description="M flag: addresses come from DHCPv6. `auto` (default): while dhcp6 runs."),
    ] = None
    other: Annotated[
        Flag | None,
        Meta(
            description="O flag: other settings come from DHCPv6. "
            "`auto` (default): while dhcp6 runs."
        ),
    ] = None
    preference: Annotated[
        Preference | None,
        Meta(description="Of this router before others (RFC 4191). Default: medium."),
    ] = None
    router_lifetime_secs: Annotated[
        RouterLifetime | None,
        Meta(
            description="How long this is a default router; 0: it is none. "
            "Default: three times `interval_max_secs`."
        ),
    ] = None
    interval_max_secs: Annotated[
        Annotated[int, Meta(ge=4, le=65535)] | None,
        Meta(description="Longest time between advertisements. Default: 600."),
    ] = None
    interval_min_secs: Annotated[
        Annotated[int, Meta(ge=3, le=49151)] | None,
        Meta(description="Shortest one. Default: a third of the longest, at least 3."),
    ] = None
    unicast_replies: Annotated[
        bool | None,
        Meta(
            description="Answer a host that asks directly, in place of telling all "
            "(RFC 7772, for wireless links). Default: false."
        ),
    ] = None
    hop_limit: Annotated[
        Annotated[int, Meta(ge=0, le=255)] | None,
        Meta(description="Hop limit for hosts to send with; 0: not told. Default: 64."),
    ] = None
    mtu: Annotated[
        Annotated[int, Meta(ge=0, le=65535)] | None,
        Meta(description="MTU of the link, at least 1280; 0: not told. Default: 0."),
    ] = None
    reachable_time_ms: Annotated[
        Annotated[int, Meta(ge=0, le=3_600_000)] | None,
        Meta(description="For how long hosts take a neighbour as reachable; 0: not told."),
    ] = None
    retransmit_timer_ms: Annotated[
        Annotated[int, Meta(ge=0, le=INFINITE)] | None,
        Meta(description="Time between neighbour solicitations of a host; 0: not told."),
    ] = None
    valid_lifetime_secs: Annotated[
        Lifetime | None,
        Meta(description="How long addresses of a prefix are valid. Default: 5400 (RFC 9096)."),
    ] = None
    preferred_lifetime_secs: Annotated[
        Lifetime | None,
        Meta(description="How long they are used for new work. Default: 2700 (RFC 9096)."),
    ] = None
    count_down: Annotated[
        bool | None,
        Meta(
            description="Count the lifetimes of a prefix from when it was first announced, "
            "so that it runs out then. Default: false."
        ),
    ] = None
    dns: Annotated[
        Annotated[tuple[IPv6, ...], Meta(max_length=LIST_MAX)] | None,
        Meta(description="Recursive DNS servers (RDNSS, RFC 8106)."),
    ] = None
    search: Annotated[
        Annotated[tuple[Domain, ...], Meta(max_length=LIST_MAX)] | None,
        Meta(description="Domains to search names in (DNSSL, RFC 8106)."),
    ] = None
    dns_lifetime_secs: Annotated[
        Lifetime | None,
        Meta(description="How long both hold. Default: three times `interval_max_secs`."),
    ] = None
    encrypted_dns: Annotated[
        Annotated[tuple[EncryptedDnsConfig, ...], Meta(max_length=16)] | None,
        Meta(description="Encrypted resolvers (RFC 9463)."),
    ] = None
    routes: Annotated[
        Annotated[tuple[RouteConfig, ...], Meta(max_length=LIST_MAX)] | None,
        Meta(description="More specific routes (RFC 4191)."),
    ] = None
    pref64: Annotated[
        Annotated[tuple[Network, ...], Meta(max_length=8)] | None,
        Meta(description="Prefixes of NAT64 (RFC 8781)."),
    ] = None
    captive_portal: Annotated[
        Annotated[str, Meta(max_length=1024)] | None,
        Meta(description="URI of the captive portal's API (RFC 8910)."),
    ] = None


class InterfaceConfig(Told, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[[dhcp.slaac.interfaces]]``: what is told otherwise on one interface."""

    name: Annotated[str, Meta(min_length=1, max_length=15, description="The interface.")]


class SlaacConfig(Told, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Router advertisements."""

    enabled: Annotated[bool, Meta(description="Send router advertisements.")] = False
    interface: Annotated[
        str | tuple[str, ...],
        Meta(
            description="Interface to advertise on, or an array of them; "
            "not needed beside `interfaces`."
        ),
    ] = ()
    prefix: Annotated[
        IPv6 | None,
        Meta(
            description="Prefix to announce. Without it and `prefixes`: those of the "
            "interface's own addresses."
        ),
    ] = None
    prefix_len: Annotated[int, Meta(ge=0, le=128, description="Its length.")] = 64
    deprecate_secs: Annotated[
        Lifetime,
        Meta(
            description="A prefix that is no longer announced is told as deprecated until it "
            "has run out, but no longer than this; 0: it is told to end at once (RFC 9096)."
        ),
    ] = INFINITE
    withdraw_dns_without: Annotated[
        tuple[str, ...],
        Meta(
            description="Plugins without which DNS servers that are this machine's own are "
            "withdrawn; those that are no part of this process do not matter."
        ),
    ] = ("dns", "auth", "recursor")
    interfaces: Annotated[
        Annotated[tuple[InterfaceConfig, ...], Meta(max_length=1024)],
        Meta(description="What is told otherwise on single interfaces."),
    ] = ()

    @property
    def served(self) -> tuple[str, ...]:
        """The interfaces to advertise on."""
        if isinstance(self.interface, str):
            return (self.interface,) if self.interface else ()
        return self.interface or tuple(each.name for each in self.interfaces)
