"""A server in a kernel, on an interface that the test plays."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from plugins.dhcp4.tests.client import MAC, ip, reply_of, request

from microdns.events import Entry
from microdns.lifecycle.kernel import Kernel
from microdns.testing import FakeClock, run_kernel
from microdns_dhcp.book import LeaseBook
from microdns_dhcp.plugin import DhcpPlugin
from microdns_dhcp.testing import FakeLinks, fake_interface, settle
from microdns_dhcp4.message import ACK, DISCOVER, OFFER, REQUEST, Message
from microdns_dhcp4.plugin import Dhcp4Plugin

POOL = """
[[dhcp.v4.pools]]
range_start = "192.0.2.100"
range_end = "192.0.2.109"
subnet = "192.0.2.0/24"
gateway = "192.0.2.1"
dns = ["192.0.2.53"]
domain = "example.com"
lease_time_secs = 3600
"""
ADDRESS = "192.0.2.1"
SERVER = ip(ADDRESS)


@dataclass
class Bench:
    """What a test has at hand."""

    kernel: Kernel
    links: FakeLinks
    book: LeaseBook

    async def ask(self, data: bytes, source: str = "0.0.0.0", port: int = 68) -> list[Message]:
        """Send a request and read what came back."""
        self.clear()
        self.links.datagrams["eth0"].deliver(data, (source, port))
        await self.settle()
        return self.replies()

    async def settle(self) -> None:
        """Let what is under way come to its end."""
        await settle(10, self.kernel.store)

    def clear(self) -> None:
        self.links.datagrams["eth0"].sent.clear()
        self.links.frames["eth0"].sent.clear()

    def replies(self) -> list[Message]:
        datagrams = [data for data, _ in self.links.datagrams["eth0"].sent]
        return [reply_of(data) for data in (*datagrams, *self.links.frames["eth0"].sent)]

    async def one(self, data: bytes, source: str = "0.0.0.0") -> Message:
        found = await self.ask(data, source)
        assert len(found) == 1, f"{len(found)} replies"
        return found[0]

    async def lease(self, mac: bytes = MAC, *options: tuple[int, bytes]) -> Message:
        """Discover, request: the ACK."""
        offer = await self.one(request(DISCOVER, *options, mac=mac))
        assert offer.type == OFFER
        chosen = ((50, offer.yiaddr), (54, offer.options[54]))
        ack = await self.one(request(REQUEST, *chosen, *options, mac=mac))
        assert ack.type == ACK
        return ack

    def count(self, message: str, outcome: str) -> float:
        for metric in self.kernel.metrics:
            if metric.name == "microdns_dhcp4_requests_total":
                for sample in metric.samples():
                    if sample.labels == (message, outcome):
                        assert isinstance(sample.value, int | float)
                        return sample.value
        return 0

    def journal(self) -> list[Entry]:
        return list(self.kernel.store.journal.read(types=["lease.*", "pool.*"]))


@asynccontextmanager
async def serving(
    config: str = POOL,
    settings: str = "",
    *,
    clock: FakeClock | None = None,
    folder: Path | None = None,
) -> AsyncIterator[Bench]:
    links = FakeLinks(fake_interface("eth0", f"{ADDRESS}/24"))
    text = f'[dhcp.v4]\nenabled = true\ninterface = "eth0"\n{settings}\n{config}'
    async with run_kernel(
        [DhcpPlugin(links), Dhcp4Plugin()], text, clock=clock or FakeClock(), folder=folder
    ) as kernel:
        await settle(5)
        yield Bench(kernel, links, kernel.services.require(LeaseBook))
