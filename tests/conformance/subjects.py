"""The ways in which MicroDNS is put before the comparison, each a function to a running server."""

from collections.abc import Callable, Sequence
from pathlib import Path

from tests.peers import MicroDns, NameServer, ZoneFile

REFUSED = {
    "cutdname.test.": "RFC 6672 2.3: NS stands beside DNAME at an apex only; Knot refuses it too",
    "huge.test.": "RRsets of 60,000 octets and more leave no room for a message around them",
}
"""Zones of the collection that we do not take, and why; their questions are put all the same."""

Subject = Callable[[Path, Sequence[ZoneFile], int], NameServer | None]
"""Takes a folder of its own, the zones, and the octets that a reply by UDP may have."""


def no_subject(folder: Path, zones: Sequence[ZoneFile], payload_size: int) -> None:
    """The peers alone."""
    return


def process(folder: Path, zones: Sequence[ZoneFile], payload_size: int) -> NameServer:
    """``microdns run`` with the zone files in its configuration."""
    server = MicroDns(payload_size=payload_size, laid=frozenset(REFUSED))
    return server.start(folder, zones)


def python(folder: Path, zones: Sequence[ZoneFile], payload_size: int) -> NameServer:
    """The same without the compiled engine: the path that the engine is held to."""
    server = MicroDns(payload_size=payload_size, laid=frozenset(REFUSED), engine="python")
    return server.start(folder, zones)


def laid(folder: Path, zones: Sequence[ZoneFile], payload_size: int) -> NameServer:
    """``microdns run`` with all zones laid into its store, read by dnspython."""
    origins = frozenset(zone.origin for zone in zones)
    return MicroDns(payload_size=payload_size, laid=origins).start(folder, zones)


SUBJECTS: dict[str, Subject] = {
    "none": no_subject,
    "process": process,
    "python": python,
    "laid": laid,
}
