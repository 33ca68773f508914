"""Errors as problem details (RFC 9457): ``application/problem+json``."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from msgspec import Meta

from microdns.errors import (
    Conflict,
    Denied,
    Invalid,
    MicroDNSError,
    NotFound,
    Outdated,
    Problem,
    Throttled,
    TooLarge,
    Unauthenticated,
    Unavailable,
)
from microdns.operations.defects import internal_failure
from microdns.store import CursorTooOld
from microdns_rest.identity import Gate
from microdns_rest.shape import Malformed, Unsupported

PROBLEM_JSON = "application/problem+json"

STATUS: tuple[tuple[type[MicroDNSError], HTTPStatus], ...] = (
    (CursorTooOld, HTTPStatus.GONE),
    (NotFound, HTTPStatus.NOT_FOUND),
    (Conflict, HTTPStatus.CONFLICT),
    (Unsupported, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    (Malformed, HTTPStatus.BAD_REQUEST),
    (Invalid, HTTPStatus.UNPROCESSABLE_ENTITY),
    (Unauthenticated, HTTPStatus.UNAUTHORIZED),
    (Denied, HTTPStatus.FORBIDDEN),
    (Throttled, HTTPStatus.TOO_MANY_REQUESTS),
    (TooLarge, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
)
"""The first class that fits decides."""

CODES = {
    HTTPStatus.NOT_FOUND: "not-found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method-not-allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too-large",
}
"""For what the framework refuses by itself."""

RETRY_AFTER = {
    HTTPStatus.TOO_MANY_REQUESTS: "1",
    HTTPStatus.SERVICE_UNAVAILABLE: "1",
}
CHALLENGE = 'ApiKey realm="MicroDNS", Bearer realm="MicroDNS"'
"""``WWW-Authenticate`` (RFC 9110 section 11.6.1)."""


class ProblemDetails(msgspec.Struct, frozen=True):
    """What went wrong (RFC 9457 section 3.1); ``errors`` tells it by field."""

    status: Annotated[int, Meta(ge=400, le=599, description="The HTTP status.")]
    title: Annotated[str, Meta(description="The status in words.")]
    detail: Annotated[str, Meta(description="What went wrong, for people.")]
    code: Annotated[str, Meta(description="What went wrong, for programs; it does not change.")]
    errors: tuple[Problem, ...] = ()
    type: str = "about:blank"


def details_of(error: MicroDNSError, *, conditional: bool = False) -> ProblemDetails:
    """An error of ours; ``conditional`` says that the request had ``If-Match``."""
    status = status_of(error)
    if conditional and isinstance(error, Outdated):
        status = HTTPStatus.PRECONDITION_FAILED
    errors = error.problems if isinstance(error, Invalid) else ()
    return ProblemDetails(status.value, status.phrase, error.message, error.code, errors)


def status_of(error: MicroDNSError) -> HTTPStatus:
    """The status code of an error of ours."""
    for kind, status in STATUS:
        if isinstance(error, kind):
            return status
    return HTTPStatus.INTERNAL_SERVER_ERROR


def headers_of(details: ProblemDetails) -> dict[str, str]:
    """The headers that go with it."""
    status = HTTPStatus(details.status)
    headers = {"Cache-Control": "no-store"}
    if status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = CHALLENGE
    if status in RETRY_AFTER:
        headers["Retry-After"] = RETRY_AFTER[status]
    return headers


def response_of(details: ProblemDetails, headers: Mapping[str, str] | None = None) -> Response[Any]:
    """The response that tells it."""
    return Response(
        msgspec.json.encode(details),
        status_code=details.status,
        media_type=PROBLEM_JSON,
        headers={**headers_of(details), **(headers or {})},
    )


class Errors:
    """Turns whatever leaves a handler into a response."""

    def __init__(self, gate: Gate, log: logging.Logger) -> None:
        self._gate = gate
        self._log = log

    def ours(self, request: Request[Any, Any, Any], error: MicroDNSError) -> Response[Any]:
        """An operation's error."""
        return response_of(details_of(error, conditional="if-match" in request.headers))

    def frameworks(self, request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
        """What the framework itself refuses: unknown paths, wrong methods, bodies too large."""
        status = HTTPStatus(error.status_code)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return self.defect(request, error)
        if status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
            try:  # strangers are not told which paths exist
                self._gate.identify(request.scope)
            except MicroDNSError as unknown:
                return self.ours(request, unknown)
        code = CODES.get(status, "malformed")
        detail = "there is nothing here" if status is HTTPStatus.NOT_FOUND else error.detail
        details = ProblemDetails(status.value, status.phrase, detail or status.phrase, code)
        return response_of(details, error.headers)

    def defect(self, request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        """Anything else: logged under an id, of which the client sees no more than that."""
        return response_of(self.defect_details(request.url.path, error))

    def defect_details(self, where: str, error: Exception) -> ProblemDetails:
        """The same, for those who answer by other means."""
        failure = internal_failure(self._log, where, error)
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        return ProblemDetails(status.value, status.phrase, failure.message, failure.code)
