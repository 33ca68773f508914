"""The local socket: operations from another process, errors and streams included."""

import os
import socket
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread
import msgspec
import pytest

from microdns.control.client import ControlClient, NotRunning
from microdns.control.server import ControlServer
from microdns.errors import Conflict, Invalid, MicroDNSError, NotFound, Unavailable
from microdns.events import Principal
from microdns.operations import Call, Nothing, Operation, OperationRegistry
from microdns.operations.rehearsal import Consequence
from microdns.operations.wire import Request

pytestmark = pytest.mark.anyio


class Number(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    value: int


async def _double(call: Call, number: Number) -> dict[str, Any]:
    return {"value": 2 * number.value, "who": call.principal.name}


async def _conflict(_call: Call, _input: Nothing) -> Nothing:
    raise Conflict("already there")


async def _defect(_call: Call, _input: Nothing) -> Nothing:
    raise ZeroDivisionError("secret detail")


async def _count(_call: Call, number: Number) -> AsyncIterator[Number]:
    for value in range(number.value):
        yield Number(value)


async def _never(_call: Call, _input: Nothing) -> None:
    await anyio.sleep_forever()


def _operation(name: str, handler: Any, takes: Any = Nothing, stream: bool = False) -> Any:
    return Operation(
        name=name,
        summary="Does it.",
        input=takes,
        output=Any,
        handler=handler,
        scope="test:write",
        stream=stream,
    )


async def _foresee(_entries: Any, _principal: Principal) -> Consequence:
    return Consequence("x", "what follows", [], [], 0, "")


@pytest.fixture
def registry() -> OperationRegistry:
    """What can be called."""
    registry = OperationRegistry()
    registry.add(
        "test",
        [
            _operation("test.double", _double, Number),
            _operation("test.conflict", _conflict),
            _operation("test.defect", _defect),
            _operation("test.count", _count, Number, stream=True),
            _operation("test.never", _never),
        ],
    )
    registry.foresee("test", _foresee)
    return registry


@pytest.fixture
async def path(registry: OperationRegistry, tmp_path: Path) -> AsyncIterator[str]:
    """A served socket."""
    import logging

    server = ControlServer(str(tmp_path / "control.sock"), registry, logging.getLogger("test"))
    await server.listen()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server.serve)
        yield server.path
        tasks.cancel_scope.cancel()
    await server.close()


async def _with_client(path: str, use: Callable[[ControlClient], Any]) -> Any:
    def run() -> Any:
        with ControlClient(path) as client:
            return use(client)

    return await anyio.to_thread.run_sync(run)


async def test_an_operation_is_called_as_the_user_at_the_other_end(path: str) -> None:
    answer = await _with_client(
        path, lambda client: client.call(Request("test.double", {"value": 21}))
    )
    assert answer == {"value": 42, "who": f"uid:{os.getuid()}"}


async def test_a_dry_run_comes_with_what_it_leads_to(path: str) -> None:
    def tried(client: ControlClient) -> list[Any]:
        client.call(Request("test.double", {"value": 1}, dry_run=True))
        told = client.consequences
        client.call(Request("test.double", {"value": 1}))
        return [told, client.consequences]

    told, after = await _with_client(path, tried)
    assert [each["title"] for each in told] == ["what follows"]
    assert after == []


async def test_only_the_owner_may_open_the_socket(path: str) -> None:
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


@pytest.mark.parametrize(
    ("request_", "error", "text"),
    [
        (Request("test.conflict"), Conflict, "already there"),
        (Request("test.double", {"value": "x"}), Invalid, "value: Expected `int`"),
        (Request("test.double", {"value": 1, "more": 2}), Invalid, "more"),
        (Request("no.such"), NotFound, "no.such"),
        (Request("test.count", {"value": "x"}), Invalid, "value"),
    ],
)
async def test_errors_arrive_as_what_they_were(
    path: str, request_: Request, error: type[MicroDNSError], text: str
) -> None:
    with pytest.raises(error, match=text):
        await _with_client(path, lambda client: client.call(request_))


async def test_a_defect_is_logged_under_an_id_and_not_told(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(MicroDNSError, match="internal server error") as raised:
        await _with_client(path, lambda client: client.call(Request("test.defect")))
    assert "secret" not in str(raised.value)
    identifier = str(raised.value).rpartition("id ")[2].rstrip(")")
    assert identifier in caplog.text
    assert "secret detail" in caplog.text


async def test_a_stream_yields_its_items_and_ends(path: str) -> None:
    items = await _with_client(
        path, lambda client: list(client.stream(Request("test.count", {"value": 3})))
    )
    assert items == [{"value": 0}, {"value": 1}, {"value": 2}]


async def test_long_work_shows_progress(path: str, registry: OperationRegistry) -> None:
    seen: list[tuple[int, int | None, str]] = []
    shown = anyio.Event()

    async def work(call: Call, _input: Nothing) -> Nothing:
        call.progress(1, 2, "halves")
        await shown.wait()
        return Nothing()

    def show(done: int, total: int | None, what: str) -> None:
        seen.append((done, total, what))
        anyio.from_thread.run_sync(shown.set)

    registry.add("more", [_operation("test.slow", work)])
    await _with_client(path, lambda client: client.call(Request("test.slow"), show))
    assert seen == [(1, 2, "halves")]


async def test_several_requests_share_a_connection(path: str) -> None:
    def use(client: ControlClient) -> list[Any]:
        return [
            client.call(Request("test.double", {"value": number}))["value"] for number in range(5)
        ]

    assert await _with_client(path, use) == [0, 2, 4, 6, 8]


@pytest.mark.parametrize("garbage", [b"\n", b"{}\n", b"\xff\xfe\n", b'{"operation": 1}\n'])
async def test_garbage_is_answered_with_an_error(path: str, garbage: bytes) -> None:
    def exchange() -> bytes:
        with socket.socket(socket.AF_UNIX) as raw:
            raw.connect(path)
            raw.sendall(garbage)
            return raw.recv(4096)

    answer = msgspec.json.decode(await anyio.to_thread.run_sync(exchange))
    assert answer["error"]["code"] == "invalid"


async def test_a_client_that_leaves_at_any_point_harms_nobody(path: str) -> None:
    def leave(sent: bytes) -> None:
        with socket.socket(socket.AF_UNIX) as raw:
            raw.connect(path)
            raw.sendall(sent)

    for sent in (b"", b'{"operation"', b'{"operation":"test.never"}\n'):
        await anyio.to_thread.run_sync(leave, sent)
    answer = await _with_client(
        path, lambda client: client.call(Request("test.double", {"value": 1}))
    )
    assert answer["value"] == 2


def test_no_process_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match="no microdns process"):
        ControlClient(str(tmp_path / "nothing.sock"))


async def test_the_file_of_a_dead_process_is_replaced(tmp_path: Path) -> None:
    import logging

    stale = tmp_path / "stale.sock"
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(stale))
    dead.close()
    server = ControlServer(str(stale), OperationRegistry(), logging.getLogger("test"))
    await server.listen()
    await server.close()
    assert not stale.exists()


def test_a_path_that_is_too_long_for_a_socket_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="too long"):
        ControlClient(str(tmp_path / ("long" * 30)))
