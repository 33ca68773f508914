"""The section ``[dns.dnstap]``."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from microdns.config import FilePath, Size
from microdns.errors import Problem
from microdns_dns.dnstap import IDENTITY_MAX
from microdns_dns.taps import BUFFER_BYTES_MIN

SOCKET_PATH_BYTES_MAX = 107
"""Linux's limit for the path of a Unix socket (unix(7))."""


class DnstapConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is told, and how much."""

    enabled: Annotated[bool, Meta(description="Tell a reader of dnstap.")] = False
    socket: Annotated[
        Path,
        FilePath(),
        Meta(description="Unix socket on which the reader listens."),
    ] = Path("dnstap.sock")
    identity: Annotated[
        str,
        Meta(description="Name of this server in each message; empty: `instance.id`."),
    ] = ""
    version: Annotated[
        str,
        Meta(description="Version of this server in each message; empty: that of MicroDNS."),
    ] = ""
    sample: Annotated[
        int,
        Meta(ge=1, le=1_000_000_000, description="Of how many answers one is told of; 1: all."),
    ] = 1
    buffer_size: Annotated[
        int,
        Size(),
        Meta(
            ge=BUFFER_BYTES_MIN * 4,
            le=256 << 20,
            description="Memory of each thread for messages that wait for the reader; the engine "
            "rounds it up to a power of two. Further messages are dropped.",
        ),
    ] = 1 << 20

    def problems(self) -> Iterable[Problem]:
        length = len(str(self.socket).encode(errors="surrogateescape"))
        if length > SOCKET_PATH_BYTES_MAX:
            yield Problem(
                "socket",
                f"{length} bytes is longer than a socket's path may be ({SOCKET_PATH_BYTES_MAX})",
            )
        for key, text in (("identity", self.identity), ("version", self.version)):
            if len(text.encode()) > IDENTITY_MAX:
                yield Problem(key, f"is longer than {IDENTITY_MAX} bytes")
