"""What the foundation counts."""

from collections.abc import Iterator

from microdns.events import event_type
from microdns.metrics import MetricSet, Sample
from microdns_dhcp.book import LeaseBook
from microdns_dhcp.events import LEASE_EVENTS


class DhcpMetrics(MetricSet):
    """The metrics of this plugin; gauges are read from the book when somebody asks."""

    def __init__(self, book: LeaseBook) -> None:
        super().__init__()
        self._book = book
        self.counter(
            "microdns_dhcp_lease_events_total", "What happened to leases.", ["event"]
        ).read_with(self._events)
        self.gauge("microdns_dhcp_leases", "Leases that are active now.", ["subnet"]).read_with(
            self._leases
        )
        self.gauge(
            "microdns_dhcp_offers", "Addresses offered and not yet taken.", ["subnet"]
        ).read_with(self._offers)
        self.gauge(
            "microdns_dhcp_pool_addresses", "Addresses of a pool.", ["subnet", "pool"]
        ).read_with(self._sizes)
        self.gauge(
            "microdns_dhcp_pool_free_addresses",
            "Addresses of a pool that can be given out now.",
            ["subnet", "pool"],
        ).read_with(self._free)
        self.gauge(
            "microdns_dhcp_stray_leases", "Leases whose address lies in no subnet now."
        ).read_with(lambda: [Sample((), len(book.strays))])
        self.clock_jumps = self.counter(
            "microdns_dhcp_clock_jumps_total", "Jumps of the machine's clock that were noticed."
        ).cell()

    def _events(self) -> Iterator[Sample]:
        for kind in LEASE_EVENTS:
            yield Sample((event_type(kind),), self._book.count(kind))

    def _leases(self) -> Iterator[Sample]:
        for name, arena in self._book.arenas.items():
            yield Sample((name,), arena.active)

    def _offers(self) -> Iterator[Sample]:
        for name, arena in self._book.arenas.items():
            yield Sample((name,), len(arena.offers))

    def _sizes(self) -> Iterator[Sample]:
        for name, arena in self._book.arenas.items():
            for each in arena.pools:
                yield Sample((name, each.pool.id), each.free.size)

    def _free(self) -> Iterator[Sample]:
        for name, arena in self._book.arenas.items():
            for each in arena.pools:
                yield Sample((name, each.pool.id), each.free.free)
