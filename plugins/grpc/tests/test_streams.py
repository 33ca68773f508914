"""The journal as a stream: from where, what, how many, and for whom that is slow."""

import asyncio
import json
from pathlib import Path
from typing import Any

import anyio
import grpc
import pytest
from plugins.grpc.tests.notes import NotesPlugin
from plugins.grpc.tests.serving import Served, serving

from microdns.operations import Call
from microdns.testing import LoopbackNetwork, LoopTime
from microdns_grpc.generated.microdns import v1

pytestmark = pytest.mark.anyio

WATCH = "WatchService/Watch"


async def put(served: Served, name: str, text: str = "") -> None:
    await served.kernel.operations.call("note.create", {"name": name, "text": text}, Call())


def named(entry: Any) -> str:
    name: str = json.loads(entry.event_json)["name"]
    return name


async def test_watch_shows_what_happens_from_the_moment_it_has_begun() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        await put(served, "before")
        watch = served.client.stream(WATCH, v1.WatchRequest())
        await watch.initial_metadata()
        await put(served, "a")
        await put(served, "b")
        entries = [await watch.read() for _ in range(2)]
        watch.cancel()
    assert [(named(entry), entry.sequence) for entry in entries] == [("a", 2), ("b", 3)]
    assert entries[0].type == "note.put"
    assert entries[0].time_ns > 0


async def test_watch_chooses_types_and_starts_where_it_is_told() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        for name in ("a", "b", "c"):
            await put(served, name)
        watch = served.client.stream(WATCH, v1.WatchRequest(after=1, type=["note.*"]))
        assert [named(await watch.read()) for _ in range(2)] == ["b", "c"]
        watch.cancel()
        with pytest.raises(grpc.aio.AioRpcError) as ahead:
            await served.client.stream(WATCH, v1.WatchRequest(after=99)).read()
        assert ahead.value.code() is grpc.StatusCode.NOT_FOUND


async def test_a_client_that_comes_back_sees_each_change_once_through_restarts(
    tmp_path: Path,
) -> None:
    """Writes go on all the time; the server restarts under the client."""
    network, seen, written, last = LoopbackNetwork(), [], 0, 0
    for _ in range(4):
        async with serving(plugins=[NotesPlugin()], folder=tmp_path, network=network) as served:
            for _ in range(5):
                await put(served, str(written))
                written += 1
            watch = served.client.stream(WATCH, v1.WatchRequest(after=last))
            await put(served, str(written))
            written += 1
            for _ in range(4):
                entry = await watch.read()
                seen.append(named(entry))
                last = entry.sequence
            watch.cancel()
    async with serving(plugins=[NotesPlugin()], folder=tmp_path, network=network) as served:
        watch = served.client.stream(WATCH, v1.WatchRequest(after=last))
        while len(seen) < written:
            seen.append(named(await watch.read()))
        watch.cancel()
    assert seen == [str(number) for number in range(written)]


async def test_streams_beyond_the_limit_are_unavailable_until_one_ends() -> None:
    async with serving("streams_max = 2") as served:
        streams = [served.client.stream(WATCH, v1.WatchRequest()) for _ in range(2)]
        for stream in streams:
            await stream.initial_metadata()
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await served.client.stream(WATCH, v1.WatchRequest()).read()
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
        streams.pop().cancel()
        with anyio.fail_after(60):
            while served.metric("microdns_grpc_streams")[()] > 1:
                await served.client.call("HealthService/GetHealthStatus")
        again = served.client.stream(WATCH, v1.WatchRequest())
        await again.initial_metadata()


async def test_a_reader_that_takes_nothing_is_left_and_no_other_notices() -> None:
    async with serving("send_timeout_secs = 5", [NotesPlugin()]) as served:
        slow = served.client.stream(WATCH, v1.WatchRequest())
        quick = served.client.stream(WATCH, v1.WatchRequest())
        for stream in (slow, quick):
            await stream.initial_metadata()
        with LoopTime() as loop_time:
            for number in range(100):  # more than the client's window and buffers hold
                await put(served, str(number), "x" * 100_000)
                await loop_time.advance(0.1)
                assert named(await quick.read()) == str(number)
            await loop_time.advance(10)
        with anyio.fail_after(60):
            while (  # noqa: ASYNC110  (what the server has done shows only from outside)
                served.metric("microdns_grpc_streams")[()] > 1
            ):
                await asyncio.sleep(0.02)
        assert served.metric("microdns_grpc_cut_off_total") == {("slow",): 1}
        quick.cancel()


async def test_any_stream_is_followed_by_its_name() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        await put(served, "a")
        asked = v1.FollowRequest("journal.follow", '{"after": 0}')
        stream = served.client.stream("OperationService/Follow", asked)
        assert json.loads((await stream.read()).item_json)["event"]["name"] == "a"
        stream.cancel()
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await served.client.stream(
                "OperationService/Follow", v1.FollowRequest("note.query")
            ).read()
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
