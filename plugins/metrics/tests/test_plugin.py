"""The exporter in a running kernel."""

import socket
from typing import NoReturn

import anyio
import pytest
from anyio.abc import SocketStream

from microdns.lifecycle.record import PluginState
from microdns.testing import FakeClock, LoopbackNetwork, check_plugin, run_kernel
from microdns_metrics.plugin import MetricsPlugin
from microdns_metrics.server import Server

pytestmark = pytest.mark.anyio

ASKED = ("127.0.0.1", 9153)


async def fetch(network: LoopbackNetwork, request: str, asked: tuple[str, int] = ASKED) -> str:
    """Everything that the exporter says to a request line."""
    async with await anyio.connect_tcp(*network.bound[asked]) as stream:
        await stream.send(f"{request} HTTP/1.1\r\n\r\n".encode())
        return (await rest_of(stream)).decode()


async def rest_of(stream: SocketStream) -> bytes:
    received = b""
    with anyio.fail_after(60):
        async for piece in stream:
            received += piece
    return received


async def test_keeps_to_the_kernels_contract() -> None:
    await check_plugin(MetricsPlugin(), "[metrics]\nenabled = true")


async def test_shows_the_kernels_metrics_and_plugin_states(
    loopback_network: LoopbackNetwork,
) -> None:
    async with run_kernel([MetricsPlugin()], network=loopback_network):
        page = await fetch(loopback_network, "GET /metrics")
    assert page.startswith("HTTP/1.1 200 OK\r\n")
    assert "\nmicrodns_ready 1.0\n" in page
    assert '\nmicrodns_plugin_state{plugin="metrics",state="running"} 1.0\n' in page
    assert "\nmicrodns_build_info{" in page


async def test_path_and_methods(loopback_network: LoopbackNetwork) -> None:
    config = '[metrics]\npath = "/m"'
    async with run_kernel([MetricsPlugin()], config, network=loopback_network):
        assert (await fetch(loopback_network, "GET /m")).startswith("HTTP/1.1 200 ")
        assert (await fetch(loopback_network, "HEAD /m?x=1")).endswith("\r\n\r\n")
        posted = await fetch(loopback_network, "POST /m")
        assert posted.startswith("HTTP/1.1 405 ")
        assert "\r\nAllow: GET, HEAD\r\n" in posted
        missing = await fetch(loopback_network, "GET /metrics")
        assert missing.startswith("HTTP/1.1 404 ")
        assert missing.endswith("The metrics are at /m\n")


async def test_listens_on_every_address(loopback_network: LoopbackNetwork) -> None:
    config = '[metrics]\nlisten = ["127.0.0.1:1", "127.0.0.1:2"]'
    async with run_kernel([MetricsPlugin()], config, network=loopback_network) as kernel:
        for port in (1, 2):
            page = await fetch(loopback_network, "GET /metrics", ("127.0.0.1", port))
            assert page.startswith("HTTP/1.1 200 ")
        facts = kernel.facts(kernel.records["metrics"])
    assert facts == {"listen": ["127.0.0.1:1", "127.0.0.1:2"], "path": "/metrics"}


async def test_serves_again_after_a_crash(
    loopback_network: LoopbackNetwork, fake_clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve = Server.serve

    async def crash(server: Server, listening: socket.socket) -> None:
        listening.close()
        monkeypatch.setattr(Server, "serve", serve)
        raise RuntimeError("crashed")

    monkeypatch.setattr(Server, "serve", crash)
    async with run_kernel([MetricsPlugin()], network=loopback_network, clock=fake_clock) as kernel:
        await fake_clock.settle()
        assert kernel.records["metrics"].state is PluginState.RESTARTING
        await fake_clock.advance(10)
        page = await fetch(loopback_network, "GET /metrics")
    assert '\nmicrodns_plugin_restarts_total{plugin="metrics"} 1.0\n' in page


async def test_an_address_in_use_fails_this_plugin_alone() -> None:
    network = OccupiedNetwork()
    async with run_kernel([MetricsPlugin()], network=network) as kernel:
        record = kernel.records["metrics"]
        assert record.state is PluginState.FAILED
        assert "Address already in use" in record.error


class OccupiedNetwork(LoopbackNetwork):
    """A network where every TCP port is taken."""

    def bind_tcp(self, address: tuple[str, int]) -> NoReturn:
        raise OSError(98, "Address already in use")
