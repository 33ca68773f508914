"""uvicorn's HTTP protocol with the limits that it lacks: size of heads, slow clients, connections.

A client that sends more than a head may hold, or too slowly, is told so once and cut off.
"""

import asyncio
from http import HTTPStatus
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from microdns_rest.config import RestConfig
from microdns_rest.gathering import Gathering
from microdns_rest.metrics import RestMetrics


class LimitedProtocol(HttpToolsProtocol):
    """One connection; made by ``limited``, which gives a subclass its limits."""

    limits: ClassVar[RestConfig]
    metrics: ClassVar[RestMetrics]

    _head_octets = 0
    _reading_head = True
    _deadline: asyncio.TimerHandle | None = None
    _taking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Take the connection, or turn it away when there are too many."""
        super().connection_made(Gathering(transport, self.loop))  # type: ignore[arg-type]  # as one
        if len(self.connections) > self.limits.connections_max:
            self._cut_off(HTTPStatus.SERVICE_UNAVAILABLE, "connections")
            return
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        self._satisfied()
        self._taken()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client has not taken what it was sent: it has to, from now on."""
        super().pause_writing()
        self._taken()
        self._taking = self.loop.call_later(self.limits.send_timeout_secs, self._left)

    def resume_writing(self) -> None:
        self._taken()
        super().resume_writing()

    def data_received(self, data: bytes) -> None:
        """Parse what came, as long as it is within the limits."""
        if self.transport.is_closing():
            return
        if self._deadline is None and (self.cycle is None or self.cycle.response_complete):
            self._expect()
        if self._reading_head:
            self._head_octets += len(data)
        super().data_received(data)
        if self._reading_head and self._head_octets > self.limits.header_bytes_max:
            self._cut_off(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "head")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._reading_head = True

    def on_headers_complete(self) -> None:
        head = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        self._reading_head = False
        self._head_octets = 0
        if head > self.limits.header_bytes_max:
            self._cut_off(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "head")
            return
        if not self._names_one_host():
            self._cut_off(HTTPStatus.BAD_REQUEST, "host")
            return
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._satisfied()
        self._reading_head = True
        if self.cycle is not None:
            super().on_message_complete()

    def on_body(self, body: bytes) -> None:
        if self.cycle is not None and not self.transport.is_closing():
            super().on_body(body)

    def handle_websocket_upgrade(self) -> None:
        self._satisfied()
        super().handle_websocket_upgrade()

    def _names_one_host(self) -> bool:
        """Whether the head says once whom it is for, as HTTP/1.1 has to (RFC 9112 3.2)."""
        hosts = sum(name == b"host" for name, _ in self.headers)
        return hosts == 1 or (hosts == 0 and self.parser.get_http_version() == "1.0")

    def _expect(self) -> None:
        """A request has to arrive from now on."""
        self._satisfied()
        self._deadline = self.loop.call_later(self.limits.receive_timeout_secs, self._too_slow)

    def _satisfied(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _taken(self) -> None:
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None

    def _left(self) -> None:
        """Give up a client that takes nothing; what it was sent is not waited for."""
        self._taking = None
        self.metrics.cut_off.cell("taking").inc()
        self.transport.abort()

    def _too_slow(self) -> None:
        self._deadline = None
        self._cut_off(HTTPStatus.REQUEST_TIMEOUT, "slow")

    def _cut_off(self, status: HTTPStatus, reason: str) -> None:
        """Say why, unless an answer is under way, and end the connection."""
        if self.transport.is_closing():
            return
        self.metrics.cut_off.cell(reason).inc()
        if self.cycle is None or not self.cycle.response_started or self.cycle.response_complete:
            head = f"HTTP/1.1 {status.value} {status.phrase}\r\n"
            self.transport.write(head.encode() + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()


def limited(config: RestConfig, metrics: RestMetrics) -> type[LimitedProtocol]:
    """The protocol with these limits."""
    return type("Protocol", (LimitedProtocol,), {"limits": config, "metrics": metrics})
