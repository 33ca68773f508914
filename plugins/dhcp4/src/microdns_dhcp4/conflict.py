"""Looking whether an address is in use before it is offered (RFC 2131 2.2, 4.3.1).

The look takes its time, and nobody else waits for it: each is a task of its own, and the client
gets its offer when it ends.  An address that answers is put into quarantine, and another is
chosen.  Where too many looks are under way, offers are made without one.
"""

import anyio
import anyio.abc

from microdns_dhcp.book import LeaseBook
from microdns_dhcp.links import Links, Probe
from microdns_dhcp.model import ABANDONED, Lease
from microdns_dhcp4.exchange import Exchange
from microdns_dhcp4.metrics import Dhcp4Metrics
from microdns_dhcp4.server import Server

LOOKS_MAX = 256


class Conflicts:
    """Checks addresses for one server."""

    def __init__(
        self,
        server: Server,
        links: Links,
        book: LeaseBook,
        metrics: Dhcp4Metrics,
        how: Probe,
        wait_seconds: float,
        quarantine_seconds: int,
    ) -> None:
        self._server = server
        self._links = links
        self._book = book
        self._metrics = metrics
        self._how = how
        self._wait = wait_seconds
        self._quarantine = quarantine_seconds
        self._under_way: set[bytes] = set()
        self._tasks: anyio.abc.TaskGroup | None = None

    async def run(self) -> None:
        """Be ready to look, until cancelled."""
        async with anyio.create_task_group() as self._tasks:
            try:
                await anyio.sleep_forever()
            finally:
                self._tasks = None
                self._under_way.clear()

    def check(self, exchange: Exchange, address: bytes) -> str:
        """Offer an address once it is seen to be unused; gives the outcome so far."""
        if address in self._under_way:
            return "checking"  # the client asks again while its offer is on the way
        if self._tasks is None or len(self._under_way) >= LOOKS_MAX:
            self._server.make_offer(exchange, address)
            return "offer"
        self._under_way.add(address)
        self._tasks.start_soon(self._look, exchange, address)
        return "checking"

    async def _look(self, exchange: Exchange, address: bytes) -> None:
        # On a relayed client's link only ICMP can ask.
        how: Probe = "ping" if exchange.relay else self._how
        interface = exchange.served.interface
        try:
            taken = await self._links.in_use(interface, address, how, self._wait)
        finally:
            self._under_way.discard(address)
        arena = exchange.arena
        offer = arena.offers.get(exchange.client)
        if offer is None or offer.address != address:
            return  # the client has gone elsewhere meanwhile
        if not taken:
            self._server.make_offer(exchange, address)
            self._metrics.count("discover", "offer")
            return
        self._metrics.conflicts.value += 1
        self._abandon(exchange, address)

    def _abandon(self, exchange: Exchange, address: bytes) -> None:
        arena = exchange.arena
        del arena.offers[exchange.client]
        arena.held[address] = b""  # for nobody, until the quarantine is durable
        now = self._book.clock.now()
        lease = Lease(
            address=address,
            client=b"",
            state=ABANDONED,
            expires=now + self._quarantine,
            subnet=arena.subnet.id,
            started=now,
            renewed=now,
            duration=self._quarantine,
        )
        change = self._book.quarantine(lease, self._book.lease(address))
        self._server.queue.add(
            arena, address, change, lambda: self._server.discover_again(exchange)
        )
