"""Errors as gRPC statuses, with details as google.rpc has them (BadRequest, ErrorInfo)."""

import logging
from typing import Any

from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from grpclib.const import Status
from grpclib.exceptions import GRPCError

from microdns.errors import (
    Conflict,
    Denied,
    Invalid,
    MicroDNSError,
    NotFound,
    Outdated,
    Throttled,
    TooLarge,
    Unauthenticated,
    Unavailable,
)
from microdns.operations.defects import internal_failure
from microdns.store import CursorTooOld

STATUS: tuple[tuple[type[MicroDNSError], Status], ...] = (
    (CursorTooOld, Status.OUT_OF_RANGE),
    (NotFound, Status.NOT_FOUND),
    (Outdated, Status.ABORTED),
    (Conflict, Status.ALREADY_EXISTS),
    (Invalid, Status.INVALID_ARGUMENT),
    (Unauthenticated, Status.UNAUTHENTICATED),
    (Denied, Status.PERMISSION_DENIED),
    (Throttled, Status.RESOURCE_EXHAUSTED),
    (TooLarge, Status.RESOURCE_EXHAUSTED),
    (Unavailable, Status.UNAVAILABLE),
)
"""The first class that fits decides."""

DOMAIN = "microdns"
MESSAGE_BYTES_MAX = 600
DETAILS_BYTES_MAX = 2000
"""Clients take 8 KiB of metadata, in which messages are percent-encoded."""


def error_of(error: MicroDNSError) -> GRPCError:
    """An error of ours as it travels: its status, its text, its code and its field paths."""
    details: list[Message] = [ErrorInfo(reason=error.code, domain=DOMAIN)]
    if isinstance(error, Invalid) and error.problems:
        details.append(_violations(error))
    return GRPCError(status_of(error), _shortened(error.message), details)


def status_of(error: MicroDNSError) -> Status:
    """The status of an error of ours."""
    for kind, status in STATUS:
        if isinstance(error, kind):
            return status
    return Status.INTERNAL


def defect(log: logging.Logger, where: str, error: BaseException) -> GRPCError:
    """Anything else: logged under an id, of which the client sees no more than that."""
    return GRPCError(Status.INTERNAL, internal_failure(log, where, error).message)


def _violations(error: Invalid) -> Message:
    """As many of the problems as there is room for."""
    found: Any = BadRequest()
    room = DETAILS_BYTES_MAX
    for problem in error.problems:
        room -= len(problem.path.encode()) + len(problem.message.encode()) + 8
        if room < 0:
            break
        found.field_violations.add(field=problem.path, description=problem.message)
    bad_request: Message = found
    return bad_request


def _shortened(text: str) -> str:
    octets = text.encode(errors="replace")
    if len(octets) <= MESSAGE_BYTES_MAX:
        return octets.decode()
    return octets[:MESSAGE_BYTES_MAX].decode(errors="ignore") + "..."
