"""Points in the past: ``as_of``, as a sequence of the journal or as a time."""

import re
from datetime import UTC, datetime, timedelta

import msgspec

from microdns.errors import Invalid, Problem

FORM = (
    "([0-9]{1,18}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?"
    "(Z|[+-][0-9]{2}:[0-9]{2}))"
)
"""What points look like, as a regular expression; not all that look so are times."""
WRITE = "write a sequence of the journal, or a time with its zone like 2026-01-31T12:00:00Z"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Point(msgspec.Struct, frozen=True):
    """Exactly one is set: a ``sequence`` of the journal, or ``time_ns``, Unix nanoseconds.

    What is as of a sequence has seen all of the transaction which that entry belongs to; what is
    as of a time has seen what was written until then, that moment included.
    """

    sequence: int | None = None
    time_ns: int | None = None


def point_of(text: str) -> Point:
    """``4711``, or ``2026-11-22T20:00:00Z`` (RFC 3339); raises ``Invalid``."""
    if not looks_like_point(text):
        raise Invalid.of(Problem("as_of", WRITE))
    if text.isdigit():
        return Point(sequence=int(text))
    try:
        when = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid.of(Problem("as_of", f"is no time: {error}")) from None
    return Point(time_ns=(when - _EPOCH) // _MICROSECOND * 1000)


def looks_like_point(text: str) -> bool:
    """Whether a text has the form of a point."""
    return re.fullmatch(FORM, text) is not None
