"""What the DNS foundation counts.

Queries are counted in one dict, keyed by what tells them apart, since looking up a cell by its
labels costs more than the addition.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from microdns.metrics import Cell, Metric, MetricSet, Sample
from microdns_dns.message import Drop, Fault, Transport
from microdns_dns.protection.cookies import COOKIE_KINDS
from microdns_dns.protection.rates import ACTIONS, CLASSES
from microdns_dns.protocol import RCODE_NAMES, TYPE_NAMES
from microdns_dns.samples import Samples
from microdns_dns.view import Views

if TYPE_CHECKING:  # its messages are counted by this module
    from microdns_dns.packets.cache import Packets

OTHER = "other"

Key = tuple[Transport, int, int]
"""Transport, type (-1 for those without a label of their own), rcode."""


class ImageMetrics:
    """Images of large zones: loaded and rejected at the start, written while the server runs."""

    def __init__(self, counts: MetricSet) -> None:
        self.loaded = counts.counter(
            "microdns_dns_images_loaded_total", "Zones whose image was loaded at the start."
        ).cell()
        self.rejected = counts.counter(
            "microdns_dns_images_rejected_total",
            "Images that could not be used: damaged, too old, of another version.",
        ).cell()
        self.written = counts.counter("microdns_dns_images_written_total", "Images written.").cell()
        self.written_bytes = counts.counter(
            "microdns_dns_images_written_bytes_total", "Octets of images written."
        ).cell()
        self.unwritten = counts.counter(
            "microdns_dns_images_unwritten_total", "Images that could not be written."
        ).cell()
        self.compacted = counts.counter(
            "microdns_dns_zones_compacted_total",
            "Times that a zone was written anew in memory as one piece.",
        ).cell()


class DnsMetrics(MetricSet):
    """Queries by transport, type and rcode; time to the answer; what was dropped, cut, refused."""

    def __init__(self, views: Views) -> None:
        super().__init__()
        self.answered: dict[Key, int] = {}
        self.before_reading: list[Callable[[], None]] = []
        """Called before anybody reads: what counts elsewhere brings its counts here."""
        self.counter(
            "microdns_dns_queries_total",
            "Queries answered.",
            ["transport", "type", "rcode"],
        ).read_with(self._read_answered)
        latency = self.histogram(
            "microdns_dns_latency_seconds",
            "Time from reading a query to having its answer.",
            ["transport"],
        )
        self.latency = {each: latency.buckets(each.value) for each in Transport}
        truncated = self.counter(
            "microdns_dns_truncated_total", "Answers sent with TC set.", ["transport"]
        )
        self.truncated = {each: truncated.cell(each.value) for each in Transport}
        drops = self.counter(
            "microdns_dns_dropped_total", "Messages that got no answer.", ["reason"]
        )
        self.dropped = {each: drops.cell(each.value) for each in Drop}
        self.dropped_denied = drops.cell("denied")
        self.dropped_oversize = drops.cell("oversize")
        self.dropped_overload = drops.cell("overload")
        self.dropped_unsent = drops.cell("unsent")
        self.samples = Samples()
        """Single answers, for whoever looks at them live."""
        self._declare_protection()
        self._declare_packets()
        self.upward = self.counter(
            "microdns_dns_upward_total", "Queries that the compiled engine left to Python."
        ).cell()
        self.receive_errors = self.counter(
            "microdns_dns_receive_errors_total", "Errors of sockets while receiving."
        ).cell()
        self.images = ImageMetrics(self)
        self.stage_failures = self.counter(
            "microdns_dns_stage_failures_total",
            "Queries answered with SERVFAIL because a stage of the plan raised.",
            ["stage"],
        )
        self.inflight = self.gauge(
            "microdns_dns_inflight", "Queries that wait for an answer from elsewhere."
        ).cell()
        self._declare_tcp()
        self.gauge("microdns_dns_zones", "Zones that are answered from.").read_with(
            lambda: [Sample((), len(views))]
        )

    def _declare_tcp(self) -> None:
        self.tcp_connections = self.gauge(
            "microdns_dns_tcp_connections", "TCP connections open now."
        ).cell()
        closed = self.counter(
            "microdns_dns_tcp_closed_total", "TCP connections that we ended.", ["reason"]
        )
        self.tcp_closed = {
            reason: closed.cell(reason) for reason in ("rejected", "idle", "total", "malformed")
        }

    def _declare_packets(self) -> None:
        looked = self.counter(
            "microdns_dns_packet_cache_total",
            "Queries that the packet cache was asked for.",
            ["outcome"],
        )
        self.cache_hits, self.cache_misses = looked.cell("hit"), looked.cell("miss")
        self.cache_stored = self.counter(
            "microdns_dns_packet_cache_stored_total", "Answers that the packet cache took."
        ).cell()
        self.packets: Packets | None = None

        def read(of: "Callable[[Packets], int]") -> Callable[[], list[Sample]]:
            return lambda: [Sample((), 0 if self.packets is None else of(self.packets))]

        self.gauge("microdns_dns_packet_cache_entries", "Answers in the packet cache.").read_with(
            read(len)
        )
        self.gauge("microdns_dns_packet_cache_bytes", "Memory that they take.").read_with(
            read(lambda packets: packets.bytes_used)
        )
        self.counter(
            "microdns_dns_packet_cache_evicted_total", "Answers that made room for others."
        ).read_with(read(lambda packets: packets.evicted))

    def _declare_protection(self) -> None:
        malformed = self.counter(
            "microdns_dns_malformed_total",
            "Queries answered with FORMERR, by the part that is malformed.",
            ["part"],
        )
        self.malformed = {each: malformed.cell(each.value) for each in Fault}
        self.not_allowed = self.counter(
            "microdns_dns_not_allowed_total", "Queries refused since dns.allow has not the client."
        ).cell()
        limited = self.counter(
            "microdns_dns_rate_limited_total",
            "Responses over UDP that were too many for a prefix, and what became of them.",
            ["class", "action"],
        )
        self.rate_limited = [[limited.cell(kind, act) for act in ACTIONS] for kind in CLASSES]
        """By ``ResponseClass``, and place in ``ACTIONS``."""
        cookies = self.counter(
            "microdns_dns_cookies_total", "Queries with a cookie, by what it was worth.", ["kind"]
        )
        self.cookies = [cookies.cell(kind) for kind in COOKIE_KINDS]
        """By ``CookieKind``, less one."""

    def limited_total(self) -> tuple[float, float, float]:
        """Responses dropped, slipped, and logged only, so far."""
        dropped, slipped, logged = (
            sum(cells[place].value for cells in self.rate_limited) for place in range(len(ACTIONS))
        )
        return dropped, slipped, logged

    def drop_cells(self) -> list[Cell]:
        """The counters of messages that got no answer, one a reason."""
        other = [self.dropped_denied, self.dropped_oversize, self.dropped_overload]
        return [*self.dropped.values(), *other, self.dropped_unsent]

    def bring(self) -> None:
        """Take over what was counted elsewhere."""
        for bring in self.before_reading:
            bring()

    def __iter__(self) -> Iterator[Metric]:
        self.bring()
        return super().__iter__()

    def count(self, transport: Transport, qtype: int, rcode: int, answers: int = 1) -> None:
        """Count an answer, or several alike."""
        key = (transport, qtype if qtype in TYPE_NAMES else -1, rcode)
        self.answered[key] = self.answered.get(key, 0) + answers

    def _read_answered(self) -> Iterator[Sample]:
        for (transport, qtype, rcode), count in list(self.answered.items()):
            type_name = TYPE_NAMES.get(qtype, OTHER)
            labels = (transport.value, type_name, RCODE_NAMES.get(rcode, str(rcode)))
            yield Sample(labels, count)
