"""A key with limits can't read, list, search, watch or explain its way past them, over gRPC.

What lies outside is answered as what does not exist: same status, same words.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import grpc.aio
import pytest

from microdns.lifecycle.kernel import Kernel
from microdns.operations import Call
from microdns.testing import FakeClock, LoopbackNetwork, run_kernel
from microdns_auth.plugin import AuthPlugin
from microdns_dns.plugin import DnsPlugin
from microdns_grpc.generated.microdns import v1
from microdns_grpc.methods import methods
from microdns_grpc.plugin import GrpcPlugin

pytestmark = pytest.mark.anyio

SECRET = "hidden"
"""In the name of all that the key may not know of."""
NOWHERE = "01a20547-0000-7000-8000-000000000000"
OUTSIDE, INSIDE = f"{SECRET}.example", "open.example"
OUTCOMES = {grpc.StatusCode.NOT_FOUND, grpc.StatusCode.PERMISSION_DENIED}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Site:
    """A server with a zone inside and one outside of what the client's key may see."""

    def __init__(self, kernel: Kernel, channel: grpc.aio.Channel, key: str) -> None:
        self.kernel = kernel
        self.channel = channel
        self.metadata = [("x-api-key", key)]
        self.ids: dict[str, str] = {}

    async def do(self, operation: str, **wanted: Any) -> Any:
        return await self.kernel.operations.call(operation, wanted, Call())

    async def fill(self) -> None:
        for zone in (OUTSIDE, INSIDE):
            self.ids[zone] = (await self.do("zone.create", name=zone)).id
            await self.add(zone, "www")

    async def add(self, zone: str, name: str) -> None:
        data = {"type": "TXT", "data": f"{name} of {zone}"}
        record = await self.do("record.create", zone_id=zone, name=name, data=data)
        self.ids[f"{name}.{zone}"] = record.id

    async def ask(self, name: str, request: Any, *more: tuple[str, str]) -> tuple[Any, str]:
        """The status and all that a call tells."""
        call = self.channel.unary_unary(methods()[name].path)(
            bytes(request), metadata=[*self.metadata, *more], timeout=60
        )
        try:
            return grpc.StatusCode.OK, (await call).decode("latin-1")
        except grpc.aio.AioRpcError as error:
            return error.code(), f"{error.details()} {error.trailing_metadata()}"

    def follow(self, name: str, request: Any) -> Any:
        method = methods()[name]
        return self.channel.unary_stream(
            method.path, request_serializer=bytes, response_deserializer=method.reply.kind.parse
        )(request, metadata=self.metadata, timeout=60)


@asynccontextmanager
async def site(limits: dict[str, list[str]]) -> AsyncIterator[Site]:
    network = LoopbackNetwork()
    plugins = [GrpcPlugin(), DnsPlugin(), AuthPlugin()]
    async with run_kernel(plugins, network=network, clock=FakeClock()) as kernel:
        made = await kernel.operations.call(
            "key.create", {"name": "limited", "scopes": ["*"], "limits": limits}, Call()
        )
        target = "{}:{}".format(*network.bound[("0.0.0.0", 50051)])
        async with grpc.aio.insecure_channel(target) as channel:
            built = Site(kernel, channel, made.key)
            await built.fill()
            yield built


LIMITS = [{"zone": [INSIDE]}, {"zone": ["o*.example"], "type": ["TXT"]}]
DATA = json.dumps({"type": "TXT", "data": "x"})
CHANGE = json.dumps({"op": "create", "name": "x", "data": {"type": "TXT", "data": "x"}})


def requests(zone: str, record: str) -> list[tuple[str, Any]]:
    """Each typed method, and operations by name, asked of one zone and record."""
    by_name = [
        ("zone.get", {"id": zone}),
        ("zone.history", {"id": zone}),
        ("zone.export", {"id": zone}),
        ("record.get", {"zone_id": zone, "record_id": record}),
        ("record.history", {"zone_id": zone, "record_id": record}),
        ("record.list", {"zone_id": zone}),
    ]
    return [
        ("ZoneService/GetZone", v1.GetZoneRequest(zone)),
        ("ZoneService/UpdateZone", v1.UpdateZoneRequest(zone, 1)),
        ("ZoneService/DeleteZone", v1.DeleteZoneRequest(zone)),
        ("ZoneService/ExportZone", v1.ExportZoneRequest(zone)),
        ("RecordService/ListRecords", v1.ListRecordsRequest(zone)),
        ("RecordService/GetRecord", v1.GetRecordRequest(zone, record)),
        ("RecordService/CreateRecord", v1.CreateRecordRequest(zone, "x", DATA)),
        ("RecordService/UpdateRecord", v1.UpdateRecordRequest(zone, record, "x", DATA)),
        ("RecordService/PatchRecord", v1.PatchRecordRequest(zone, record, ttl=1)),
        ("RecordService/DeleteRecord", v1.DeleteRecordRequest(zone, record)),
        ("RecordService/ChangeRecords", v1.ChangeRecordsRequest(zone, [CHANGE])),
        *(
            ("OperationService/Call", v1.CallRequest(name, json.dumps(wanted)))
            for name, wanted in by_name
        ),
    ]


@pytest.mark.parametrize("limits", LIMITS, ids=str)
async def test_what_is_outside_is_answered_as_what_does_not_exist(
    limits: dict[str, list[str]],
) -> None:
    async with site(limits) as served:
        ids = (served.ids[OUTSIDE], served.ids[f"www.{OUTSIDE}"])
        pairs = zip(requests(*ids), requests(NOWHERE, NOWHERE), strict=True)
        for (name, there), (_, nowhere) in pairs:
            for more in ([], [("dry-run", "true")]):
                told = [await served.ask(name, request, *more) for request in (there, nowhere)]
                texts = [told[0][1].replace(ids[0], NOWHERE).replace(ids[1], NOWHERE), told[1][1]]
                assert told[0][0] == told[1][0], name
                assert told[0][0] in OUTCOMES, (name, told)
                assert texts[0] == texts[1], name
                assert SECRET not in texts[0]
        assert (await served.do("record.list", zone_id=OUTSIDE)).total == 1


@pytest.mark.parametrize("limits", LIMITS, ids=str)
async def test_the_past_of_what_is_outside_is_answered_as_what_never_was(
    limits: dict[str, list[str]],
) -> None:
    async with site(limits) as served:
        ids = (served.ids[OUTSIDE], served.ids[f"www.{OUTSIDE}"])
        for each in (OUTSIDE, INSIDE):
            await served.do("zone.delete", id=each)
        compared = 0
        pairs = zip(requests(*ids), requests(NOWHERE, NOWHERE), strict=True)
        for (name, there), (_, nowhere) in pairs:
            told = [await served.ask(name, each, ("as-of", "5")) for each in (there, nowhere)]
            texts = [told[0][1].replace(ids[0], NOWHERE).replace(ids[1], NOWHERE), told[1][1]]
            assert told[0][0] == told[1][0] != grpc.StatusCode.OK, name
            assert texts[0] == texts[1], name
            compared += told[0][0] in OUTCOMES
        assert compared >= 5
        asked = v1.ListZonesRequest()
        status, listed = await served.ask("ZoneService/ListZones", asked, ("as-of", "5"))
        assert status is grpc.StatusCode.OK or "type" in limits
        assert SECRET not in listed


async def test_a_dry_run_foresees_nothing_of_what_is_outside() -> None:
    """A zone below a hidden one, whose names it would cover."""
    async with site({"zone": [f"sub.{OUTSIDE}"]}) as served:
        wanted = v1.CallRequest("zone.create", json.dumps({"name": f"sub.{OUTSIDE}"}), dry_run=True)
        told = []
        for name in ("covered", "other"):
            status, text = await served.ask("OperationService/Call", wanted)
            assert status is grpc.StatusCode.OK
            told.append(v1.CallResponse.parse(text.encode("latin-1")).consequences_json)
            await served.add(OUTSIDE, f"{name}.sub")
        assert told[0] == told[1]
        assert json.loads(told[0][0])["total"] > 0


async def test_no_list_or_search_tells_of_what_is_outside() -> None:
    async with site({"zone": [INSIDE]}) as served:
        asked: list[tuple[str, Any]] = [
            ("ZoneService/ListZones", v1.ListZonesRequest()),
            ("ZoneService/ListZones", v1.ListZonesRequest(name="*")),
            ("ZoneService/ListZones", v1.ListZonesRequest(text=SECRET)),
            ("RecordService/ListRecords", v1.ListRecordsRequest(INSIDE, text=SECRET)),
            ("HealthService/GetHealthStatus", v1.GetHealthStatusRequest()),
            ("LeaseService/ListLeases", v1.ListLeasesRequest(state="all")),
        ]
        for operation in served.kernel.operations:
            if not operation.stream and operation.scope.endswith(":read"):
                asked.append(("OperationService/Call", v1.CallRequest(operation.name)))
                last = v1.CallRequest(operation.name, '{"newest": true}')
                asked.append(("OperationService/Call", last))
        assert len(asked) > 20
        for name, request in asked:
            _, text = await served.ask(name, request)
            assert SECRET not in text, request
        _, listed = await served.ask("ZoneService/ListZones", v1.ListZonesRequest())
        page = v1.ListZonesResponse.parse(listed.encode("latin-1"))
        assert ([zone.name for zone in page.items], page.total) == ([INSIDE], 1)


async def test_explain_tells_nothing_of_what_is_outside() -> None:
    async with site({"zone": [INSIDE]}) as served:
        told = []
        for zone in (OUTSIDE, "nowhere.example"):
            wanted = json.dumps({"name": f"www.{zone}", "type": "TXT"})
            request = v1.CallRequest("query.explain", wanted)
            status, text = await served.ask("OperationService/Call", request)
            answer = v1.CallResponse.parse(text.encode("latin-1")).output_json
            told.append((status, answer.replace(zone, "ZONE")))
        assert told[0] == told[1]
        assert told[0][0] is grpc.StatusCode.OK


@pytest.mark.parametrize("name", ["WatchService/Watch", "OperationService/Follow"])
async def test_watch_shows_only_what_is_inside(name: str) -> None:
    async with site({"zone": [INSIDE]}) as served:
        await served.add(OUTSIDE, "secret")
        await served.add(INSIDE, "last")
        asked: Any = v1.FollowRequest("journal.follow", '{"after": 0}')
        if name == "WatchService/Watch":
            asked = v1.WatchRequest(after=0)
        call = served.follow(name, asked)
        seen = ""
        while "last of" not in seen:
            seen += repr(await call.read())
        call.cancel()
    assert SECRET not in seen
    assert "zone.created" in seen


async def test_an_operation_that_is_not_for_limited_keys_is_denied_and_not_listed() -> None:
    async with site({"zone": [INSIDE]}) as served:
        request = v1.CallRequest("key.list")
        status, _ = await served.ask("OperationService/Call", request)
        assert status is grpc.StatusCode.PERMISSION_DENIED
        _, listed = await served.ask("OperationService/ListOperations", v1.ListOperationsRequest())
        assert "zone.get" in listed
        assert "key.list" not in listed
