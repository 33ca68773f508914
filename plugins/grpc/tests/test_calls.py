"""One call: keys, rates, deadlines, errors, limits, counts."""

import asyncio
import json
import time
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status
from plugins.grpc.tests.notes import NotesPlugin
from plugins.grpc.tests.serving import Served, serving

from microdns.operations import Call
from microdns.testing import FakeClock
from microdns_grpc.generated.microdns import v1

pytestmark = pytest.mark.anyio

CALL = "/microdns.v1.OperationService/Call"


async def refusal(served: Served, name: str, wanted: Any = None, **more: Any) -> Any:
    """The error that an operation ends with."""
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await served.client.operation(name, json.dumps(wanted or {}), **more)
    return refused.value


def details(error: Any) -> tuple[Status, dict[str, str], str]:
    """google.rpc.Status of an error, its fields, and its code."""
    (octets,) = [value for name, value in error.trailing_metadata() if name.endswith("-bin")]
    status = Status.FromString(octets)
    fields, reason = {}, ""
    for each in status.details:
        if each.Is(BadRequest.DESCRIPTOR):
            bad = BadRequest.FromString(each.value)
            fields = {one.field: one.description for one in bad.field_violations}
        else:
            reason = ErrorInfo.FromString(each.value).reason
    return status, fields, reason


async def test_any_operation_is_called_by_its_name() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        made = await served.client.operation("note.create", '{"name": "a", "text": "b"}')
        assert json.loads(made)["name"] == "a"
        shown = await served.client.operation("note.get", '{"name": "a"}')
        assert json.loads(shown)["text"] == "b"
        (entry,) = (await served.kernel.operations.call("journal.list", {}, Call())).items
        assert (entry.actor.interface, entry.actor.address) == ("grpc", "127.0.0.1")


async def test_a_read_may_be_of_the_past() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        for text in "12":
            await served.client.operation("note.update", f'{{"name": "a", "text": "{text}"}}')
        asked = v1.CallRequest(name="note.get", input_json='{"name": "a"}', as_of="1")
        answered = await served.client.call("OperationService/Call", asked)
        assert json.loads(answered.output_json)["text"] == "1"
        by_metadata = await served.client.operation(
            "note.get", '{"name": "a"}', metadata=[("as-of", "1")]
        )
        assert json.loads(by_metadata)["text"] == "1"
        for as_of, code in (("soon", "INVALID_ARGUMENT"), ("9", "NOT_FOUND")):
            error = await refusal(served, "note.get", {"name": "a"}, metadata=[("as-of", as_of)])
            assert error.code().name == code
        refused = await refusal(served, "note.query", metadata=[("as-of", "1")])
        assert refused.code() is grpc.StatusCode.INVALID_ARGUMENT
        served.kernel.store.journal.oldest = 3
        gone = await refusal(served, "note.get", {"name": "a"}, metadata=[("as-of", "1")])
        assert gone.code() is grpc.StatusCode.OUT_OF_RANGE


async def test_a_write_sent_again_with_its_key_is_done_once() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        plugin = served.kernel.records["notes"].loaded.plugin
        assert isinstance(plugin, NotesPlugin)
        key = [("idempotency-key", "k1")]
        wanted = '{"name": "a", "text": "1"}'
        answers = {
            await served.client.operation("note.create", wanted, metadata=key) for _ in range(3)
        }
        assert (len(answers), plugin.calls) == (1, 1)
        other = await refusal(served, "note.create", {"name": "b"}, metadata=key)
        assert other.code() is grpc.StatusCode.INVALID_ARGUMENT
        await served.client.operation("note.create", wanted)
        assert plugin.calls == 2
        for text in "23":  # a read with a key is a read
            await served.client.operation("note.create", f'{{"name": "a", "text": "{text}"}}')
            again = [("idempotency-key", "k2")]
            shown = await served.client.operation("note.get", '{"name": "a"}', metadata=again)
            assert json.loads(shown)["text"] == text
        bad = await refusal(served, "note.get", metadata=[("idempotency-key", "a b")])
        assert bad.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_errors_have_a_status_a_code_and_fields() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        error = await refusal(served, "note.create", {"name": "", "text": 1})
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
        status, fields, reason = details(error)
        assert status.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
        assert (list(fields), reason) == (["name"], "invalid")
        missing = await refusal(served, "note.get", {"name": "x"})
        assert (missing.code(), details(missing)[2]) == (grpc.StatusCode.NOT_FOUND, "not-found")
        for text in ("[]", "{", "nonsense"):
            with pytest.raises(grpc.aio.AioRpcError) as refused:
                await served.client.operation("note.get", text)
            assert details(refused.value)[1].keys() == {"input_json"}
        stream = await refusal(served, "journal.follow")
        assert stream.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_defect_shows_an_id_that_the_log_has(caplog: pytest.LogCaptureFixture) -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        error = await refusal(served, "note.crash", {"name": "a"})
    assert error.code() is grpc.StatusCode.INTERNAL
    assert "secret" not in str(error)
    identifier = error.details().rpartition("id ")[2].rstrip(")")
    assert len(identifier) == 8
    assert any(identifier in record.getMessage() for record in caplog.records)


async def test_a_version_that_is_gone_aborts_and_a_dry_run_stores_nothing() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        asked = v1.CallRequest(
            name="note.create", input_json='{"name": "a", "text": "b"}', dry_run=True
        )
        tried = await served.client.call("OperationService/Call", asked)
        assert json.loads(tried.changes_json[0])["event"]["text"] == "b"
        assert json.loads(tried.consequences_json[0])["items"] == ["a"]
        assert (
            await refusal(served, "note.get", {"name": "a"})
        ).code() is grpc.StatusCode.NOT_FOUND
        await served.client.operation("note.create", '{"name": "a"}')
        asked = v1.CallRequest(name="note.create", input_json='{"name": "a"}', if_version=99)
        with pytest.raises(grpc.aio.AioRpcError) as aborted:
            await served.client.call("OperationService/Call", asked)
        assert aborted.value.code() is grpc.StatusCode.ABORTED


async def test_keys_come_in_either_way_and_guessing_is_slowed_down() -> None:
    async with serving('api_key = "secret"') as served:
        for name, value in (("x-api-key", "secret"), ("authorization", "Bearer secret")):
            await served.client.operation("status.get", metadata=[(name, value)])
        codes = []
        for number in range(12):
            guess = [("x-api-key", f"no{number}")]
            codes.append((await refusal(served, "status.get", metadata=guess)).code())
        assert (
            codes
            == [grpc.StatusCode.UNAUTHENTICATED] * 10 + [grpc.StatusCode.RESOURCE_EXHAUSTED] * 2
        )
        told = await served.client.call("HealthService/GetHealthStatus", metadata=[])
        assert told.status == "ok"


async def test_strangers_are_not_told_which_methods_there_are() -> None:
    async with serving('api_key = "k"') as served:
        codes = []
        for metadata in ([], [("x-api-key", "k")]):
            for path in ("/microdns.v1.ZoneService/Nothing", "/x", CALL):
                with pytest.raises(grpc.aio.AioRpcError) as refused:
                    await served.client.raw(path, b"\xff", metadata=metadata)
                codes.append(refused.value.code().name)
    assert codes == ["UNAUTHENTICATED"] * 3 + ["UNIMPLEMENTED", "UNIMPLEMENTED", "INVALID_ARGUMENT"]


async def test_scopes_are_kept_to() -> None:
    async with serving('api_key = "k"', [NotesPlugin()], key="k") as served:
        wanted = '{"name": "reader", "scopes": ["notes:read"]}'
        made = json.loads(await served.client.operation("key.create", wanted))
        served.client.metadata = [("x-api-key", made["key"])]
        await served.client.operation("note.query")
        denied = await refusal(served, "note.create", {"name": "a"})
        assert denied.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_a_client_that_calls_too_often_waits(fake_clock: FakeClock) -> None:
    async with serving("client_requests_per_second = 5", clock=fake_clock) as served:
        codes = []
        for _ in range(8):
            try:
                await served.client.call("HealthService/GetHealthStatus")
                codes.append("OK")
            except grpc.aio.AioRpcError as error:
                codes.append(error.code().name)
    assert codes == ["OK"] * 5 + ["RESOURCE_EXHAUSTED"] * 3


async def test_a_deadline_ends_the_call() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        asked = bytes(v1.CallRequest("note.slow", '{"name": "a"}'))
        for seconds in (0.1, 0.0):
            with pytest.raises(grpc.aio.AioRpcError) as late:
                await served.client.raw(CALL, asked, timeout=seconds)
            assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        counted = served.metric("microdns_grpc_calls_total")
        statuses = {labels[1] for labels in counted}
        assert statuses <= {"DEADLINE_EXCEEDED", "CANCELLED"}


async def test_messages_have_a_limit_and_are_not_taken_in_beyond_it() -> None:
    async with serving("message_bytes_max = 2048", [NotesPlugin()]) as served:
        fits = json.dumps({"name": "a", "text": "x" * 1900})
        await served.client.operation("note.create", fits)
        large = await refusal(served, "note.create", {"name": "a", "text": "x" * 2048})
        assert large.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "2,048 octets" in large.details()


async def test_a_large_message_of_many_fields_does_not_hold_up_others() -> None:
    async with serving() as served:
        many = b"".join(b"\x12\x01a" for _ in range(40_000))
        slow = asyncio.create_task(served.client.raw("/microdns.v1.WatchService/Watch", many))
        await asyncio.sleep(0)
        delays: list[float] = []
        while not slow.done() and len(delays) < 50:
            began = time.process_time()  # what the machine does for others does not count
            await served.client.call("HealthService/GetHealthStatus")
            delays.append(time.process_time() - began)
        slow.cancel()
        await asyncio.gather(slow, return_exceptions=True)
    assert delays
    assert min(delays) < 0.5


async def test_compressed_messages_are_not_taken() -> None:
    async with serving() as served:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await served.client.raw(CALL, b"x" * 100, compression=grpc.Compression.Gzip)
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_calls_are_counted_by_method_and_status() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        await served.client.operation("note.query")
        await refusal(served, "note.get", {"name": "x"})
        with pytest.raises(grpc.aio.AioRpcError):
            await served.client.raw("/made/up", b"")
        counted = served.metric("microdns_grpc_calls_total")
        assert counted == {
            ("OperationService/Call", "OK"): 1,
            ("OperationService/Call", "NOT_FOUND"): 1,
            ("unknown", "UNIMPLEMENTED"): 1,
        }
        assert served.metric("microdns_grpc_connections")[()] == 1
