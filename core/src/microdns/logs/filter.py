"""Which records a reader wants."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from microdns.config.fields import Duration
from microdns.errors import Invalid, Problem
from microdns.logs.entry import LogEntry
from microdns.logs.events import LEVELS


class LogFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Conditions on records, all of which hold together."""

    level: Annotated[
        Literal["debug", "info", "warn", "error"], Meta(description="This level or above.")
    ] = "debug"
    event: Annotated[str, Meta(description="Event names that begin so.", max_length=100)] = ""
    logger: Annotated[str, Meta(description="This logger or those below it.", max_length=200)] = ""
    since: Annotated[
        str,
        Meta(
            description="Not older than this (`10m`, `2h`), or not before this time "
            "(`2026-11-22T20:00:00Z`).",
            max_length=64,
        ),
    ] = ""
    after: Annotated[int, Meta(description="Only records with a higher sequence number.", ge=0)] = 0
    text: Annotated[
        str, Meta(description="Text in message, fields or error, ignoring case.", max_length=1000)
    ] = ""

    def matcher(self, now_ns: int) -> Callable[[LogEntry], bool]:
        """A function that tells whether an entry is wanted; raises ``Invalid`` for ``since``."""
        level = LEVELS[self.level]
        earliest_ns = since_ns(self.since, now_ns) if self.since else 0
        logger = f"{self.logger}." if self.logger else ""
        text = self.text.casefold()

        def wanted(entry: LogEntry) -> bool:
            return (
                LEVELS[entry.level] >= level
                and entry.event.startswith(self.event)
                and f"{entry.logger}.".startswith(logger)
                and entry.time_ns >= earliest_ns
                and entry.sequence > self.after
                and (not text or text in _searched(entry))
            )

        return wanted


EVERYTHING = LogFilter()


def _searched(entry: LogEntry) -> str:
    parts = [entry.message, entry.error, *map(str, entry.fields.values())]
    return "\n".join(parts).casefold()


def since_ns(text: str, now_ns: int) -> int:
    """``10m`` ago, or an RFC 3339 time (UTC where it names no offset), as Unix nanoseconds.

    Raises ``Invalid``.
    """
    try:
        return now_ns - round(Duration().read(text, Path()) * 1e9)
    except (ValueError, OverflowError):
        pass
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return round(moment.timestamp() * 1e9)
    except (ValueError, OverflowError):
        message = f"{text!r} is neither an age (10m, 2h) nor a time (2026-11-22T20:00:00Z)"
        raise Invalid.of(Problem("since", message)) from None
