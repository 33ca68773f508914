"""One HTTP request and its answer, as bytes: as much of HTTP/1.1 as a scrape needs (RFC 9112)."""

import http.client
import io
from dataclasses import dataclass, field
from http import HTTPStatus

HEAD_BYTES_MAX = 8192
"""Request line and headers together; more is answered with 431."""

END_OF_HEAD = b"\r\n\r\n"


class BadRequest(Exception):
    """A request that is answered with an error without being looked at further."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


@dataclass(frozen=True)
class Request:
    """What the exporter wants to know of a request."""

    method: str
    path: str
    accept: str = ""
    accept_encoding: str = ""


@dataclass(frozen=True)
class Response:
    """Status, body and headers; length and connection handling are added when it is written."""

    status: HTTPStatus
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    def encode(self, *, with_body: bool) -> bytes:
        """The bytes for the wire; without the body for HEAD (RFC 9110, 9.3.2)."""
        headers = {**self.headers, "Content-Length": str(len(self.body)), "Connection": "close"}
        lines = [f"HTTP/1.1 {self.status.value} {self.status.phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join(lines).encode("ascii") + END_OF_HEAD
        return head + self.body if with_body else head


def message(status: HTTPStatus, text: str = "", headers: dict[str, str] | None = None) -> Response:
    """A short answer in plain text."""
    body = f"{text or status.phrase}\n".encode()
    return Response(status, body, {"Content-Type": "text/plain; charset=utf-8", **(headers or {})})


def parse(head: bytes) -> Request:
    """The request in ``head``, which ends with an empty line; raises ``BadRequest``."""
    line, _, rest = head.partition(b"\r\n")
    parts = line.split(b" ")
    if len(parts) != 3 or not all(parts) or not line.isascii():
        raise BadRequest(HTTPStatus.BAD_REQUEST)
    method, target, version = (part.decode("ascii") for part in parts)
    if not version.startswith("HTTP/"):
        raise BadRequest(HTTPStatus.BAD_REQUEST)
    if not version.startswith("HTTP/1."):
        raise BadRequest(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
    try:
        headers = http.client.parse_headers(io.BytesIO(rest))
    except http.client.HTTPException:
        raise BadRequest(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE) from None
    return Request(
        method,
        target.partition("?")[0],
        ",".join(headers.get_all("Accept", [])).strip(),
        ",".join(headers.get_all("Accept-Encoding", [])).strip(),
    )
