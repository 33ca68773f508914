"""The ways in which MicroDNS is put before the comparison, each a function to a running server."""

from collections.abc import Callable, Sequence
from pathlib import Path

from tests.peers import MicroDns, NameServer, ZoneFile

Subject = Callable[[Path, Sequence[ZoneFile]], NameServer | None]


def no_subject(folder: Path, zones: Sequence[ZoneFile]) -> None:
    """The peers alone."""
    return


SUBJECTS: dict[str, Subject] = {"none": no_subject, "process": MicroDns().start}
