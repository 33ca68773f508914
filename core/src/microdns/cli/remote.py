"""A remote instance's REST interface, for the command line: with the standard library alone."""

import http.client
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from microdns.errors import Invalid, MicroDNSError, Outdated, Problem, Unavailable
from microdns.operations import Operation
from microdns.operations.wire import Failure, Request, error_of

BASE = "/api/v1"
PLACEHOLDER = re.compile(r"\{(\w+)\}")
TIMEOUT_SECONDS = 60.0
STREAM_TIMEOUT_SECONDS = 45.0
"""The server says something every 15 seconds."""


class RemoteClient:
    """Calls operations over HTTP; ``url`` is the server's, with or without ``/api/v1``."""

    def __init__(self, url: str, key: str | None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Invalid(f"{url!r} is no address: write http://host:8080 or https://host")
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, parts.port
        self._prefix = parts.path.rstrip("/").removesuffix(BASE) + BASE
        self._key = key
        self._url = url
        self.consequences: list[Any] = []
        """What the last call would lead to, when it was a dry run."""

    def call(self, operation: Operation[Any, Any], request: Request) -> Any:
        """The output as plain JSON values; raises the operation's error."""
        with self._answer(operation, request, TIMEOUT_SECONDS) as response:
            value = decoded(response.read())
        if not request.dry_run:
            return value
        self.consequences = value.get("consequences", [])
        return value["result"]

    def stream(self, operation: Operation[Any, Any], request: Request) -> Iterator[Any]:
        """The items as plain JSON values, until the server ends the stream."""
        event = ""
        with self._answer(operation, request, STREAM_TIMEOUT_SECONDS) as response:
            for line in response:
                field, _, value = line.decode().rstrip("\n").partition(": ")
                if field == "event":
                    event = value
                elif field == "data" and event == "problem":
                    raise problem(http.client.INTERNAL_SERVER_ERROR, value.encode())
                elif field == "data":
                    yield decoded(value.encode())
                elif not field:
                    event = ""

    @contextmanager
    def _answer(
        self, operation: Operation[Any, Any], request: Request, timeout: float
    ) -> Iterator[http.client.HTTPResponse]:
        """The answer to a request, to be read in the block; raises the error that it tells."""
        if operation.http is None:
            raise Invalid(f"{operation.name} is only for the machine itself: leave out --url")
        verb, target, body = target_of(operation.http, request)
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=timeout)
        try:
            connection.request(verb, self._prefix + target, body, self._headers(request, body))
            with connection.getresponse() as response:
                if response.status >= http.client.BAD_REQUEST:
                    raise problem(response.status, response.read())
                yield response
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(f"can't reach {self._url}: {error}") from error
        finally:
            connection.close()

    def _headers(self, request: Request, body: bytes | None) -> dict[str, str]:
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self._key:
            headers["X-API-Key"] = self._key
        if request.if_version is not None:
            headers["If-Match"] = f'"{request.if_version}"'
        return headers


def target_of(form: str, request: Request) -> tuple[str, str, bytes | None]:
    """Verb, path with query, and body of a request, as the REST interface expects them."""
    verb, _, path = form.partition(" ")
    rest = {name: value for name, value in request.input.items() if value is not None}

    def fill(found: re.Match[str]) -> str:
        return quote(str(rest.pop(found[1])), safe="")

    path = PLACEHOLDER.sub(fill, path)
    query = list(_query(rest)) if verb in ("GET", "DELETE") else []
    if request.dry_run:
        query.append(("dry_run", "true"))
    if request.as_of:
        query.append(("as_of", request.as_of))
    body = msgspec.json.encode(rest) if verb not in ("GET", "DELETE") and rest else None
    return verb, f"{path}?{urlencode(query)}" if query else path, body


def _query(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in fields.items():
        for each in value if isinstance(value, list | tuple) else [value]:
            yield name, str(each).lower() if isinstance(each, bool) else str(each)


def problem(status: int, body: bytes) -> MicroDNSError:
    """The error that a response tells (RFC 9457)."""
    try:
        told = msgspec.json.decode(body)
        problems = tuple(Problem(each["path"], each["message"]) for each in told["errors"])
        code, detail = told["code"], told["detail"]
    except (msgspec.DecodeError, KeyError, TypeError):
        return Unavailable(f"the server answered with status {status}")
    if code in ("malformed", "unsupported-media-type"):
        code = "invalid"
    if status == http.client.PRECONDITION_FAILED:
        return Outdated(detail)
    return error_of(Failure(code, detail, problems))


def decoded(body: bytes) -> Any:
    """The JSON of an answer; raises ``Unavailable`` for what is none."""
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        raise Unavailable("the server's answer is not JSON: is it a MicroDNS?") from None


def key_from(option: str | None) -> str | None:
    """The key to present: the option, else MICRODNS_KEY, else the file in MICRODNS_KEY_FILE."""
    if option or os.environ.get("MICRODNS_KEY"):
        return option or os.environ["MICRODNS_KEY"]
    file = os.environ.get("MICRODNS_KEY_FILE")
    if not file:
        return None
    try:
        with open(file) as opened:
            return opened.read().strip()
    except OSError as error:
        raise Unavailable(f"can't read the key in {file}: {error.strerror}") from None
