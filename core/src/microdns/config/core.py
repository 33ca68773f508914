"""The kernel's own sections: ``[instance]``, ``[database]``, ``[logging]``."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from microdns.config.fields import Duration, FilePath, Size
from microdns.errors import Problem

SOCKET_PATH_BYTES_MAX = 107
"""Linux's limit for the path of a Unix socket (unix(7))."""


class InstanceConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who this process is, and how to reach it."""

    id: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$",
            description="Name of this instance, unique among its peers.",
        ),
    ] = "microdns"
    mode: Annotated[
        Literal["standalone", "leaf", "coordinator"],
        Meta(description="Part it plays in a federation."),
    ] = "standalone"
    control_socket: Annotated[
        Path | None,
        FilePath(),
        Meta(
            description="Unix socket for local commands. "
            "Default: the database's path with `.sock` added."
        ),
    ] = None

    def problems(self) -> Iterable[Problem]:
        if self.control_socket is not None:
            yield from _socket_problems(self.control_socket, "control_socket")


class DatabaseConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where state is kept, how much history, and how much memory that may take."""

    path: Annotated[Path, FilePath(), Meta(description="Folder of the database.")] = Path(
        "microdns.db"
    )
    journal_age_max: Annotated[
        float,
        Duration(),
        Meta(ge=0, description="Journal entries older than this are removed; 0 keeps them."),
    ] = 30 * 86_400.0
    journal_bytes_max: Annotated[
        int,
        Size(),
        Meta(
            ge=0,
            description="Beyond this size, the oldest journal entries are removed; 0 keeps them.",
        ),
    ] = 256 << 20
    past_entries_max: Annotated[
        int,
        Meta(
            ge=0,
            le=100_000_000,
            description="How many journal entries are taken back at most to tell what was at an "
            "earlier point (`as_of`).",
        ),
    ] = 100_000
    cache_bytes: Annotated[
        int, Size(), Meta(ge=1 << 20, description="Memory for blocks read from disk.")
    ] = 8 << 20
    write_buffer_bytes: Annotated[
        int,
        Size(),
        Meta(ge=1 << 20, description="Memory for recent writes, over all collections."),
    ] = 16 << 20


class LoggingConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is logged, and how."""

    level: Annotated[
        Literal["debug", "info", "warn", "error"],
        Meta(description="Records below this level are not made."),
    ] = "info"
    format: Annotated[
        Literal["json", "text"], Meta(description="One JSON object a line, or text for people.")
    ] = "json"
    levels: Annotated[
        dict[
            Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_.]*$")],
            Literal["debug", "info", "warn", "error"],
        ],
        Meta(description="Levels of single loggers, such as `microdns.auth`."),
    ] = {}
    ring_records: Annotated[
        int,
        Meta(
            ge=0,
            le=1_000_000,
            description="Records kept in memory for `microdns logs`; 0 keeps none.",
        ),
    ] = 5_000
    repeats_max: Annotated[
        int,
        Meta(
            ge=0,
            description="Records of one event written a minute; further ones are counted, and "
            "summed up in one record. 0 sets no limit.",
        ),
    ] = 60


def control_socket(instance: InstanceConfig, database: DatabaseConfig) -> Path:
    """The path of the control socket, as set or by default."""
    if instance.control_socket is not None:
        return instance.control_socket
    return database.path.with_name(database.path.name + ".sock")


def _socket_problems(path: Path, key: str) -> Iterable[Problem]:
    length = len(str(path).encode(errors="surrogateescape"))
    if length > SOCKET_PATH_BYTES_MAX:
        yield Problem(
            key, f"{length} bytes is longer than a socket's path may be ({SOCKET_PATH_BYTES_MAX})"
        )
