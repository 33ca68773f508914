"""A DHCPv6 server that is handed messages, and the processor time that each step takes."""

import asyncio
import time
from collections.abc import Callable, Iterable

from tests.benchmarks._dhcp6_bursts import request, solicit
from tests.benchmarks.dhcp6_kea import POOL

from microdns.testing import run_kernel
from microdns_dhcp.compiled import engine
from microdns_dhcp.links import Source6
from microdns_dhcp.plugin import DhcpPlugin
from microdns_dhcp.testing import FakeLinks, fake_interface, settle
from microdns_dhcp6 import message
from microdns_dhcp6.plugin import Dhcp6Plugin

SOURCE = ("fe80::1%srv0", 546, 0, 2)
WARM_ROUNDS = 50


async def measured(rounds: int, leases: int) -> str:
    """Microseconds of each step, with so many leases in each flush."""
    links = FakeLinks(fake_interface("srv0", "2001:db8::1/64"))
    plugin = Dhcp6Plugin()
    async with run_kernel([DhcpPlugin(links), plugin], POOL):
        await settle()  # the server finds its interface
        exchanges = _Exchanges(plugin, links)
        await exchanges.run(WARM_ROUNDS, leases)
        exchanges.spent = dict.fromkeys(exchanges.spent, 0.0)
        await exchanges.run(rounds, leases)
    count = rounds * leases
    each = {step: 1e6 * seconds / count for step, seconds in exchanges.spent.items()}
    return (
        f"{engine(message).partition(' ')[0]:9} parsing {each['parse']:.1f} us, "
        f"SOLICIT {each['solicit']:.1f}, REQUEST {each['request']:.1f}, "
        f"lease and REPLY {each['reply']:.1f} with {leases} in a flush "
        f"({leases * each['reply']:.0f} us a flush)"
    )


class _Replies(list[tuple[bytes, Source6]]):
    """What was sent; ``complete`` tells when as many are there as are awaited."""

    awaited = 0

    def __init__(self) -> None:
        super().__init__()
        self.complete = asyncio.Event()

    def append(self, reply: tuple[bytes, Source6], /) -> None:
        super().append(reply)
        if len(self) == self.awaited:
            self.complete.set()


class _Exchanges:
    def __init__(self, plugin: Dhcp6Plugin, links: FakeLinks) -> None:
        self.spent = {"parse": 0.0, "solicit": 0.0, "request": 0.0, "reply": 0.0}
        self._handle = plugin._server.handle
        self._served = plugin._transport._served["srv0"]
        self._sent = links.datagrams6["srv0"].sent = _Replies()
        self._clients = iter(range(1 << 32))

    async def run(self, rounds: int, leases: int) -> None:
        for _ in range(rounds):
            solicits = [solicit(next(self._clients)) for _ in range(leases)]
            self._timed("parse", message.parse, solicits)
            self._timed("solicit", self._answer, solicits)
            self._sent.awaited = leases
            requests = [request(advertised) for advertised, _ in self._sent]
            self._sent.clear()
            self._sent.complete.clear()
            self._timed("request", self._answer, requests)
            began = time.process_time()
            await self._sent.complete.wait()
            self.spent["reply"] += time.process_time() - began
            self._sent.clear()

    def _answer(self, data: bytes) -> None:
        self._handle(data, SOURCE, self._served, False)

    def _timed(self, step: str, work: Callable[[bytes], object], data: Iterable[bytes]) -> None:
        began = time.process_time()
        for each in data:
            work(each)
        self.spent[step] += time.process_time() - began
