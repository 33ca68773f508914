"""The HTTP server, over real loopback connections."""

import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import ClassVar

import anyio
import anyio.lowlevel
import pytest
from anyio.abc import SocketStream

from microdns.network import SystemNetwork
from microdns_metrics import server as server_module
from microdns_metrics.metrics import ExporterMetrics
from microdns_metrics.request import Request, Response, message
from microdns_metrics.server import CONNECTIONS_MAX, GONE, Server, accept

pytestmark = pytest.mark.anyio


class Running:
    """A server that answers hello, and what it saw."""

    def __init__(self, listening: socket.socket) -> None:
        self.address: tuple[str, int] = listening.getsockname()
        self.metrics = ExporterMetrics()
        self.seen: list[Request] = []
        self.server = Server(self.answer, self.metrics, logging.getLogger("test"))

    async def answer(self, request: Request) -> Response:
        self.seen.append(request)
        if request.path == "/broken":
            raise RuntimeError("broken")
        return message(HTTPStatus.OK, "hello")

    async def connect(self) -> SocketStream:
        return await anyio.connect_tcp(*self.address)

    async def exchange(self, *pieces: bytes) -> bytes:
        """Everything that the server says to these bytes until it closes."""
        async with await self.connect() as stream:
            for piece in pieces:
                with suppress(*GONE):  # it may have been cut off already
                    await stream.send(piece)
                await anyio.lowlevel.checkpoint()
            return await rest_of(stream)

    def counted(self, code: int) -> float:
        return self.metrics.requests.cell(str(code)).value


async def rest_of(stream: SocketStream) -> bytes:
    received = b""
    with anyio.fail_after(60):
        while True:
            try:
                received += await stream.receive()
            except GONE:
                return received


@asynccontextmanager
async def serving() -> AsyncIterator[Running]:
    listening = SystemNetwork().bind_tcp(("127.0.0.1", 0))
    running = Running(listening)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(running.server.serve, listening)
        yield running
        tasks.cancel_scope.cancel()


async def test_get_is_answered_and_the_connection_closed() -> None:
    async with serving() as running:
        reply = await running.exchange(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
        assert reply.startswith(b"HTTP/1.1 200 OK\r\n")
        assert reply.endswith(b"\r\n\r\nhello\n")
        assert running.seen == [Request("GET", "/x")]
        assert running.counted(200) == 1


async def test_head_has_no_body() -> None:
    async with serving() as running:
        reply = await running.exchange(b"HEAD / HTTP/1.1\r\n\r\n")
        assert b"Content-Length: 6\r\n" in reply
        assert reply.endswith(b"\r\n\r\n")


async def test_request_may_come_in_pieces() -> None:
    async with serving() as running:
        reply = await running.exchange(*(bytes([byte]) for byte in b"GET / HTTP/1.1\r\n\r\n"))
        assert reply.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nx: " + b"y" * 9000, 431),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 150 + b"\r\n", 431),
        (b"GET /broken HTTP/1.1\r\n\r\n", 500),
    ],
)
async def test_bad_requests_get_their_status(sent: bytes, code: int) -> None:
    async with serving() as running:
        reply = await running.exchange(sent)
        assert reply.startswith(b"HTTP/1.1 %d " % code)
        assert running.counted(code) == 1
        assert (await running.exchange(b"GET / HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 200")


async def test_body_of_a_request_does_not_cost_the_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server_module, "LINGER_SECONDS", 60)
    async with serving() as running:
        head = b"POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n"
        assert (await running.exchange(head + b"x" * 100_000)).endswith(b"hello\n")


async def test_slow_client_is_told_and_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "REQUEST_TIMEOUT_SECONDS", 0.01)
    async with serving() as running:
        reply = await running.exchange(b"GET / HT")
        assert reply.startswith(b"HTTP/1.1 408 ")


async def test_client_that_leaves_is_forgotten() -> None:
    async with serving() as running:
        for _ in range(CONNECTIONS_MAX * 2):
            async with await running.connect() as stream:
                await stream.send(b"GET / HT")
                await stream.send_eof()
                assert await rest_of(stream) == b""
        assert running.metrics.connections.value == 0


async def test_connections_beyond_the_limit_are_closed_and_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server_module, "REQUEST_TIMEOUT_SECONDS", 60)
    async with serving() as running:
        held = [await running.connect() for _ in range(CONNECTIONS_MAX)]
        async with await running.connect() as stream:
            assert await rest_of(stream) == b""
        assert running.metrics.refused.value == 1
        for stream in held:
            await stream.send(b"GET / HTTP/1.1\r\n\r\n")
            assert (await rest_of(stream)).startswith(b"HTTP/1.1 200")
            await stream.aclose()


async def test_accepting_goes_on_after_an_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server_module, "ACCEPT_RETRY_SECONDS", 0)
    async with serving() as running:
        stream = await running.connect()

        class FailingOnce:
            errors: ClassVar = [OSError(24, "Too many open files")]

            async def accept(self) -> SocketStream:
                if self.errors:
                    raise self.errors.pop()
                return stream

        assert await accept(FailingOnce(), logging.getLogger("test")) is stream
        assert "Too many open files" in caplog.text
        await stream.aclose()
