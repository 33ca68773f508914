"""A server in a kernel, on an interface that the test plays."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from plugins.dhcp6.tests.client import DUID, Reply, na, reply_of, request

from microdns.events import Entry
from microdns.lifecycle.kernel import Kernel
from microdns.testing import FakeClock, run_kernel
from microdns_dhcp.book import LeaseBook
from microdns_dhcp.plugin import DhcpPlugin
from microdns_dhcp.testing import FakeLinks, fake_interface, settle
from microdns_dhcp6.message import ADVERTISE, REPLY, REQUEST, SOLICIT
from microdns_dhcp6.plugin import Dhcp6Plugin

POOL = """
[[dhcp.v6.pools]]
prefix = "2001:db8::"
prefix_len = 64
range_start = "2001:db8::100"
range_end = "2001:db8::109"
dns = ["2001:db8::53"]
domain = "example.com"
lease_time_secs = 3600
"""
DELEGATION = """
[[dhcp.v6.delegations]]
prefix = "2001:db8:100::"
prefix_len = 48
delegated_len = 56
"""
FIRST = "2001:db8::100"
PEER = "fe80::1"
NUMBER = uuid.UUID(int=7)
SERVER = b"\0\4" + NUMBER.bytes
GROUP = "ff02::1:2"


@dataclass
class Bench:
    """What a test has at hand."""

    kernel: Kernel
    links: FakeLinks
    book: LeaseBook

    async def ask(
        self, data: bytes, source: str = PEER, to: str = GROUP, port: int = 546
    ) -> list[Reply]:
        """Send a request and read what came back."""
        self.clear()
        self.links.datagrams6["eth0"].deliver(data, (source, port, 0, 2), to)
        await self.settle()
        return [reply_of(sent) for sent, _ in self.links.datagrams6["eth0"].sent]

    async def settle(self) -> None:
        """Let the loop read the socket, and what is to be stored be stored."""
        await settle(10, self.kernel.store)

    def clear(self) -> None:
        self.links.datagrams6["eth0"].sent.clear()

    async def one(self, data: bytes, source: str = PEER, to: str = GROUP) -> Reply:
        found = await self.ask(data, source, to)
        assert len(found) == 1, f"{len(found)} replies"
        return found[0]

    async def lease(
        self,
        duid: bytes = DUID,
        *options: tuple[int, bytes],
        ia: tuple[int, bytes] | None = None,
        source: str = PEER,
    ) -> Reply:
        """Solicit, request: the reply."""
        wanted = ia or na()
        offer = await self.one(request(SOLICIT, wanted, *options, duid=duid), source)
        assert offer.type == ADVERTISE
        asked = request(REQUEST, wanted, *options, duid=duid, server=offer.options[2])
        reply = await self.one(asked, source)
        assert reply.type == REPLY
        return reply

    def count(self, message: str, outcome: str) -> float:
        return self.figure("microdns_dhcp6_requests_total", message, outcome)

    def figure(self, name: str, *labels: str) -> float:
        for metric in self.kernel.metrics:
            if metric.name == name:
                for sample in metric.samples():
                    if sample.labels == labels:
                        assert isinstance(sample.value, int | float)
                        return sample.value
        return 0

    def journal(self, *types: str) -> list[Entry]:
        wanted = types or ("lease.*", "pool.*")
        return list(self.kernel.store.journal.read(types=wanted))


@asynccontextmanager
async def serving(
    config: str = POOL,
    settings: str = "",
    *,
    clock: FakeClock | None = None,
    folder: Path | None = None,
) -> AsyncIterator[Bench]:
    links = FakeLinks(fake_interface("eth0", "fe80::fe/64", "2001:db8::1/64"))
    text = f'[dhcp.v6]\nenabled = true\ninterface = "eth0"\n{settings}\n{config}'
    plugin = Dhcp6Plugin(NUMBER)
    async with run_kernel(
        [DhcpPlugin(links), plugin], text, clock=clock or FakeClock(), folder=folder
    ) as kernel:
        await settle(5)
        yield Bench(kernel, links, kernel.services.require(LeaseBook))
