"""The section ``[dns.auth]``."""

import ipaddress
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from microdns.config import Addresses, FilePath, IPNetwork, Listen, Parsed
from microdns.errors import Problem
from microdns_dns import names

DEFAULT_PORT = 53


def _zone_name(text: str) -> str:
    """A zone's name as the store keeps it: absolute, no final dot, A-labels."""
    return names.to_text(names.from_input(text))


ZoneName = Annotated[str, Parsed(_zone_name, "the name of a zone, such as example.com")]


class AuthConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where authoritative answers are given, and the zones that the file declares."""

    enabled: Annotated[bool, Meta(description="Answer authoritatively.")] = False
    listen: Annotated[
        Addresses,
        Listen(DEFAULT_PORT),
        Meta(
            min_length=1,
            description="Address or addresses to answer on, UDP and TCP. Port 0 is any free one. "
            "`[::]` among others is passed over where the machine has no IPv6.",
        ),
    ] = (("0.0.0.0", DEFAULT_PORT), ("::", DEFAULT_PORT))  # noqa: S104 (serving the network is what it is for)
    zones: Annotated[
        tuple[ZoneName, ...],
        Meta(
            description="Zones that there shall be. One that is missing is created with an SOA and "
            "no other record; what is in it is left to operations."
        ),
    ] = ()
    zone_files: Annotated[
        dict[ZoneName, Annotated[Path, FilePath()]],
        Meta(
            description="Zone files by zone. They are read at every start; what they say is "
            "read-only for operations, which may add records of their own."
        ),
    ] = {}
    allow_transfer: Annotated[
        tuple[IPNetwork, ...],
        Meta(description="Networks whose hosts may have whole zones (AXFR); others are refused."),
    ] = ()
    transfers_max: Annotated[
        int, Meta(ge=1, le=1_000, description="Transfers to others that may run at one time.")
    ] = 10
    transfer_timeout_secs: Annotated[
        float, Meta(ge=1, le=86_400, description="How long a transfer may take, in or out.")
    ] = 300
    transfer_primaries: Annotated[
        tuple[IPNetwork, ...],
        Meta(
            description="Networks of the primaries that operations may take zones over from. The "
            "server connects there itself: name few where others may call operations."
        ),
    ] = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
    transfer_records_max: Annotated[
        int, Meta(ge=1, le=10_000_000, description="Records that a zone taken over may have.")
    ] = 100_000
    transfer_bytes_max: Annotated[
        int, Meta(ge=1_000, le=10**10, description="Octets that a zone taken over may have.")
    ] = 100_000_000

    def problems(self) -> Iterable[Problem]:
        """A zone is listed once; whether it has a file as well does not matter."""
        seen: set[str] = set()
        for number, zone in enumerate(self.zones):
            if zone.lower() in seen:
                yield Problem(f"zones[{number}]", f"{zone} is listed twice")
            seen.add(zone.lower())
