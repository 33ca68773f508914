"""A running kernel with the REST plugin, and a client of it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from plugins.rest.tests.notes import NotesPlugin

from microdns.clock import Clock
from microdns.lifecycle.kernel import Kernel
from microdns.plugin import Plugin
from microdns.testing import LoopbackNetwork, run_kernel
from microdns_rest.plugin import RestPlugin


class Served:
    """A running kernel with the REST plugin, and a client of it."""

    def __init__(self, kernel: Kernel, client: httpx.AsyncClient, address: tuple[str, int]) -> None:
        self.kernel = kernel
        self.client = client
        self.address = address

    @property
    def notes(self) -> NotesPlugin:
        plugin = self.kernel.records["notes"].loaded.plugin
        assert isinstance(plugin, NotesPlugin)
        return plugin


@asynccontextmanager
async def serving(
    config: str = "",
    plugins: Sequence[Plugin] = (),
    *,
    folder: Path | None = None,
    clock: Clock | None = None,
    network: LoopbackNetwork | None = None,
    scheme: str = "http",
    verify: Any = True,
) -> AsyncIterator[Served]:
    """A kernel with the REST plugin, these plugins, and the section's ``config``."""
    network = network or LoopbackNetwork()
    text = f"[api.rest]\nenabled = true\n{config}"
    all_plugins = [RestPlugin(), *plugins]
    async with run_kernel(all_plugins, text, folder=folder, clock=clock, network=network) as kernel:
        host, port = network.bound[("0.0.0.0", 8080)]
        base = f"{scheme}://{host}:{port}/api/v1"
        async with httpx.AsyncClient(base_url=base, verify=verify, timeout=60) as client:
            yield Served(kernel, client, (host, port))
