"""``Idempotency-Key``: what makes two requests the same one, sent again."""

import hashlib
from typing import Any

from litestar import Request

from microdns.access.idempotency import KEY
from microdns.errors import Problem
from microdns_rest.shape import malformed

HEADER = "idempotency-key"


def key_of(request: Request[Any, Any, Any]) -> str | None:
    """The key of a request, if it has one; raises ``Malformed``."""
    key = request.headers.get(HEADER)
    if key is not None and KEY.fullmatch(key) is None:
        raise malformed(Problem("Idempotency-Key", "is 1 to 255 visible ASCII characters"))
    return key


def digest_of(request: Request[Any, Any, Any], body: bytes) -> bytes:
    """What must be the same for two requests to be the same."""
    head = f"{request.method} {request.url.path}?{request.url.query} "
    condition = request.headers.get("if-match", "")
    return hashlib.sha256(f"{head}{condition}\n".encode() + body).digest()
