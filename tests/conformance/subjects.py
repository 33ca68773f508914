"""The ways in which MicroDNS is put before the comparison, each a function to a running server."""

from collections.abc import Callable, Sequence
from pathlib import Path

from tests.peers import MicroDns, NameServer, ZoneFile

Subject = Callable[[Path, Sequence[ZoneFile], int], NameServer | None]
"""Takes a folder of its own, the zones, and the octets that a reply by UDP may have."""


def no_subject(folder: Path, zones: Sequence[ZoneFile], payload_size: int) -> None:
    """The peers alone."""
    return


def process(folder: Path, zones: Sequence[ZoneFile], payload_size: int) -> NameServer:
    """``microdns run`` with nothing but authoritative answers."""
    return MicroDns(payload_size=payload_size).start(folder, zones)


SUBJECTS: dict[str, Subject] = {"none": no_subject, "process": process}
