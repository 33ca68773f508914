"""The servers side by side, all with the same zones, and the asking of all at once."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import dns.name
from tests.conformance.exchange import Job, exchange
from tests.conformance.judge import SUBJECT
from tests.conformance.questions import PAYLOAD_SIZE, Case
from tests.conformance.response import Response, read_response
from tests.conformance.subjects import Subject
from tests.peers import Bind, Knot, NameServer, Nsd, Peer, ZoneFile
from tests.peers.process import LOG_TAIL_CHARACTERS

ZONES = Path(__file__).with_name("zones")


def zone_files(folder: Path = ZONES) -> list[ZoneFile]:
    """Each ``NAME.zone`` of the folder is the zone NAME."""
    return [ZoneFile(f"{path.stem}.", path.resolve()) for path in sorted(folder.glob("*.zone"))]


class Panel:
    """NSD, Knot, BIND and the subject, running for the time of a ``with``."""

    def __init__(
        self,
        folder: Path,
        zones: Sequence[ZoneFile],
        subject: Subject,
        payload_size: int = PAYLOAD_SIZE,
    ) -> None:
        self.folder = folder
        self.zones = zones
        self.payload_size = payload_size
        self.servers: dict[str, NameServer] = {}
        self.origins = frozenset(dns.name.from_text(zone.origin).canonicalize() for zone in zones)
        self._subject = subject
        self._running = ExitStack()

    def __enter__(self) -> Self:
        peers: tuple[Peer, ...] = (
            Nsd(self.payload_size),
            Knot(self.payload_size),
            Bind(self.payload_size),
        )
        with ExitStack() as starting:
            for peer in peers:
                server = peer.start(self.folder / peer.name, self.zones)
                self.servers[peer.name] = starting.enter_context(server)
            ours = self._subject(self.folder / SUBJECT, self.zones, self.payload_size)
            if ours:
                self.servers[SUBJECT] = starting.enter_context(ours)
            self._running = starting.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._running.close()

    def replies(self, cases: Iterable[Case]) -> list[dict[str, bytes | None]]:
        """For each case the bytes that each server sent, None for silence."""
        asked = [
            {
                who: Job(server.address, case.packet, case.transport)
                for who, server in self.servers.items()
            }
            for case in cases
        ]
        exchange([job for jobs in asked for job in jobs.values()])
        return [{who: job.reply for who, job in jobs.items()} for jobs in asked]

    def log_of_silent(self, replies: Mapping[str, bytes | None]) -> str:
        """The end of our log, when we said nothing."""
        if SUBJECT not in replies or replies[SUBJECT] is not None:
            return ""
        return f"---- our log ends\n{self.servers[SUBJECT].log_text[-LOG_TAIL_CHARACTERS:]}"

    def read(self, case: Case, replies: Mapping[str, bytes | None]) -> dict[str, Response]:
        """The replies to one case, ready to compare."""
        return {
            who: read_response(reply, case.packet, self.origins, case_matters=case.case_matters)
            for who, reply in replies.items()
        }
