"""The REST interface in a running kernel, over real sockets."""

import dataclasses

import httpx
import pytest
from plugins.rest.tests.notes import NotesPlugin
from plugins.rest.tests.serving import serving

from microdns.lifecycle.record import PluginState
from microdns.network import SystemNetwork
from microdns.plugin import Plugin, hookimpl
from microdns.testing import FakeClock, LoopbackNetwork, check_plugin, run_kernel
from microdns_rest.plugin import RestPlugin
from microdns_rest.server import Server

pytestmark = pytest.mark.anyio


async def test_keeps_to_the_kernels_contract() -> None:
    await check_plugin(RestPlugin(), "[api.rest]\nenabled = true")


async def test_health_has_the_references_shape() -> None:
    async with serving() as served:
        answer = await served.client.get("/health")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "version": "0.1.0"}


async def test_a_third_partys_operations_appear_by_themselves() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        made = await served.client.post("/notes", json={"name": "a", "text": "one"})
        assert (made.status_code, made.headers["etag"]) == (201, '"1"')
        found = await served.client.get("/notes/a")
        assert found.json() == {"name": "a", "text": "one", "version": 1}
        document = (await served.client.get("/openapi.json")).json()
        assert {"get", "post"} == set(document["paths"]["/notes"])
        assert "NoteWanted" in document["components"]["schemas"]
        page = (await served.client.get("/docs")).text
        assert "/notes/{name}" in page


async def test_what_is_not_installed_or_stopped_is_absent() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        await served.kernel.stop_plugin("notes")
        assert (await served.client.get("/notes")).status_code == 404
        assert (await served.client.get("/zones")).status_code == 404
        document = (await served.client.get("/openapi.json")).json()
        assert not {path for path in document["paths"] if path.startswith(("/notes", "/zones"))}
        await served.kernel.start_plugin("notes")
        assert (await served.client.get("/notes")).status_code == 200


class LastRequest(Plugin):
    """Asks over HTTP while the process stops: it goes before the interface does."""

    name = "last"
    requires = ("rest",)

    def __init__(self) -> None:
        self.base = ""
        self.answers: list[tuple[int, str | None]] = []

    @hookimpl
    async def microdns_stop(self) -> None:
        async with httpx.AsyncClient(base_url=self.base, timeout=60) as client:
            for path in ("/notes", "/health", "/nothing"):
                answer = await client.get(path)
                self.answers.append((answer.status_code, answer.headers.get("retry-after")))


async def test_nothing_is_called_missing_while_the_process_stops() -> None:
    last = LastRequest()
    async with serving(plugins=[NotesPlugin(), last]) as served:
        last.base = str(served.client.base_url)
        assert (await served.client.get("/notes")).status_code == 200
    assert last.answers == [(503, "1")] * 3


async def test_an_operation_with_a_broken_path_takes_no_other_down() -> None:
    async with serving(plugins=[NotesPlugin()]) as served:
        good = served.kernel.operations.get("note.get")
        for number, http in enumerate(
            ("GET notes", "FETCH /x", "GET /{what}", "GET /notes/{name}")
        ):
            broken = dataclasses.replace(good, name=f"broken.number{number}", http=http)
            served.kernel.operations.add(f"broken{number}", [broken])
        assert (await served.client.get("/health")).status_code == 200
        await served.client.post("/notes", json={"name": "a"})
        assert (await served.client.get("/notes/a")).json()["name"] == "a"


async def test_the_journal_tells_who_wrote_from_where() -> None:
    async with serving('api_key = "k"', [NotesPlugin()]) as served:
        served.client.headers["X-API-Key"] = "k"
        await served.client.post("/notes", json={"name": "a"})
        page = (await served.client.get("/journal")).json()
    actor = page["items"][-1]["actor"]
    assert actor == {"name": "api_key", "interface": "rest", "address": "127.0.0.1"}


async def test_serves_again_after_a_crash(
    loopback_network: LoopbackNetwork, fake_clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve = Server.serve

    async def crash(_server: Server, sockets: list) -> None:  # type: ignore[type-arg]  # sockets
        for each in sockets:
            each.close()
        monkeypatch.setattr(Server, "serve", serve)
        raise RuntimeError("crashed")

    monkeypatch.setattr(Server, "serve", crash)
    async with serving(network=loopback_network, clock=fake_clock) as served:
        await fake_clock.settle()
        assert served.kernel.records["rest"].state is PluginState.RESTARTING
        await fake_clock.advance(10)
        assert (await served.client.get("/health")).status_code == 200


async def test_an_interface_that_is_open_to_the_network_is_warned_of(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving():
        assert "0.0.0.0:8080 may do everything" in caplog.text
    caplog.clear()
    async with serving('api_key = "k"'):
        assert "may do everything" not in caplog.text


async def test_a_taken_address_is_named_with_its_holder() -> None:
    network = SystemNetwork()
    with network.bind_tcp(("127.0.0.1", 0)) as held:
        host, port = held.getsockname()
        config = f'[api.rest]\nenabled = true\nlisten = "{host}:{port}"'
        async with run_kernel([RestPlugin()], config, network=network) as kernel:
            assert f"{host}:{port}: the port is in use by" in kernel.records["rest"].error
