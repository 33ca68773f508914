"""Conditional requests: entity tags from versions (RFC 9110 section 13)."""

from typing import Any

from litestar import Request, Response

from microdns.errors import Problem
from microdns_rest.shape import malformed


def entity_tag(outcome: Any) -> dict[str, str]:
    """``ETag`` for what has a version."""
    version = getattr(outcome, "version", None)
    return {"ETag": f'"{version}"'} if isinstance(version, int) else {}


def if_match(header: str | None) -> int | None:
    """The version that ``If-Match`` asks for, None for any; raises ``Malformed``."""
    if header is None or header.strip() == "*":
        return None
    tag = header.strip().strip('"')
    if not (tag.isascii() and tag.isdigit() and len(tag) < 19):
        raise malformed(Problem("If-Match", "is not an entity tag of this server"))
    return int(tag)


def not_modified(request: Request[Any, Any, Any], response: Response[Any]) -> Response[Any]:
    """The response, or 304 when the client has it already (``If-None-Match``)."""
    tag = response.headers.get("ETag")
    given = request.headers.get("if-none-match", "")
    if tag is None or tag not in [each.strip().removeprefix("W/") for each in given.split(",")]:
        return response
    return Response(b"", status_code=304, headers={"ETag": tag, "Cache-Control": "no-store"})
