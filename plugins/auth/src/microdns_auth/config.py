"""The section ``[dns.auth]``."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from microdns.config import Addresses, FilePath, Listen, Parsed
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

    def problems(self) -> Iterable[Problem]:
        """A zone is listed once; whether it has a file as well does not matter."""
        seen: set[str] = set()
        for number, zone in enumerate(self.zones):
            if zone.lower() in seen:
                yield Problem(f"zones[{number}]", f"{zone} is listed twice")
            seen.add(zone.lower())
