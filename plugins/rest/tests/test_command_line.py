"""The command line as a client of a remote instance."""

import json
from typing import Any

import anyio
import pytest
from plugins.rest.tests.notes import NotesPlugin
from plugins.rest.tests.serving import Served, serving

from microdns.cli.main import run_line
from microdns.cli.remote import RemoteClient, target_of
from microdns.errors import NotFound, Outdated
from microdns.operations import Call
from microdns.operations.wire import Request

pytestmark = pytest.mark.anyio


def address(served: Served) -> str:
    return "http://{}:{}".format(*served.address)


async def line(*words: str) -> int:
    return await anyio.to_thread.run_sync(run_line, words)


async def test_commands_run_on_the_remote_instance(capsys: pytest.CaptureFixture[str]) -> None:
    async with serving('api_key = "k"') as served:
        remote = ("--url", address(served), "--key", "k")
        assert await line(*remote, "status", "--json") == 0
        assert json.loads(capsys.readouterr().out)["ready"] is True
        assert await line("key", "create", "x", "--scope", "zones:read", *remote) == 0
        assert [key.name for key in await served.kernel.operations.call("key.list", {}, Call())]
        assert await line(*remote, "key", "delete", "nobody", "--yes") == 3
        assert "no key nobody" in capsys.readouterr().err
        assert await line("--url", address(served), "--key", "wrong", "status") == 6


async def test_what_a_dry_run_leads_to_comes_along() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        client = RemoteClient(address(served), None)
        operation = served.kernel.operations.get("note.create")
        request = Request("note.create", {"name": "a"}, dry_run=True)
        await anyio.to_thread.run_sync(client.call, operation, request)
        (rumour,) = client.consequences
        assert rumour["lines"] == ["a"]


async def test_the_past_is_asked_for_remotely(capsys: pytest.CaptureFixture[str]) -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        client = RemoteClient(address(served), None)
        operation = served.kernel.operations.get("note.get")
        for text in "12":
            await served.kernel.operations.call("note.update", {"name": "a", "text": text}, Call())
        request = Request("note.get", {"name": "a"}, as_of="1")
        shown = await anyio.to_thread.run_sync(client.call, operation, request)
        assert shown["text"] == "1"
        served.kernel.store.journal.oldest = 3
        with pytest.raises(NotFound, match="no longer holds"):
            await anyio.to_thread.run_sync(client.call, operation, request)


async def test_nobody_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert await line("--url", "http://127.0.0.1:1", "status") == 7
    assert "can't reach http://127.0.0.1:1" in capsys.readouterr().err
    assert await line("--url", "127.0.0.1", "status") == 5


async def test_dry_runs_versions_and_streams_go_through() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        client = RemoteClient(address(served), None)
        operations = served.kernel.operations

        async def call(name: str, wanted: dict[str, Any], **more: Any) -> Any:
            request = Request(name, wanted, **more)
            return await anyio.to_thread.run_sync(client.call, operations.get(name), request)

        tried = await call("note.create", {"name": "a/b c"}, dry_run=True)
        assert tried["name"] == "a/b c"
        with pytest.raises(NotFound):
            await call("note.get", {"name": "a"})
        made = await call("note.update", {"name": "a", "text": "1"})
        await call("note.update", {"name": "a", "text": "2"}, if_version=made["version"])
        with pytest.raises(Outdated):
            await call("note.update", {"name": "a", "text": "3"}, if_version=made["version"])
        items = client.stream(
            operations.get("journal.follow"), Request("journal.follow", {"after": 0})
        )
        first = await anyio.to_thread.run_sync(next, items)
        await anyio.to_thread.run_sync(items.close)  # type: ignore[attr-defined]  # a generator
    assert first["event"]["text"] == "1"


def test_input_goes_to_path_query_and_body() -> None:
    asked = Request("x.y", {"id": "a b", "tags": ["1", "2"], "on": True, "no": None})
    assert target_of("GET /x/{id}", asked) == ("GET", "/x/a%20b?tags=1&tags=2&on=true", None)
    verb, path, body = target_of("PATCH /x/{id}", asked)
    assert (verb, path) == ("PATCH", "/x/a%20b")
    assert json.loads(body or b"") == {"tags": ["1", "2"], "on": True}
