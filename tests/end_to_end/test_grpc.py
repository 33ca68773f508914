"""Google's client calls every method; it knows of them by reflection alone."""

import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from grpclib.reflection.v1.reflection_pb2 import (
    ServerReflectionRequest,
    ServerReflectionResponse,
)

from microdns.lifecycle.kernel import Kernel
from microdns.testing import LoopbackNetwork, run_kernel
from microdns_auth.plugin import AuthPlugin
from microdns_dhcp.book import LeaseBook
from microdns_dhcp.catalogue import Catalogue
from microdns_dhcp.plugin import DhcpPlugin
from microdns_dns.plugin import DnsPlugin
from microdns_grpc.plugin import GrpcPlugin

pytestmark = pytest.mark.anyio

PACKAGE = "microdns.v1"
KEY = "a key for tests"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Google:
    """A client of grpcio and protobuf alone; it learns what there is from the server."""

    def __init__(self, channel: grpc.aio.Channel, pool: Any, services: list[str]) -> None:
        self.channel = channel
        self.pool = pool
        self.services = services
        self.metadata: list[tuple[str, str]] = [("x-api-key", KEY)]

    def method(self, name: str) -> Any:
        service, _, method = name.partition("/")
        found = self.pool.FindServiceByName(f"{PACKAGE}.{service}")
        return found.methods_by_name[method]

    def opened(self, name: str, **more: Any) -> Any:
        """The call, not waited for yet; fields of the request are given by name."""
        method = self.method(name)
        request = GetMessageClass(method.input_type)(**more.pop("request", {}))
        more.setdefault("metadata", self.metadata)
        more.setdefault("timeout", 60)
        kind = self.channel.unary_stream if method.server_streaming else self.channel.unary_unary
        return kind(
            f"/{PACKAGE}.{name}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=GetMessageClass(method.output_type).FromString,
        )(request, **more)

    async def call(self, name: str, /, **request: Any) -> Any:
        return await self.opened(name, request=request)

    async def code(self, name: str, **more: Any) -> grpc.StatusCode:
        """How a call ends."""
        try:
            call = self.opened(name, **more)
            if self.method(name).server_streaming:
                await call.read()
            else:
                await call
        except grpc.aio.AioRpcError as error:
            return error.code()
        return grpc.StatusCode.OK


async def discovered(channel: grpc.aio.Channel) -> tuple[Any, list[str]]:
    """Descriptors and names of all services, by reflection."""
    ask = channel.stream_stream(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        request_serializer=lambda message: message.SerializeToString(),
        response_deserializer=ServerReflectionResponse.FromString,
    )(metadata=[("x-api-key", KEY)], timeout=60)
    await ask.write(ServerReflectionRequest(list_services=""))
    services = [each.name for each in (await ask.read()).list_services_response.service]
    pool: Any = DescriptorPool()
    for service in services:
        await ask.write(ServerReflectionRequest(file_containing_symbol=service))
        described = (await ask.read()).file_descriptor_response
        for octets in described.file_descriptor_proto:
            pool.AddSerializedFile(octets)
    await ask.done_writing()
    return pool, services


@asynccontextmanager
async def google(tls: Path | None = None) -> AsyncIterator[tuple[Kernel, Google]]:
    """A server with a key, and Google's client of it."""
    network = LoopbackNetwork()
    text = f'[api.grpc]\nenabled = true\napi_key = "{KEY}"\n'
    authority = None
    if tls is not None:
        text += f'tls_certificate = "{tls}/cert.pem"\ntls_key = "{tls}/key.pem"\n'
        authority = (tls / "cert.pem").read_bytes()
    plugins = [GrpcPlugin(), DnsPlugin(), AuthPlugin(), DhcpPlugin()]
    async with run_kernel(plugins, text, network=network) as kernel:
        target = "localhost:{}".format(network.bound[("0.0.0.0", 50051)][1])
        if authority is None:
            channel = grpc.aio.insecure_channel(target)
        else:
            channel = grpc.aio.secure_channel(target, grpc.ssl_channel_credentials(authority))
        async with channel:
            yield kernel, Google(channel, *await discovered(channel))


def certificate(folder: Path) -> Path:
    """A certificate for localhost, as ``cert.pem`` and ``key.pem``."""
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
    return folder


async def every_method(client: Google) -> set[str]:
    """Call each method once, with what makes it succeed; returns those called."""
    data = json.dumps({"type": "A", "data": "192.0.2.1"})
    called: set[str] = set()

    async def call(name: str, /, **request: Any) -> Any:
        called.add(name)
        return await client.call(name, **request)

    zone = await call("ZoneService/CreateZone", name="example.com", soa={"minimum": 60})
    assert (zone.name, zone.default_ttl, zone.soa.minimum) == ("example.com", 300, 60)
    listed = await call("ZoneService/ListZones", limit=10)
    assert ([each.name for each in listed.items], listed.total) == (["example.com"], 1)
    updated = await call("ZoneService/UpdateZone", id=zone.id, default_ttl=0)
    assert updated.default_ttl == 0
    assert (await call("ZoneService/GetZone", id="example.com")).version == updated.version

    records = {"zone_id": zone.id}
    check = {"probe_type": "http", "endpoint": ":8080/health"}
    made = await call(
        "RecordService/CreateRecord",
        **records, name="www", ttl=60, data_json=data, health_check=check,
    )  # fmt: skip
    assert (made.ttl, made.enabled, made.health_check.interval_secs) == (60, True, 10)
    assert json.loads(made.data_json) == {"type": "A", "data": "192.0.2.1"}
    key = {**records, "record_id": made.id}
    replaced = await call("RecordService/UpdateRecord", **key, name="www", data_json=data)
    assert (replaced.ttl, replaced.HasField("health_check")) == (0, False)
    patched = await call("RecordService/PatchRecord", **key, enabled=False, comment="off")
    assert (patched.enabled, patched.comment) == (False, "off")
    assert (await call("RecordService/GetRecord", **key)).version == patched.version
    change = {"op": "create", "name": "new", "data": {"type": "TXT", "data": "x"}}
    changed = await call(
        "RecordService/ChangeRecords", **records, changes_json=[json.dumps(change)]
    )
    assert [each.name for each in changed.created] == ["new"]
    some = await call("RecordService/ListRecords", **records, type="TXT")
    assert [each.text for each in some.items] == ['"x"']
    gone = await call("RecordService/DeleteRecord", **key)
    assert [each.id for each in gone.items] == [made.id]

    text = (await call("ZoneService/ExportZone", id=zone.id)).text
    done = await call("ZoneService/ImportZone", text=text, zone="example.com")
    assert (done.kept, done.created) == (1, False)
    assert (await call("LeaseService/ListLeases", state="all")).total == 0
    health = await call("HealthService/GetHealthStatus")
    assert (health.status, health.zones) == ("ok", 1)

    called.add("WatchService/Watch")
    watch = client.opened("WatchService/Watch", request={"after": 0, "type": ["zone.*"]})
    entry = await watch.read()
    assert (entry.sequence, entry.type, entry.actor.interface) == (1, "zone.created", "grpc")
    watch.cancel()

    operations = await call("OperationService/ListOperations")
    assert "zone.create" in {each.name for each in operations.items}
    output = await call(
        "OperationService/Call", name="zone.get", input_json='{"id": "example.com"}'
    )
    assert json.loads(output.output_json)["name"] == "example.com"
    called.add("OperationService/Follow")
    follow = client.opened(
        "OperationService/Follow", request={"name": "journal.follow", "input_json": '{"after": 0}'}
    )
    assert json.loads((await follow.read()).item_json)["type"] == "zone.created"
    follow.cancel()
    assert (await call("ZoneService/DeleteZone", id=zone.id)).id == zone.id
    return called


def methods_of(client: Google) -> set[str]:
    names = set()
    for service in client.services:
        if service.startswith(PACKAGE):
            described = client.pool.FindServiceByName(service)
            names |= {f"{described.name}/{method.name}" for method in described.methods}
    return names


NOT_RUNNING = {f"ClusterService/{name}" for name in ("GetClusterStatus", "Heartbeat", "PushConfig")}


@pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
@pytest.mark.needs("openssl")
async def test_every_method_does_its_work_with_a_key(secure: bool, tmp_path: Path) -> None:
    async with google(certificate(tmp_path) if secure else None) as (_kernel, client):
        called = await every_method(client)
        assert called | NOT_RUNNING == methods_of(client)
        for name in NOT_RUNNING:
            assert await client.code(name) is grpc.StatusCode.UNIMPLEMENTED


async def test_no_method_but_health_is_for_those_without_a_key() -> None:
    async with google() as (_kernel, client):
        for metadata in ([], [("x-api-key", "wrong")]):
            for name in sorted(methods_of(client) - {"HealthService/GetHealthStatus"}):
                code = await client.code(name, metadata=metadata)
                wanted = {grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.RESOURCE_EXHAUSTED}
                assert code in wanted, name
        health = "HealthService/GetHealthStatus"
        assert await client.code(health, metadata=[]) is grpc.StatusCode.OK


async def test_no_method_takes_a_message_that_is_too_large_or_malformed() -> None:
    async with google() as (_kernel, client):
        for name in sorted(methods_of(client) - NOT_RUNNING):
            path = f"/{PACKAGE}.{name}"
            for octets, wanted in [
                (b"\x0a" + b"x" * (1 << 20), grpc.StatusCode.RESOURCE_EXHAUSTED),
                (b"\x0a\xff", grpc.StatusCode.INVALID_ARGUMENT),
                (b"\x80" * 20, grpc.StatusCode.INVALID_ARGUMENT),
                (b"\x0b\x0c", grpc.StatusCode.INVALID_ARGUMENT),
            ]:
                streams = client.method(name).server_streaming
                kind = client.channel.unary_stream if streams else client.channel.unary_unary
                call = kind(path)(octets, metadata=client.metadata, timeout=60)
                with pytest.raises(grpc.aio.AioRpcError) as refused:
                    await (call.read() if streams else call)
                assert refused.value.code() is wanted, (name, octets[:20])


async def test_all_of_dhcp_is_reached_by_the_names_of_its_operations() -> None:
    async with google() as (kernel, client):

        async def do(name: str, **given: Any) -> Any:
            reply = await client.call(
                "OperationService/Call", name=name, input_json=json.dumps(given)
            )
            return json.loads(reply.output_json)

        listed = (await client.call("OperationService/ListOperations")).items
        offered = {each.name for each in listed}
        declared = {each.name for each in DhcpPlugin().microdns_operations()}
        assert declared <= offered
        address = "2001:db8::105"
        given = {"range_start": "2001:db8::100", "range_end": "2001:db8::1ff"}
        await do("pool.create", family=6, subnet="2001:db8::/64", **given)
        kernel.services.require(LeaseBook).configure(
            6, kernel.services.require(Catalogue).subnets(6)
        )
        await do("lease.add", ip=address, duid="00030001020000000001")
        (lease,) = (await client.call("LeaseService/ListLeases", family=6)).items
        assert (lease.ip, lease.duid, lease.iaid) == (address, "00030001020000000001", 1)
        assert (await do("lease.release", ip=address))["state"] == "released"
        await do("lease.delete", ip=address)
        assert (await do("lease.list", state="all"))["total"] == 0
