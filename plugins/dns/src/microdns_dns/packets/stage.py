"""The packet cache in the plan: asked right before the first stage whose answers it keeps."""

from collections.abc import Sequence

from microdns.clock import Clock
from microdns_dns.message import Kept, Query, Reply
from microdns_dns.metrics import DnsMetrics
from microdns_dns.packets.cache import Packets
from microdns_dns.packets.limits import TTL_MAX
from microdns_dns.plan import Order, Stage
from microdns_dns.protection.rates import class_of
from microdns_dns.protocol import Opcode


class PacketStage:
    """Answers of one plan: ``plan`` is a number of its own, from 1."""

    name = "packet-cache"
    order: int = Order.RECURSE
    """That of the stage behind it."""
    opcodes = frozenset({Opcode.QUERY})

    def __init__(self, packets: Packets, plan: int, clock: Clock, metrics: DnsMetrics) -> None:
        self.plan = plan
        self._packets = packets
        self._clock = clock
        self._metrics = metrics

    def answer(self, query: Query) -> Reply | None:
        """What was answered before, or None."""
        found = self._packets.get(self.plan, query.packet, int(self._clock.monotonic()))
        if found is None:
            self._metrics.cache_misses.inc()
            return None
        self._metrics.cache_hits.inc()
        rcode, kind, octets = found
        return Kept(rcode, kind, octets)

    def keep(self, query: Query, reply: Reply, octets: bytes) -> None:
        """Keep an answer that may be kept; ``octets`` are what was sent."""
        if reply.cache_seconds is None or isinstance(reply, Kept):
            return
        seconds = min(reply.cache_seconds, TTL_MAX)
        now = int(self._clock.monotonic())
        if self._packets.put(self.plan, query.packet, octets, class_of(reply), seconds, now):
            self._metrics.cache_stored.inc()


def with_packets(stages: Sequence[Stage], packets: PacketStage | None) -> list[Stage]:
    """The stages in order, the cache before the first that has answers for it (``caches``)."""
    ordered = sorted(stages, key=lambda stage: stage.order)
    place = place_of_packets(ordered)
    if packets is None or place is None:
        return ordered
    packets.order = ordered[place].order
    return [*ordered[:place], packets, *ordered[place:]]


def place_of_packets(stages: Sequence[Stage]) -> int | None:
    """Where among these stages the cache stands; None where nothing is to be kept."""
    for place, stage in enumerate(sorted(stages, key=lambda stage: stage.order)):
        if getattr(stage, "caches", False):
            return place
    return None
