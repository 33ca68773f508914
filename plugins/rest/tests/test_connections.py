"""What a connection may hold and how long it may take; TLS."""

import asyncio
import contextlib
import socket
import ssl
import subprocess
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.abc import SocketStream
from plugins.rest.tests.notes import NotesPlugin
from plugins.rest.tests.serving import Served, serving

from microdns.testing import FakeClock, LoopTime
from microdns_rest import protocol, server
from microdns_rest.gathering import Gathering

pytestmark = pytest.mark.anyio


async def said(stream: SocketStream) -> bytes:
    """Everything until the server closes."""
    received = b""
    with anyio.fail_after(60):
        try:
            async for piece in stream:
                received += piece
        except anyio.BrokenResourceError:
            return received
    return received


async def say(served: Served, octets: bytes) -> bytes:
    async with await anyio.connect_tcp(*served.address) as stream:
        with contextlib.suppress(anyio.BrokenResourceError):  # it may have been cut off already
            await stream.send(octets)
        return await said(stream)


async def test_a_head_beyond_the_limit_is_431() -> None:
    async with serving("header_bytes_max = 2048") as served:
        long = b"GET /api/v1/health HTTP/1.1\r\nX: " + b"x" * 4000
        assert (await say(served, long)).startswith(b"HTTP/1.1 431 ")
        assert (await say(served, long + b"\r\n\r\n")).startswith(b"HTTP/1.1 431 ")
        many = b"GET /api/v1/health HTTP/1.1\r\n" + b"a: b\r\n" * 1000
        assert (await say(served, many)).startswith(b"HTTP/1.1 431 ")
        url = b"GET /" + b"x" * 5000 + b" HTTP/1.1\r\n\r\n"
        assert (await say(served, url)).startswith(b"HTTP/1.1 431 ")
        assert (await served.client.get("/health")).status_code == 200


async def test_a_request_says_once_for_whom_it_is() -> None:
    async with serving() as served:
        head = b"GET /api/v1/health HTTP/1.1\r\nConnection: close\r\n"
        assert (await say(served, head + b"Host: a\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        assert (await say(served, head + b"\r\n")).startswith(b"HTTP/1.1 400 ")
        twice = head + b"Host: a\r\nhost: b\r\n\r\n"
        assert (await say(served, twice)).startswith(b"HTTP/1.1 400 ")
        old = b"GET /api/v1/health HTTP/1.0\r\n\r\n"
        assert (await say(served, old)).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET /api/v1/hea",
        b"POST /api/v1/notes HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        b"Content-Length: 100\r\n\r\n{",
    ],
)
async def test_a_request_that_does_not_arrive_is_408(begun: bytes) -> None:
    async with serving("receive_timeout_secs = 0.2", [NotesPlugin()]) as served:
        assert (await say(served, begun)).startswith(b"HTTP/1.1 408 ")


async def test_a_slow_answer_is_not_a_slow_request() -> None:
    async with serving("receive_timeout_secs = 1", [NotesPlugin()]) as served:
        with LoopTime() as loop_time:
            asked = asyncio.create_task(served.client.post("/notes/a/slow", timeout=None))
            await served.notes.begun.wait()
            await loop_time.advance(100)
            served.notes.finish.set()
            assert (await asked).status_code == 200


async def test_connections_beyond_the_limit_are_503() -> None:
    async with serving("connections_max = 2") as served:
        streams = [await anyio.connect_tcp(*served.address) for _ in range(2)]
        try:
            async with await anyio.connect_tcp(*served.address) as third:
                assert (await said(third)).startswith(b"HTTP/1.1 503 ")
        finally:
            for stream in streams:
                await stream.aclose()


@pytest.mark.parametrize(
    "octets",
    [b"\x16\x03\x01\x02\x00\x01", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x00" * 100],
)
async def test_what_is_no_http_is_400(octets: bytes) -> None:
    async with serving() as served:
        assert (await say(served, octets)).startswith(b"HTTP/1.1 400 ")


async def refused(address: tuple[str, int]) -> None:
    """Return when nobody listens any more."""
    with anyio.fail_after(60), contextlib.suppress(OSError):
        while True:
            async with await anyio.connect_tcp(*address):
                await anyio.sleep(0.01)


async def test_a_request_under_way_is_finished_at_the_stop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "GRACE_SECONDS", 60)
    async with serving(plugins=[NotesPlugin()]) as served:
        codes: list[int] = []

        async def ask() -> None:
            codes.append((await served.client.post("/notes/a/slow")).status_code)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask)
            await served.notes.begun.wait()
            tasks.start_soon(served.kernel.stop_plugin, "rest")
            await refused(served.address)
            served.notes.finish.set()
    assert codes == [200]


def certify(folder: Path, name: str) -> None:
    """A new self-signed certificate in ``cert.pem`` and ``key.pem``."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", f"/CN={name}"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")),
        ],
        check=True,
        capture_output=True,
    )


def served_name(address: tuple[str, int]) -> bytes:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(address, 60) as plain, context.wrap_socket(plain) as secure:
        return secure.getpeercert(binary_form=True) or b""


@pytest.mark.needs("openssl")
async def test_a_certificate_is_replaced_without_a_restart(
    tmp_path: Path, fake_clock: FakeClock
) -> None:
    certify(tmp_path, "old")
    context = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    files = 'tls_certificate = "cert.pem"\ntls_key = "key.pem"'
    async with serving(
        files, folder=tmp_path, clock=fake_clock, scheme="https", verify=context
    ) as served:
        assert (await served.client.get("/health")).status_code == 200
        old = await anyio.to_thread.run_sync(served_name, served.address)
        assert b"old" in old
        (tmp_path / "key.pem").write_text("not a key")
        await fake_clock.advance(11)
        assert await anyio.to_thread.run_sync(served_name, served.address) == old
        certify(tmp_path, "new")
        await fake_clock.advance(11)
        assert b"new" in await anyio.to_thread.run_sync(served_name, served.address)


async def test_an_answer_waits_for_no_delayed_acknowledgement(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What takes two writes would take 40 ms with Nagle's algorithm, each time."""
    made: list[asyncio.Transport] = []

    def noted(transport: Any, loop: asyncio.AbstractEventLoop) -> Gathering:
        made.append(transport)
        return Gathering(transport, loop)

    monkeypatch.setattr(protocol, "Gathering", noted)
    async with serving() as served:
        assert (await served.client.get("/health")).status_code == 200
        taken = made[0].get_extra_info("socket")
        assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
