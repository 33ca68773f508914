"""A router in a kernel, on interfaces that the test plays."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import anyio

from microdns.lifecycle.kernel import Kernel
from microdns.plugin import Plugin
from microdns.testing import FakeClock, run_kernel
from microdns_dhcp.links import Interface
from microdns_dhcp.plugin import DhcpPlugin
from microdns_dhcp.testing import FakeIcmp6, FakeLinks, fake_interface
from microdns_slaac.link import ALL_NODES
from microdns_slaac.message import HOP_LIMIT, Advertisement, read_advertisement
from microdns_slaac.plugin import SlaacPlugin

LINK_LOCAL = "fe80::1"
HOST = "fe80::99"
SOLICITATION = bytes((133, 0, 0, 0, 0, 0, 0, 0))
RS_WITH_ADDRESS = SOLICITATION + bytes((1, 1, 2, 0, 0, 0, 0, 1))
CONFIG = 'prefix = "2001:db8:1::"\n'


class Other(Plugin):
    """Stands for a plugin that is looked at by its name alone."""

    summary = "Stands for another"

    def __init__(self, name: str) -> None:
        self.name = name  # type: ignore[misc]  # one class for several names


def interface(name: str = "eth0", *addresses: str, index: int = 2, up: bool = True) -> Interface:
    return fake_interface(name, f"{LINK_LOCAL}/64", *addresses, index=index, up=up)


@dataclass
class Bench:
    """What a test has at hand."""

    kernel: Kernel
    links: FakeLinks
    clock: FakeClock

    def socket(self, name: str = "eth0") -> FakeIcmp6:
        return self.links.icmp6_sockets[name]

    def sent(self, name: str = "eth0", to: str = str(ALL_NODES)) -> list[Advertisement]:
        """What was sent to an address since last asked."""
        socket = self.socket(name)
        found = [data for data, _, address in socket.sent if str(address) == to]
        socket.sent.clear()
        return [read_advertisement(each, HOP_LIMIT, link_local=True) for each in found]

    async def told(self, name: str = "eth0") -> Advertisement:
        """The next advertisement to all, however long it takes."""
        self.socket(name).sent.clear()
        for _ in range(2000):
            if found := self.sent(name):
                return found[0]
            await self.clock.advance(1)
        raise AssertionError("nothing was sent")

    async def ask(self, source: str = HOST, name: str = "eth0", data: bytes = SOLICITATION) -> None:
        self.socket(name).deliver(data, source)
        await self.turn()

    async def turn(self) -> None:
        """Let the loop read sockets."""
        for _ in range(5):
            await asyncio.sleep(0.001)
        await self.clock.settle()

    async def calm(self) -> None:
        """Past the quick first advertisements."""
        await self.clock.advance(60)
        self.sent()

    def count(self, metric: str, *labels: str) -> float:
        for each in self.kernel.metrics:
            if each.name == f"microdns_slaac_{metric}_total":
                for sample in each.samples():
                    if sample.labels == labels:
                        assert isinstance(sample.value, int | float)
                        return sample.value
        return 0

    async def journal(self, wanted: str) -> list[str]:
        """The types of this plugin's events, once ``wanted`` is among them: the disk takes time."""
        with anyio.fail_after(60):
            while True:
                entries = self.kernel.store.journal.read(types=["slaac.*"])
                types = [entry.type for entry in entries]
                if wanted in types:
                    return types
                await asyncio.sleep(0.01)


@asynccontextmanager
async def serving(
    config: str = CONFIG,
    *interfaces: Interface,
    names: str = '"eth0"',
    others: tuple[str, ...] = (),
    clock: FakeClock | None = None,
    folder: Path | None = None,
    forwarding: bool = True,
) -> AsyncIterator[Bench]:
    """``config`` is the section's; ``others`` are plugins that run beside it."""
    links = FakeLinks(*(interfaces or (interface(),)))
    links.forwarding = forwarding
    clock = clock or FakeClock()
    plugins = [Other(name) for name in others]
    text = f"[dhcp.slaac]\nenabled = true\ninterface = {names}\n{config}"
    async with run_kernel(
        [*plugins, DhcpPlugin(links), SlaacPlugin(final_delay=0)], text, clock=clock, folder=folder
    ) as kernel:
        for _ in range(5000):
            if links.icmp6_sockets:
                break
            await asyncio.sleep(0.001)  # the plugin's task begins in its own time
        await clock.settle()
        yield Bench(kernel, links, clock)
