"""The journal as Server-Sent Events, and over the WebSocket."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from plugins.rest.tests.notes import NotesPlugin
from plugins.rest.tests.serving import Served, serving
from websockets.asyncio.client import connect as connect_soon
from websockets.exceptions import ConnectionClosed, InvalidStatus

from microdns.testing import LoopbackNetwork, LoopTime

pytestmark = pytest.mark.anyio

connect = partial(connect_soon, open_timeout=60, ping_interval=None, close_timeout=60)
"""A client that does not mind how long things take."""


class Reader:
    """A client as browsers are: it keeps the last id, and connects again with it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.last_id = ""
        self.events: list[dict[str, Any]] = []

    async def read(self, client: httpx.AsyncClient, wanted: int) -> None:
        if len(self.events) >= wanted:
            return
        head = {"Last-Event-ID": self.last_id} if self.last_id else {}
        async with client.stream("GET", self.url, headers=head, timeout=60) as answer:
            assert answer.status_code == 200
            data = next_id = ""
            async for line in answer.aiter_lines():
                field, _, value = line.partition(": ")
                if field == "id":
                    next_id = value
                elif field == "data":
                    data = value
                elif not line:
                    self.last_id = next_id
                    if data:
                        self.events.append(json.loads(data))
                    data = ""
                    if len(self.events) >= wanted:
                        return


async def put(served: Served, name: str) -> None:
    answer = await served.client.post("/notes", json={"name": name})
    assert answer.status_code == 201


async def test_watch_streams_what_happens() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        reader = Reader("/watch")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(reader.read, served.client, 2)
            while not reader.last_id:  # noqa: ASYNC110  (the client tells nobody)
                await anyio.sleep(0.01)
            await put(served, "a")
            await put(served, "b")
    assert [event["event"]["name"] for event in reader.events] == ["a", "b"]
    assert [event["sequence"] for event in reader.events] == [1, 2]


async def test_watch_chooses_types_and_starts_where_it_is_told() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        for name in ("a", "b", "c"):
            await put(served, name)
        reader = Reader("/watch?after=1&type=note.*")
        await reader.read(served.client, 2)
        assert [event["event"]["name"] for event in reader.events] == ["b", "c"]
        assert (await served.client.get("/watch?after=99")).status_code == 404
        assert (await served.client.get("/watch?after=-1")).status_code == 400


async def test_a_reconnecting_client_sees_every_change_once_through_restarts(
    tmp_path: Path,
) -> None:
    """Writes go on all the time, in and between the connections; the server restarts ten times."""
    reader, network, written = Reader("/watch?type=note.*"), LoopbackNetwork(), 0

    async def write(served: Served, stop: asyncio.Event) -> None:
        nonlocal written
        while not stop.is_set():
            try:
                await put(served, str(written))
            except httpx.TransportError:
                return
            written += 1

    for _ in range(11):
        async with serving(plugins=[NotesPlugin()], folder=tmp_path, network=network) as served:
            if not reader.last_id:
                await put(served, "first")
                reader.last_id = "1"
            stop = asyncio.Event()
            writing = asyncio.create_task(write(served, stop))
            async with httpx.AsyncClient(base_url=served.client.base_url) as client:
                await reader.read(client, len(reader.events) + 15)
            stop.set()
            await writing
    async with serving(plugins=[NotesPlugin()], folder=tmp_path, network=network) as served:
        await reader.read(served.client, written)
        assert served.kernel.store.sequence == written + 1
    assert [event["event"]["name"] for event in reader.events] == [str(n) for n in range(written)]
    assert written >= 165


async def test_streams_beyond_the_limit_are_503() -> None:
    async with serving("streams_max = 2") as served, AsyncExitStack() as stack:
        for _ in range(2):
            answer = await stack.enter_async_context(served.client.stream("GET", "/watch"))
            assert answer.status_code == 200
        answer = await served.client.get("/watch")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


async def test_a_stream_that_is_left_is_let_go() -> None:
    async with serving("streams_max = 1") as served:
        for _ in range(3):
            async with served.client.stream("GET", "/watch") as answer:
                assert answer.status_code == 200
            with anyio.fail_after(60):
                while (  # noqa: ASYNC110  (what the server has done shows only from outside)
                    await served.client.head("/watch")
                ).status_code != 200:
                    await anyio.sleep(0.01)


def ws(served: Served, query: str = "") -> str:
    return "ws://{}:{}/api/v1/ws{}".format(*served.address, query)


async def messages(socket: Any) -> AsyncIterator[dict[str, Any]]:
    async for text in socket:
        yield json.loads(text)


async def test_a_websocket_begins_with_snapshots_and_goes_on_with_events() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        query = "?snapshot=health.get&snapshot=note.query&type=note.*"
        async with connect(ws(served, query)) as socket:
            told = messages(socket)
            first, second, ready = [await anext(told) for _ in range(3)]
            assert (first["kind"], first["operation"]) == ("snapshot", "health.get")
            assert second["result"]["limit"] == 100
            assert ready == {"kind": "ready", "sequence": 0}
            await put(served, "a")
            event = await anext(told)
    assert event["kind"] == "event"
    assert event["entry"]["event"]["name"] == "a"


async def test_websockets_need_a_key_and_a_known_path() -> None:
    async with serving('api_key = "k"') as served:
        with pytest.raises(InvalidStatus) as refused:
            await connect(ws(served)).__aenter__()
        assert refused.value.response.status_code == 401
        head = {"X-API-Key": "k"}
        with pytest.raises(InvalidStatus) as refused:
            await connect(ws(served) + "x", additional_headers=head).__aenter__()
        assert refused.value.response.status_code == 404
        async with connect(ws(served), additional_headers=head) as socket:
            assert (await anext(messages(socket)))["kind"] == "snapshot"


async def test_the_hundred_and_first_websocket_is_503() -> None:
    async with serving("client_requests_per_second = 0") as served, AsyncExitStack() as stack:
        for _ in range(100):
            await stack.enter_async_context(connect(ws(served, "?snapshot=health.get")))
        with pytest.raises(InvalidStatus) as refused:
            await connect(ws(served)).__aenter__()
    assert refused.value.response.status_code == 503


async def read_after_sending(socket: Any, text: str) -> None:
    await socket.send(text)
    while True:
        await socket.recv()


async def test_a_message_beyond_two_mebibytes_closes_the_websocket() -> None:
    async with serving() as served:
        async with connect(ws(served)) as socket:
            with pytest.raises(ConnectionClosed) as closed:
                await read_after_sending(socket, "x" * (2 * 1024 * 1024 + 1))
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009
        assert (await served.client.get("/health")).status_code == 200


def open_streams(served: Served) -> bool:
    metrics = {metric.name: metric for metric in served.kernel.metrics}
    return any(each.value for each in metrics["microdns_rest_streams"].samples())


async def test_a_client_that_takes_nothing_is_cut_off() -> None:
    async with serving("send_timeout_secs = 5", plugins=[NotesPlugin()]) as served:
        with socket.socket() as idle:
            idle.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            idle.connect(served.address)
            idle.sendall(b"GET /api/v1/watch HTTP/1.1\r\nHost: x\r\n\r\n")
            while not open_streams(served):  # noqa: ASYNC110  (the server tells nobody)
                await anyio.sleep(0.01)
            with LoopTime() as loop_time:
                while open_streams(served):
                    note = {"name": "large", "text": "x" * 100_000}
                    assert (await served.client.post("/notes", json=note)).status_code == 201
                    await loop_time.advance(1)


async def test_a_stream_ends_in_order_when_the_server_stops(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with AsyncExitStack() as clients:
        async with serving() as served:
            client = await clients.enter_async_context(httpx.AsyncClient(timeout=60))
            url = served.client.base_url.join("watch")
            answer = await clients.enter_async_context(client.stream("GET", url))
            assert answer.status_code == 200
        text = "".join([part async for part in answer.aiter_text()])
    assert text.startswith("retry: ")
    assert "ASGI" not in caplog.text
