"""Kernels for tests: real store, real bus, the plugins that the test hands in."""

import random
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from pathlib import Path

from microdns.clock import Clock
from microdns.lifecycle.configure import assemble_plugins
from microdns.lifecycle.kernel import Kernel
from microdns.network import Network
from microdns.plugin import Plugin
from microdns.testing.clock import FakeClock
from microdns.testing.network import LoopbackNetwork


@asynccontextmanager
async def run_kernel(
    plugins: Sequence[Plugin] = (),
    config: str = "",
    *,
    folder: Path | None = None,
    clock: Clock | None = None,
    network: Network | None = None,
    listen: bool = True,
) -> AsyncIterator[Kernel]:
    """A running kernel with these plugins (and, if installed, those that they require).

    ``config`` is TOML text; ``folder`` keeps the store (default: a temporary one, removed at the
    end).  Raises ``ConfigError`` as ``microdns run`` would.
    """
    with tempfile.TemporaryDirectory(prefix="microdns-test-") as temporary:
        assembly = assemble_plugins(plugins, config, Path(folder or temporary))
        kernel = Kernel(
            assembly,
            clock=clock,
            network=network or LoopbackNetwork(),
            random_source=random.Random(0),
        )
        async with kernel.running(listen=listen):
            with time_waits_for(kernel):
                yield kernel


def time_waits_for(kernel: Kernel) -> AbstractContextManager[None]:
    """Inside the block, a clock that the test turns stands still while the store writes."""
    if isinstance(kernel.clock, FakeClock):
        return kernel.clock.waits_while(lambda: kernel.store.committer.busy)
    return nullcontext()
