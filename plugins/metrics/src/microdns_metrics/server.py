"""The exporter's HTTP server: few connections, short ones, one answer each.

Why not prometheus-client's own: it starts a thread for each connection, without a limit and
without a timeout, so that idle connections could take all memory; and it would read the metrics
from a foreign thread while the loop changes them.

Each connection is closed after its answer.  A scrape comes every few seconds, so that keeping
connections would save nothing and only give slow clients something to hold.
"""

import logging
import socket
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Protocol

import anyio
from anyio.abc import SocketListener, SocketStream

from microdns_metrics.metrics import ExporterMetrics
from microdns_metrics.request import (
    END_OF_HEAD,
    HEAD_BYTES_MAX,
    BadRequest,
    Request,
    Response,
    message,
    parse,
)

CONNECTIONS_MAX = 16
REQUEST_TIMEOUT_SECONDS = 5.0
"""From the connection's first moment to the end of the request's headers."""
RESPONSE_TIMEOUT_SECONDS = 10.0
LINGER_SECONDS = 1.0
"""How long a client may take to close; what it still sends meanwhile is thrown away."""
ACCEPT_RETRY_SECONDS = 0.5

GONE = (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream)

Answer = Callable[[Request], Awaitable[Response]]


class Acceptor(Protocol):
    """What connections come from: anyio's ``SocketListener``."""

    async def accept(self) -> SocketStream:
        """The next connection; raises OSError."""
        ...


class Server:
    """Answers HTTP requests on one listening socket."""

    def __init__(self, answer: Answer, metrics: ExporterMetrics, log: logging.Logger) -> None:
        self._answer = answer
        self._metrics = metrics
        self._log = log

    async def serve(self, listening: socket.socket) -> None:
        """Run until cancelled; open connections are then dropped."""
        listener = await SocketListener.from_socket(listening)
        async with listener, anyio.create_task_group() as connections:
            while True:
                stream = await accept(listener, self._log)
                if self._metrics.connections.value >= CONNECTIONS_MAX:
                    self._metrics.refused.inc()
                    await anyio.aclose_forcefully(stream)
                    continue
                self._metrics.connections.inc()
                connections.start_soon(self._connection, stream)

    async def _connection(self, stream: SocketStream) -> None:
        try:
            method, response = await self._exchange(stream)
            self._metrics.requests.cell(str(response.status.value)).inc()
            with anyio.move_on_after(RESPONSE_TIMEOUT_SECONDS):
                await stream.send(response.encode(with_body=method != "HEAD"))
                await stream.send_eof()
                await linger(stream)
        except GONE:
            return
        finally:
            self._metrics.connections.inc(-1)
            await anyio.aclose_forcefully(stream)

    async def _exchange(self, stream: SocketStream) -> tuple[str, Response]:
        """The request's method (empty when it can't be told) and the answer to it."""
        try:
            with anyio.fail_after(REQUEST_TIMEOUT_SECONDS):
                request = parse(await receive_head(stream))
        except TimeoutError:
            return "", message(HTTPStatus.REQUEST_TIMEOUT)
        except BadRequest as error:
            return "", message(error.status)
        try:
            return request.method, await self._answer(request)
        except Exception:
            self._log.exception("exporter failed to answer")
            return request.method, message(HTTPStatus.INTERNAL_SERVER_ERROR)


async def accept(listener: Acceptor, log: logging.Logger) -> SocketStream:
    """The next connection, however long the machine is unable to give one."""
    while True:
        try:
            return await listener.accept()
        except OSError as error:
            # Out of descriptors, say.  The pause keeps that from becoming a busy loop.
            log.warning("exporter can't accept a connection: %s", error)
            await anyio.sleep(ACCEPT_RETRY_SECONDS)


async def receive_head(stream: SocketStream) -> bytes:
    """Bytes up to and with the empty line; raises ``BadRequest`` past ``HEAD_BYTES_MAX``."""
    head = b""
    while (end := head.find(END_OF_HEAD)) < 0:
        if len(head) >= HEAD_BYTES_MAX:
            raise BadRequest(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        head += await stream.receive(HEAD_BYTES_MAX - len(head))
    return head[: end + len(END_OF_HEAD)]


async def linger(stream: SocketStream) -> None:
    """Wait for the client to close: closing over unread bytes would reset the connection, and
    the client might lose the answer (RFC 9112, 9.6)."""
    with anyio.move_on_after(LINGER_SECONDS):
        while True:
            await stream.receive(HEAD_BYTES_MAX)
