"""Files as a browser gets them: with a type, an entity tag, and headers that keep strangers out."""

import hashlib
from importlib.resources.abc import Traversable
from typing import Any

from litestar import Request, Response

from microdns.errors import NotFound
from microdns.tabs import FILE

TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}
"""Files of other types are not served."""

DEPTH_MAX = 4
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
"""Only files from here run or style; no text can become markup, not even by mistake, since without
a Trusted Types policy the browser refuses ``innerHTML`` and its like."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
"""``no-cache``: a browser asks each time whether a file is still the same, so that after an upgrade
no old module meets a new one."""


def asset(request: Request[Any, Any, Any], folder: Traversable, path: str) -> Response[bytes]:
    """A file below a package's folder; raises ``NotFound``."""
    names = path.strip("/").split("/")
    if len(names) > DEPTH_MAX or not all(map(FILE.fullmatch, names)):
        raise NotFound("there is nothing here")
    file = folder.joinpath(*names)
    kind = TYPES.get("." + names[-1].rpartition(".")[2])
    if kind is None or not file.is_file():
        raise NotFound("there is nothing here")
    return _answer(request, file.read_bytes(), kind)


def _answer(request: Request[Any, Any, Any], content: bytes, kind: str) -> Response[bytes]:
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {**HEADERS, "ETag": tag, "Vary": "Accept-Encoding"}
    given = request.headers.get("if-none-match", "")
    if tag in [each.strip().removeprefix("W/") for each in given.split(",")]:
        return Response(b"", status_code=304, headers=headers)
    return Response(content, media_type=kind, headers=headers)
