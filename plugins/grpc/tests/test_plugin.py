"""The gRPC interface in a running kernel, over real sockets."""

import asyncio
import dataclasses
import json
import logging

import grpc
import pytest
from grpclib.health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from plugins.grpc.tests.notes import NotesPlugin
from plugins.grpc.tests.serving import Client, Served, opened, serving

from microdns.network import SystemNetwork
from microdns.plugin import Plugin, hookimpl
from microdns.testing import FakeClock, check_plugin, run_kernel
from microdns_grpc import server
from microdns_grpc.generated.microdns import v1
from microdns_grpc.health import LOOK_EVERY_SECONDS
from microdns_grpc.plugin import GrpcPlugin

pytestmark = pytest.mark.anyio

CHECK = "/grpc.health.v1.Health/Check"


async def test_keeps_to_the_kernels_contract() -> None:
    await check_plugin(GrpcPlugin(), "[api.grpc]\nenabled = true")


async def code_of(served: Served, name: str) -> grpc.StatusCode:
    try:
        await served.client.operation(name)
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


async def test_what_is_stopped_is_not_there_until_it_starts_again() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        assert await code_of(served, "note.query") is grpc.StatusCode.OK
        await served.kernel.stop_plugin("notes")
        assert await code_of(served, "note.query") is grpc.StatusCode.NOT_FOUND
        await served.kernel.start_plugin("notes")
        assert await code_of(served, "note.query") is grpc.StatusCode.OK


class LastCall(Plugin):
    """Calls while the process stops: it goes before the interface does."""

    name = "last"
    requires = ("grpc",)

    def __init__(self) -> None:
        self.served: Served | None = None
        self.codes: list[grpc.StatusCode] = []

    @hookimpl
    async def microdns_stop(self) -> None:
        assert self.served is not None
        async with opened(self.served.address) as channel:
            served = Served(self.served.kernel, Client(channel), self.served.address)
            for name in ("note.query", "note.nothing"):
                self.codes.append(await code_of(served, name))


async def test_nothing_is_called_missing_while_the_process_stops() -> None:
    last = LastCall()
    async with serving(plugins=[NotesPlugin(), last]) as served:
        last.served = served
        assert await code_of(served, "note.query") is grpc.StatusCode.OK
    assert last.codes == [grpc.StatusCode.UNAVAILABLE] * 2


async def test_an_operation_whose_method_does_not_fit_takes_no_other_down(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        good = served.kernel.operations.get("note.get")
        for number, method in enumerate(
            ("Nowhere/Nothing", "ZoneService/ListZones", "WatchService/Watch", "HealthService")
        ):
            broken = dataclasses.replace(good, name=f"broken.number{number}", grpc=method)
            served.kernel.operations.add(f"broken{number}", [broken])
        taken = dataclasses.replace(
            served.kernel.operations.get("health.get"), name="broken.health"
        )
        served.kernel.operations.add("broken", [taken])
        with caplog.at_level(logging.WARNING):
            assert (await served.client.call("HealthService/GetHealthStatus")).status == "ok"
        assert len([each for each in caplog.records if "no method" in each.message]) == 5
        assert await code_of(served, "broken.number0") is grpc.StatusCode.INVALID_ARGUMENT


async def test_operations_are_listed_for_those_who_may_call_them() -> None:
    async with serving('api_key = "k"', [NotesPlugin()], key="k") as served:
        made = json.loads(
            await served.client.operation(
                "key.create", '{"name": "reader", "scopes": ["notes:read"]}'
            )
        )
        everything = await served.client.call("OperationService/ListOperations")
        by_name = {each.name: each for each in everything.items}
        assert by_name["note.get"].plugin == "notes"
        assert (
            "name"
            in json.loads(by_name["note.get"].input_schema_json)["$defs"]["NoteKey"]["properties"]
        )
        assert by_name["journal.follow"].method == "WatchService/Watch"
        assert by_name["journal.follow"].stream
        assert "store.backup" not in by_name
        served.client.metadata = [("x-api-key", made["key"])]
        few = await served.client.call("OperationService/ListOperations")
        assert {each.name for each in few.items} == {"health.get", "note.get", "note.query"}


async def test_what_writes_files_on_the_server_is_not_offered() -> None:
    async with serving() as served:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await served.client.operation("store.export", '{"file": "/tmp/x"}')
        assert refused.value.code() is grpc.StatusCode.NOT_FOUND


async def health(client: Client, service: str) -> str:
    octets = await client.raw(CHECK, HealthCheckRequest(service=service).SerializeToString())
    status: str = HealthCheckResponse.ServingStatus.Name(
        HealthCheckResponse.FromString(octets).status
    )
    return status


async def test_health_is_told_of_the_whole_of_services_and_of_plugins() -> None:
    async with serving('api_key = "k"', [NotesPlugin()], key="k") as served:
        client = served.client
        assert await health(client, "") == "SERVING"
        assert await health(client, "notes") == "SERVING"
        assert await health(client, "microdns.v1.HealthService") == "SERVING"
        assert await health(client, "microdns.v1.ZoneService") == "NOT_SERVING"
        with pytest.raises(grpc.aio.AioRpcError) as unknown:
            await health(client, "nobody")
        assert unknown.value.code() is grpc.StatusCode.NOT_FOUND
        await served.kernel.stop_plugin("notes")
        assert await health(client, "notes") == "NOT_SERVING"
        client.metadata = []
        assert await health(client, "") in ("SERVING", "NOT_SERVING")
        with pytest.raises(grpc.aio.AioRpcError) as denied:
            await health(client, "notes")
        assert denied.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_a_change_of_health_is_told_to_those_who_watch(fake_clock: FakeClock) -> None:
    async with serving(plugins=[NotesPlugin()], clock=fake_clock) as served:
        watch = served.client.channel.unary_stream(
            "/grpc.health.v1.Health/Watch",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=HealthCheckResponse.FromString,
        )(HealthCheckRequest(service="notes"), timeout=60)
        assert (await watch.read()).status == HealthCheckResponse.SERVING
        await served.kernel.stop_plugin("notes")
        await fake_clock.advance(LOOK_EVERY_SECONDS)
        assert (await watch.read()).status == HealthCheckResponse.NOT_SERVING
        watch.cancel()


async def test_calls_under_way_finish_and_streams_end_when_the_plugin_stops(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "GRACE_SECONDS", 60)
    notes = NotesPlugin()
    async with serving(plugins=[notes]) as served, opened(served.address) as channel:
        watch = served.client.stream("WatchService/Watch", v1.WatchRequest())
        await watch.initial_metadata()
        slow = channel.unary_unary("/microdns.v1.OperationService/Call")(
            bytes(v1.CallRequest(name="note.slow", input_json='{"name": "a"}')), timeout=60
        )
        await notes.begun.wait()
        stopping = asyncio.create_task(served.kernel.stop_plugin("grpc"))
        with pytest.raises(grpc.aio.AioRpcError) as ended:
            await watch.read()
        assert ended.value.code() is grpc.StatusCode.UNAVAILABLE
        notes.finish.set()
        assert v1.CallResponse.parse(await slow).output_json == "{}"
        await stopping
        await served.kernel.start_plugin("grpc")


async def test_an_interface_that_is_open_to_the_network_is_warned_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving():
        assert "0.0.0.0:50051 may do everything" in caplog.text
    caplog.clear()
    async with serving('api_key = "k"'):
        assert "may do everything" not in caplog.text


async def test_a_taken_address_is_named_with_its_holder() -> None:
    network = SystemNetwork()
    with network.bind_tcp(("127.0.0.1", 0)) as held:
        host, port = held.getsockname()
        config = f'[api.grpc]\nenabled = true\nlisten = "{host}:{port}"'
        async with run_kernel([GrpcPlugin()], config, network=network) as kernel:
            assert f"{host}:{port}: the port is in use by" in kernel.records["grpc"].error
