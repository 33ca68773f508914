"""What a connection may do and hold, and for how long; TLS."""

import asyncio
import logging
import random
import ssl
import subprocess
from pathlib import Path
from typing import Any

import anyio
import grpc
import pytest
from h2.errors import ErrorCodes
from plugins.grpc.tests.http2 import EMPTY, PATH, Http2, connected, head
from plugins.grpc.tests.notes import NotesPlugin
from plugins.grpc.tests.serving import Served, serving

from microdns.testing import FakeClock
from microdns_grpc import connections
from microdns_grpc.config import GrpcConfig
from microdns_grpc.generated.microdns import v1
from microdns_grpc.metrics import GrpcMetrics

pytestmark = pytest.mark.anyio

CALL = "/microdns.v1.OperationService/Call"
OK, INVALID, DEADLINE, UNIMPLEMENTED = "0", "3", "4", "12"


async def answers(served: Served) -> None:
    """The server still does what it should."""
    assert (await served.client.call("HealthService/GetHealthStatus")).status == "ok"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (head(), OK),
        (head("/"), UNIMPLEMENTED),
        (head(PATH, ("grpc-timeout", "soon")), INVALID),
        (head(PATH, ("grpc-timeout", "99999999999S")), INVALID),
        (head(PATH, ("grpc-timeout", "0n")), DEADLINE),
        (head(PATH, ("junk-bin", "***")), OK),
        (head(PATH, ("microdns-deadline", "never")), OK),
        (head(te=""), "2"),
        (head(content_type="text/html"), "2"),
        ([(name, value) for name, value in head() if name != ":path"], "reset"),
    ],
    ids=str,
)
async def test_heads_are_understood_or_refused(
    headers: list[tuple[str, str]], status: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving() as served, connected(served.address) as client:
        number = client.call(headers)
        await client.flush()
        assert await client.status(number) == status
        await answers(served)
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]


async def test_a_call_without_a_message_or_with_part_of_one_is_malformed() -> None:
    async with serving() as served, connected(served.address) as client:
        numbers = [client.call(head(), body) for body in (b"", b"\0\0", b"\0\0\0\0\5ab")]
        await client.flush()
        assert [await client.status(number) for number in numbers] == [INVALID] * 3


async def test_a_request_that_does_not_arrive_ends() -> None:
    config = "receive_timeout_secs = 0.2"
    async with serving(config) as served, connected(served.address) as client:
        number = client.h2.get_next_available_stream_id()
        client.h2.send_headers(number, head())
        client.h2.send_data(number, EMPTY[:3])
        await client.flush()
        assert await client.status(number) == DEADLINE


async def test_connections_beyond_the_limit_are_told_goodbye() -> None:
    async with serving("connections_max = 2") as served:
        async with connected(served.address) as first, connected(served.address) as second:
            for client in (first, second):
                number = client.call(head())
                await client.flush()
                assert await client.status(number) == OK
            async with connected(served.address) as third:
                assert await third.until_goodbye() == ErrorCodes.ENHANCE_YOUR_CALM
        with anyio.fail_after(60):
            while served.metric("microdns_grpc_connections")[()]:  # noqa: ASYNC110  (nobody tells)
                await asyncio.sleep(0.01)
        await answers(served)


async def test_calls_of_a_connection_beyond_the_limit_are_refused() -> None:
    notes = NotesPlugin()
    slow = bytes(v1.CallRequest("note.slow", '{"name": "a"}'))
    body = b"\0" + len(slow).to_bytes(4, "big") + slow
    async with (
        serving("connection_calls_max = 3", [notes]) as served,
        connected(served.address) as client,
    ):
        numbers = [client.call(head(CALL), body) for _ in range(5)]
        await client.flush()
        assert [await client.status(number) for number in numbers[3:]] == ["reset"] * 2
        notes.finish.set()
        assert [await client.status(number) for number in numbers[:3]] == [OK] * 3
        assert set(client.resets.values()) == {int(ErrorCodes.REFUSED_STREAM)}
        assert client.calls_max == 3


async def test_beginning_and_resetting_calls_over_and_over_ends_the_connection() -> None:
    async with serving("client_requests_per_second = 0") as served:
        async with connected(served.address) as client:
            for _ in range(1100):
                number = client.h2.get_next_available_stream_id()
                client.h2.send_headers(number, head())
                client.h2.reset_stream(number, ErrorCodes.CANCEL)
            await client.flush()
            assert await client.until_goodbye() == ErrorCodes.ENHANCE_YOUR_CALM
        assert served.metric("microdns_grpc_cut_off_total") == {("resets",): 1}
        await answers(served)


async def test_pinging_over_and_over_ends_the_connection() -> None:
    async with serving() as served:
        async with connected(served.address) as client:
            client.h2.ping(bytes(8))
            ping = client.h2.data_to_send()
            await client.stream.send(ping * 500)
            number = client.call(head())
            await client.flush()
            assert await client.status(number) == OK
            await client.stream.send(ping * 1000)
            assert await client.until_goodbye() == ErrorCodes.ENHANCE_YOUR_CALM
        assert served.metric("microdns_grpc_cut_off_total") == {("frames",): 1}
        await answers(served)


class StuckTransport(asyncio.Transport):
    """The way to a client that reads nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = 0
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.waiting += len(data)

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


async def test_answers_that_are_not_read_end_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connections, "WRITE_BUFFER_OCTETS_MAX", 4096)
    metrics, transport = GrpcMetrics(), StuckTransport()
    calls: Any = None
    connection = connections.BoundedConnection(calls, GrpcConfig(), metrics, set())
    connection.connection_made(transport)
    client = Http2(None)  # type: ignore[arg-type]  # it is not asked to send
    client.h2.initiate_connection()
    connection.data_received(client.h2.data_to_send())
    client.h2.ping(bytes(8))
    ping = client.h2.data_to_send()
    connection.data_received(ping * 100)
    assert not transport.closed
    connection.data_received(ping * 200)
    assert transport.closed
    assert metrics.cut_off.cell("slow").value == 1


async def test_frames_of_unknown_types_are_nothing_to_us() -> None:
    async with serving() as served, connected(served.address) as client:
        await client.stream.send(b"\0\0\3\xee\0\0\0\0\0abc")  # RFC 9113 section 5.5
        number = client.call(head())
        await client.flush()
        assert await client.status(number) == OK


async def test_connections_that_nobody_uses_are_closed() -> None:
    clock = FakeClock()
    config = "receive_timeout_secs = 30\nidle_timeout_secs = 100"
    async with (
        serving(config, clock=clock) as served,
        connected(served.address) as unused,
        connected(served.address) as used,
    ):
        for client, advances in ((unused, 8), (used, 23)):
            number = used.call(head())
            await used.flush()
            assert await used.status(number) == OK
            for _ in range(advances):
                await clock.advance(5)
            assert await client.until_goodbye() == ErrorCodes.NO_ERROR


def recorded() -> list[bytes]:
    """What clients send, to be changed."""
    found = []
    for body in (EMPTY, b"\0\0\0\0\x0a" + b"\x0a\x08zone.get"):
        client = Http2(None)  # type: ignore[arg-type]  # it is not asked to send
        client.h2.initiate_connection()
        for path in (PATH, CALL, "/grpc.health.v1.Health/Check"):
            client.call(head(path, ("grpc-timeout", "1S"), ("a-bin", "AAAA")), body)
        client.h2.ping(b"12345678")
        client.h2.increment_flow_control_window(1000)
        found.append(client.h2.data_to_send())
    return [*found, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"", b"\x16\x03\x01\x02\x00\x01"]


def changed(source: random.Random, seed: bytes) -> bytes:
    """A recording with a few octets changed, most of them behind the preface."""
    data = bytearray(seed)
    for _ in range(source.randint(1, 6)):
        at = source.randrange(24, len(data)) if len(data) > 30 else 0
        match source.randrange(3):
            case 0:
                data[at:at] = source.randbytes(source.randint(1, 4))
            case 1:
                del data[at : at + source.randint(1, 8)]
            case _:
                data[at : at + 1] = source.randbytes(1)
    return bytes(data)


async def test_whatever_a_client_sends_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    source, seeds = random.Random(4), recorded()
    async with serving("client_requests_per_second = 0") as served:
        for _ in range(250):
            async with await anyio.connect_tcp(*served.address) as stream:
                await stream.send(changed(source, source.choice(seeds)))
                with anyio.move_on_after(0.01):
                    async for _octets in stream:
                        pass
        await answers(served)
        statuses = {labels[1] for labels in served.metric("microdns_grpc_calls_total")}
    assert {"OK", "UNIMPLEMENTED"} <= statuses
    assert not statuses & {"UNKNOWN", "INTERNAL"}
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]


def certificate(folder: Path) -> bytes:
    """A new certificate for localhost in ``cert.pem`` and ``key.pem``."""
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")),
        ],
        check=True,
        capture_output=True,
    )
    return (folder / "cert.pem").read_bytes()


@pytest.mark.needs("openssl")
async def test_a_replaced_certificate_is_taken_up(tmp_path: Path) -> None:
    clock, authority = FakeClock(), certificate(tmp_path)
    config = f'tls_certificate = "{tmp_path}/cert.pem"\ntls_key = "{tmp_path}/key.pem"'
    async with serving(config, clock=clock, authority=authority) as served:
        await answers(served)
        before = await shown(served)
        certificate(tmp_path)
        await clock.advance(10)
        after = await shown(served)
        assert before != after
        assert after == (tmp_path / "cert.pem").read_text()
        await answers(served)  # over the connection that there was


async def shown(served: Served) -> str:
    """The certificate that a new connection gets, as PEM."""
    return await anyio.to_thread.run_sync(ssl.get_server_certificate, served.address)


@pytest.mark.needs("openssl")
async def test_plain_text_is_not_answered_where_tls_is_served(tmp_path: Path) -> None:
    authority = certificate(tmp_path)
    config = f'tls_certificate = "{tmp_path}/cert.pem"\ntls_key = "{tmp_path}/key.pem"'
    async with serving(config, authority=authority) as served:
        async with grpc.aio.insecure_channel("{}:{}".format(*served.address)) as channel:
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await channel.unary_unary(PATH)(b"", timeout=60)
            assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
        await answers(served)
