"""One log record in its final form: what is written, kept in the ring, and handed to readers."""

import logging
import traceback
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec

from microdns.logs.events import UNNAMED, level_name
from microdns.logs.plain import plain, safe_str, summary, text

MESSAGE_MAX = 8_000
TRACEBACK_MAX = 32_000
FIELDS_MAX = 64

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {
    "message", "asctime", "taskName", "event", "fields",
}  # fmt: skip


class LogEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A log record.

    ``sequence`` counts all records of the process from 1; ``time_ns`` is Unix time.  ``error`` is a
    one-line summary of the exception, ``traceback`` its full text (several lines).
    """

    sequence: int
    time_ns: int
    level: str
    event: str
    logger: str
    message: str
    fields: dict[str, Any] = {}
    error: str = ""
    traceback: str = ""

    @property
    def time(self) -> str:
        """RFC 3339, UTC, to the millisecond: ``2026-11-22T20:00:00.123Z``."""
        return format_time(self.time_ns)


def format_time(time_ns: int) -> str:
    """Unix time in nanoseconds as RFC 3339 text in UTC, cut to the millisecond."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    return f"{_to_the_second(seconds)}.{rest // 1_000_000:03d}Z"


@lru_cache(maxsize=16)  # many records share a second
def _to_the_second(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def entry_of(record: logging.LogRecord, sequence: int, time_ns: int) -> LogEntry:
    """The entry for a record of the standard library; never raises for what the record holds."""
    error, trace = _exception(record)
    return LogEntry(
        sequence=sequence,
        time_ns=time_ns,
        level=level_name(record.levelno),
        event=text(event_of(record), 100),
        logger=safe_str(record.name, 200),
        message=_message(record),
        fields=_plain_fields(_fields_of(record)),
        error=error,
        traceback=trace,
    )


def event_of(record: logging.LogRecord) -> str:
    """The record's event name."""
    name = getattr(record, "event", None)
    return name if isinstance(name, str) and name else UNNAMED


def _fields_of(record: logging.LogRecord) -> dict[Any, object]:
    """What ``extra`` brought: the mapping ``fields``, and any other attribute of its own."""
    given = record.__dict__
    own = {name: given[name] for name in given.keys() - _STANDARD}
    fields = given.get("fields")
    return own | fields if isinstance(fields, dict) else own


def _message(record: logging.LogRecord) -> str:
    try:
        return text(record.getMessage(), MESSAGE_MAX)
    except Exception:
        return text(f"{safe_str(record.msg)} {safe_str(record.args)}", MESSAGE_MAX)


def _plain_fields(fields: dict[Any, object]) -> dict[str, Any]:
    return {safe_str(name, 100): plain(value) for name, value in list(fields.items())[:FIELDS_MAX]}


def _exception(record: logging.LogRecord) -> tuple[str, str]:
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return "", ""
    try:
        trace = "".join(traceback.format_exception(error))
    except Exception:
        trace = "".join(traceback.format_tb(error.__traceback__))
    if len(trace) > TRACEBACK_MAX:  # the ends tell most: how it began, and what was raised
        half = TRACEBACK_MAX // 2
        trace = f"{trace[:half]}\n…\n{trace[-half:]}"
    return text(summary(error)), text(trace.rstrip("\n"), 2 * TRACEBACK_MAX)
