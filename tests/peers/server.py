"""What all name servers under comparison have in common: an address, a process, a log."""

import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from tests.peers.process import Child

PAYLOAD_SIZE = 1232
"""EDNS payload size that every server is told to offer and to keep to (DNS flag day 2020)."""

_HEADER = struct.pack("!6H", 0x1234, 0, 1, 0, 0, 0)
SOA_PROBE = _HEADER + b"\0" + struct.pack("!2H", 6, 1)
"""For the root's SOA."""
CHAOS_PROBE = _HEADER + b"\7version\4bind\0" + struct.pack("!2H", 16, 3)
"""For the server's version (RFC 4892): what is no everyday query takes this way through ours."""
_PROBE_SECONDS = 1.0


def answers(
    address: tuple[str, int], transport: str = "udp", probe: bytes = SOA_PROBE, source: str = ""
) -> bool:
    """Whether any reply comes to a query, by UDP or TCP, from this address of ours."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
    length = b"" if transport == "udp" else struct.pack("!H", len(probe))
    with socket.socket(family, kind) as opened:
        opened.settimeout(_PROBE_SECONDS)
        try:
            if source:
                opened.bind((source, 0))
            opened.connect(address)
            opened.send(length + probe)
            return probe[:2] in opened.recv(4096)[:4]
        except OSError:
            return False


@dataclass(frozen=True)
class ZoneFile:
    """A zone and the master file that holds it; ``origin`` is text with the trailing dot."""

    origin: str
    path: Path

    @property
    def file_safe(self) -> str:
        return self.origin.strip(".").replace("/", "_") or "root"


@dataclass
class NameServer:
    """A running server, whoever made it; ``process`` is None for one inside the test itself."""

    name: str
    host: str
    port: int
    process: Child | None = None

    @property
    def address(self) -> tuple[str, int]:
        return (self.host, self.port)

    @property
    def log_text(self) -> str:
        return self.process.log_text() if self.process else ""

    def answers(self) -> bool:
        """Whether any reply comes to a query for the root's SOA by UDP."""
        return answers(self.address)

    def stop(self) -> None:
        if self.process:
            self.process.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


class Peer(Protocol):
    """A kind of name server that can be started with zone files."""

    @property
    def name(self) -> str:
        """What its answers are called by."""
        ...

    @property
    def programs(self) -> tuple[str, ...]:
        """What must be installed, by the names of ``tests/system-packages.txt``."""
        ...

    def start(self, folder: Path, zones: Sequence[ZoneFile]) -> NameServer:
        """Gives a server that answers; raises StartFailure with its log."""
        ...
