"""Operations over a byte stream: one JSON object a line, both ways.

The client sends a ``Request``; the server answers with any number of ``progress`` and ``item``
lines, and ends with ``result``, ``end`` or ``error``.  The local socket speaks this.
"""

from typing import Any

import msgspec

from microdns import errors

REQUEST_BYTES_MAX = 256 * 1024 * 1024
"""A zone file of some million records, with what it includes."""


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """Call ``operation`` with ``input`` (plain JSON values)."""

    operation: str
    input: Any = msgspec.field(default_factory=dict)
    dry_run: bool = False
    if_version: int | None = None
    as_of: str = ""


class Progress(msgspec.Struct, frozen=True):
    """``done`` of ``total`` (None: not known) of ``what``."""

    done: int
    total: int | None
    what: str


class Failure(msgspec.Struct, frozen=True, omit_defaults=True):
    """An error of ``microdns.errors`` by its code, or ``internal`` with the id that the log has."""

    code: str
    message: str
    problems: tuple[errors.Problem, ...] = ()
    id: str = ""


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of the answer: exactly one field is set (``end`` closes a stream).

    With the result of a dry run come its ``consequences``, where there are any.
    """

    result: Any = msgspec.UNSET
    consequences: list[Any] = []
    item: Any = msgspec.UNSET
    progress: Progress | msgspec.UnsetType = msgspec.UNSET
    error: Failure | msgspec.UnsetType = msgspec.UNSET
    end: bool = False


_CLASSES: dict[str, type[errors.MicroDNSError]] = {
    cls.code: cls
    for cls in (
        errors.NotFound,
        errors.Conflict,
        errors.Outdated,
        errors.Invalid,
        errors.Denied,
        errors.Unauthenticated,
        errors.Throttled,
        errors.Unavailable,
        errors.TooLarge,
        errors.StorageFault,
    )
}
_CLASSES["cursor-too-old"] = errors.NotFound


class InternalError(errors.MicroDNSError):
    """A defect of the server; its log tells more under the id in the text."""

    code = "internal"


def failure_of(error: errors.MicroDNSError) -> Failure:
    """An error as it travels."""
    problems = error.problems if isinstance(error, errors.Invalid) else ()
    return Failure(error.code, error.message, problems)


def error_of(failure: Failure) -> errors.MicroDNSError:
    """The error that a failure stands for."""
    cls = _CLASSES.get(failure.code, InternalError)
    if cls is errors.Invalid:
        return errors.Invalid(failure.message, failure.problems)
    return cls(failure.message)
