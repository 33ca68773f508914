"""The section ``[dhcp.dns_registration]``."""

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from microdns.config import Parsed
from microdns.errors import Problem
from microdns_dns import names
from microdns_dns.model import TTL_MAX
from microdns_registration.names import host_label, pattern_problem


def _zone_name(text: str) -> str:
    """A zone's name as the store keeps it, or an empty text."""
    return names.to_text(names.from_input(text)) if text else ""


def _reverse_zone(text: str) -> str:
    zone = _zone_name(text)
    if zone and not zone.lower().endswith((".in-addr.arpa", ".ip6.arpa")):
        raise ValueError(f"{zone} is no zone of in-addr.arpa or ip6.arpa")
    return zone


def _label(text: str) -> str:
    label = host_label(text)
    if label != text.lower():
        raise ValueError(f"{text[:64]!r} is not one label of letters, digits and hyphens")
    return label


ZoneName = Annotated[str, Parsed(_zone_name, "the name of a zone, such as example.com")]
ReverseZone = Annotated[
    str, Parsed(_reverse_zone, "the name of a reverse zone, such as 1.168.192.in-addr.arpa")
]
Label = Annotated[str, Parsed(_label, "the name of a host, such as wpad")]
Ttl = Annotated[int, Meta(ge=0, le=TTL_MAX)]


class RegistrationConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which leases get names, which names, and where."""

    enabled: Annotated[bool, Meta(description="Register leases in DNS.")] = False
    forward_zone: Annotated[
        ZoneName,
        Meta(
            description="Zone for the names of leases whose pool and subnet name none (`zone`). "
            "Without it the `domain` of the pool is used, where there is a zone of that name."
        ),
    ] = ""
    reverse_zone_v4: Annotated[
        ReverseZone,
        Meta(
            description="Zone for PTR records of the IPv4 addresses in it. For others, and without "
            "it, the most specific reverse zone that there is; if there is none, one is made."
        ),
    ] = ""
    reverse_zone_v6: Annotated[ReverseZone, Meta(description="The same for IPv6.")] = ""
    default_ttl: Annotated[
        Ttl, Meta(description="TTL in seconds of the records, where `ttl_percent` is 0.")
    ] = 300
    ttl_percent: Annotated[
        int,
        Meta(
            ge=0,
            le=100,
            description="TTL as a percentage of the lease time, within `ttl_min` and `ttl_max`; "
            "RFC 4702 section 5 advises a third.",
        ),
    ] = 0
    ttl_min: Annotated[Ttl, Meta(description="Least TTL in seconds by `ttl_percent`.")] = 60
    ttl_max: Annotated[Ttl, Meta(description="Greatest TTL in seconds by `ttl_percent`.")] = 86_400
    create_zones: Annotated[
        bool,
        Meta(description="Make zones that are missing: reverse ones, and those named for names."),
    ] = True
    reverse: Annotated[bool, Meta(description="Register PTR records.")] = True
    reverse_cut_v4: Annotated[
        Literal[0, 8, 16, 24],
        Meta(
            description="Bits of the network that a reverse zone is made for; 0: as the subnet "
            "has, rounded up to 8, 16 or 24."
        ),
    ] = 0
    reverse_cut_v6: Annotated[
        int,
        Meta(
            ge=0,
            le=124,
            multiple_of=4,
            description="The same for IPv6; 0: as the subnet has, rounded up to a multiple of 4, "
            "at most 64.",
        ),
    ] = 0
    client_names: Annotated[
        bool, Meta(description="Use the names that clients send, not only those of reservations.")
    ] = True
    obey_no_update: Annotated[
        bool,
        Meta(description="Register nothing for clients that ask for no update (RFC 4702, N flag)."),
    ] = True
    generate: Annotated[
        bool, Meta(description="Make up a name for a lease that brings none it can have.")
    ] = True
    generated_name: Annotated[
        str,
        Meta(
            max_length=63,
            description="How such names are made: `{address}` is the address with hyphens, "
            "`{mac}` the hardware address.",
        ),
    ] = "dhcp-{address}"
    duplicates: Annotated[
        Literal["first", "latest"],
        Meta(
            description="Which of two clients has a name that both use: the one that had it first, "
            "or the one whose lease began last. A reservation's client always wins."
        ),
    ] = "first"
    publish_dhcid: Annotated[
        bool, Meta(description="Publish DHCID records (RFC 4701) beside the addresses.")
    ] = False
    blocked_names: Annotated[
        tuple[Label, ...],
        Meta(description="Names that no client gets by asking; reservations may have them."),
    ] = ("wpad", "isatap", "localhost")

    def problems(self) -> Iterable[Problem]:
        wrong = pattern_problem(self.generated_name)
        if wrong:
            yield Problem("generated_name", wrong)
        if self.ttl_min > self.ttl_max:
            yield Problem("ttl_min", "is greater than ttl_max")
