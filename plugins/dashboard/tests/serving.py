"""A running kernel with the dashboard, and a client of it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from microdns.clock import Clock
from microdns.lifecycle.kernel import Kernel
from microdns.plugin import Plugin
from microdns.testing import LoopbackNetwork, run_kernel
from microdns_dashboard.plugin import DashboardPlugin
from microdns_rest.plugin import RestPlugin

KEYED = 'api_key = "k"'


@asynccontextmanager
async def serving(
    rest: str = "",
    plugins: Sequence[Plugin] = (),
    *,
    folder: Path | None = None,
    clock: Clock | None = None,
) -> AsyncIterator[tuple[Kernel, httpx.AsyncClient]]:
    """A kernel with REST, the dashboard and these plugins; ``rest`` are lines of its section."""
    network = LoopbackNetwork()
    config = f"[api.rest]\nenabled = true\n{rest}\n[api.dashboard]\nenabled = true\n"
    all_plugins = [RestPlugin(), DashboardPlugin(), *plugins]
    async with run_kernel(
        all_plugins, config, folder=folder, clock=clock, network=network
    ) as kernel:
        host, port = network.bound[("0.0.0.0", 8080)]
        async with httpx.AsyncClient(base_url=f"http://{host}:{port}", timeout=60) as client:
            yield kernel, client
