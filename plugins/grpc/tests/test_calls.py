"""Calls of operations: typed ones, and any by name."""

import json

import grpc
import pytest
from plugins.grpc.tests.notes import NotesPlugin
from plugins.grpc.tests.serving import serving

pytestmark = pytest.mark.anyio


async def test_any_operation_is_called_by_its_name() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        made = await served.client.operation("note.create", '{"name": "a", "text": "b"}')
        assert json.loads(made)["name"] == "a"
        shown = await served.client.operation("note.get", '{"name": "a"}')
        assert json.loads(shown)["text"] == "b"


async def test_health_needs_no_key() -> None:
    async with serving('api_key = "k"') as served:
        told = await served.client.call("HealthService/GetHealthStatus")
        assert told.status == "ok"
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await served.client.operation("status.get")
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED
