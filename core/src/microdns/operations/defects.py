"""What happens when an operation raises something that is not an error of ours."""

import logging
import secrets

from microdns.operations.wire import Failure


def internal_failure(log: logging.Logger, operation: str, error: BaseException) -> Failure:
    """Log a defect under a new id; returns what the client may see: that id and no detail."""
    identifier = secrets.token_hex(4)
    log.error(
        "operation %s failed (id %s)",
        operation,
        identifier,
        exc_info=error,
        extra={"event": "operation.defect", "operation": operation, "id": identifier},
    )
    return Failure("internal", f"internal server error (id {identifier})", id=identifier)
