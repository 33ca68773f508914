"""What happens when an operation raises something that is not an error of ours."""

import logging
import secrets

from microdns.logs import LogEvents
from microdns.operations.wire import Failure

EVENTS = LogEvents("operations")
DEFECT = EVENTS.error(
    "operation.defect",
    "An operation raised something unforeseen; its caller saw only the `id` logged here.",
)


def internal_failure(log: logging.Logger, operation: str, error: BaseException) -> Failure:
    """Log a defect under a new id; returns what the client may see: that id and no detail."""
    identifier = secrets.token_hex(4)
    DEFECT(
        log,
        "operation %s failed (id %s)",
        operation,
        identifier,
        error=error,
        operation=operation,
        id=identifier,
    )
    return Failure("internal", f"internal server error (id {identifier})", id=identifier)
