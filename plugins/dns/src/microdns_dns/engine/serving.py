"""The engine in a running server: which one serves, and what it counted."""

import socket
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from microdns.metrics import Cell
from microdns_dns import names
from microdns_dns.engine.cache import PacketCache
from microdns_dns.engine.core import Engine
from microdns_dns.engine.counts import Counts
from microdns_dns.engine.guard import CompiledGuard
from microdns_dns.engine.listener import EngineUdpListener
from microdns_dns.engine.tap import TapRing
from microdns_dns.engine.worker import Worker
from microdns_dns.listeners.inflight import Inflight
from microdns_dns.message import Address, Drop, Query, Transport, parse_query
from microdns_dns.metrics import DnsMetrics
from microdns_dns.packets.cache import Packets
from microdns_dns.packets.stage import place_of_packets
from microdns_dns.plan import Order, Stage
from microdns_dns.protection.guard import Guard
from microdns_dns.protection.prefixes import octets_of
from microdns_dns.responder import Responder, Response
from microdns_dns.samples import Sample

NOTHING, OURS, ALL, KEPT = 0, 1, 2, 3
"""How far the engine answers by itself: see ``Worker.set_reach``."""

STATES = {0: "hit", 1: "nodata", 2: "nxdomain", 3: "delegation", 5: "yxdomain", 7: "loop"}
"""Names for how a search came out, as ``microdns_auth.answer.State`` has them."""
OTHER_TYPES = 259
ZONES_COUNTED = 200


class EngineResponder(Responder):
    """Asks the engine before the plan, for messages that do not come through its threads."""

    engine: Engine
    reach = NOTHING
    number = 0
    """Of the plan, in the packet cache."""

    def respond(
        self,
        packet: bytes,
        client: Address,
        transport: Transport,
        local: Address | None = None,
    ) -> Response:
        if self.reach != NOTHING and transport is Transport.TCP:
            began = self._monotonic()
            octets = self.engine.answer(
                packet,
                True,
                self.reach == ALL,
                octets_of(client[0]),
                self._clock.time_ns() // 1_000_000_000,
                int(began),
                self.number,
                self.reach == KEPT,
            )
            if octets is not None:
                self._metrics.latency[transport].observe(self._monotonic() - began)
                if self._metrics.samples.watchers and octets:
                    self._sample(packet, client, octets)
                if self.taps.tap is not None and octets:
                    ends = client, local or self.bound
                    kept = self.engine.kept
                    asked_ns = self.moment_of(began)
                    self._tell(packet, octets, ends, transport, asked_ns, for_client=kept)
                return octets or None
        return super().respond(packet, client, transport, local)

    def _sample(self, packet: bytes, client: Address, octets: bytes) -> None:
        query = parse_query(packet)
        if isinstance(query, Query):
            samples = self._metrics.samples
            samples.add(query.folded, client[0], query.qtype, octets[3] & 15)


class EngineCounts:
    """Takes over into the metrics what threads and engine counted since the last time."""

    def __init__(self, engine: Engine, metrics: DnsMetrics) -> None:
        self._engine = engine
        self._metrics = metrics
        self._workers: dict[Worker, Counts] = {}
        self._tcp = engine.counts()
        self._zones: Counter[tuple[str, str]] = Counter()
        self._sampling = False
        metrics.samples.sources.append(self._take_samples)
        metrics.samples.switches.append(self._switch)

    def add(self, worker: Worker) -> None:
        """Count this one too."""
        worker.set_sampling(self._sampling)
        self._workers[worker] = worker.counts()

    def remove(self, worker: Worker) -> None:
        """It has stopped: take over what it counted last."""
        self.fold()
        self._workers.pop(worker, None)

    def fold(self) -> None:
        """Bring the metrics up to now."""
        for worker, before in list(self._workers.items()):
            now = self._workers[worker] = worker.counts()
            self._fold(Transport.UDP, before, now)
        before_tcp, self._tcp = self._tcp, self._engine.counts()
        self._fold(Transport.TCP, before_tcp, self._tcp)

    def _take_samples(self) -> Iterator[Sample]:
        for worker in list(self._workers):
            yield from worker.take_samples()

    def _switch(self, wanted: bool) -> None:
        self._sampling = wanted
        for worker in self._workers:
            worker.set_sampling(wanted)

    def take_zones(self) -> Iterator[tuple[str, str, int]]:
        """Zone, state and how many queries came out so, since the last time."""
        self.fold()
        taken, self._zones = self._zones, Counter()
        for (zone, state), count in taken.items():
            yield zone, state, count

    def _fold(self, transport: Transport, before: Counts, now: Counts) -> None:
        metrics = self._metrics
        for (rrtype, rcode), count in now["answered"].items():
            fresh = count - before["answered"].get((rrtype, rcode), 0)
            metrics.count(transport, -1 if rrtype == OTHER_TYPES else rrtype, rcode, fresh)
        metrics.truncated[transport].inc(now["truncated"] - before["truncated"])
        metrics.dropped[Drop.SHORT].inc(now["short"] - before["short"])
        metrics.dropped[Drop.RESPONSE].inc(now["response"] - before["response"])
        metrics.dropped_oversize.inc(now["oversize"] - before["oversize"])
        metrics.dropped_overload.inc(now["overload"] - before["overload"])
        metrics.dropped_unsent.inc(now["unsent"] - before["unsent"])
        metrics.dropped_denied.inc(now["denied"] - before["denied"])
        metrics.not_allowed.inc(now["not_allowed"] - before["not_allowed"])
        metrics.cache_hits.inc(now["cache_hits"] - before["cache_hits"])
        metrics.upward.inc(now["upward"] - before["upward"])
        _fold_cells(metrics.malformed.values(), before["malformed"], now["malformed"])
        _fold_cells(metrics.cookies, before["cookies"], now["cookies"])
        for place, cells in enumerate(metrics.rate_limited):
            _fold_cells(cells, before["limited"][place], now["limited"][place])
        metrics.receive_errors.inc(now["receive_errors"] - before["receive_errors"])
        latency = metrics.latency[transport]
        for place, count in enumerate(now["latency"]):
            latency.counts[place] += count - before["latency"][place]
        latency.sum += now["latency_seconds"] - before["latency_seconds"]
        self._fold_zones(before, now)

    def _fold_zones(self, before: Counts, now: Counts) -> None:
        named = {
            zone.index: names.to_text(zone.origin)
            for zone in self._engine.zones.by_origin.values()
            if zone.index < ZONES_COUNTED
        }
        for (zone, outcome), count in now["zones"].items():
            fresh = count - before["zones"].get((zone, outcome), 0)
            if fresh:
                self._zones[named.get(zone, "other"), STATES.get(outcome, "loop")] += fresh


class EngineServing:
    """Opens the engine's side of an address, and tells it how far it may answer there."""

    responder = EngineResponder
    ring = TapRing

    def __init__(
        self,
        engine: Engine,
        threads: int,
        counts: EngineCounts,
        *,
        query_size_max: int,
        upward_max: int,
    ) -> None:
        self.engine = engine
        self.threads = threads
        self._counts = counts
        self._query_size_max = query_size_max
        self._upward_max = upward_max

    def protect(self, guard: Guard) -> None:
        """Let the engine's threads ask the same guard, and both keep the same accounts."""
        compiled = CompiledGuard(guard)
        self.engine.protect(compiled)
        guard.rates = compiled

    def open_udp(
        self,
        datagrams: socket.socket,
        responder: Responder,
        inflight: Inflight,
        metrics: DnsMetrics,
    ) -> EngineUdpListener:
        """Serve a bound socket and as many more of its address as there are further threads."""
        sockets = [datagrams, *(_beside(datagrams) for _ in range(self.threads - 1))]
        listener = EngineUdpListener(
            self.engine,
            sockets,
            responder,
            inflight,
            metrics,
            self._counts.remove,
            query_size_max=self._query_size_max,
            upward_max=self._upward_max,
        )
        for worker in listener.workers:
            worker.set_reach(NOTHING)  # until a stage has joined, nobody knows what is answered
            self._counts.add(worker)
        listener.start()  # after that: what it answers at once is counted, too
        return listener

    def open_packets(self, size: int) -> Packets:
        """A packet cache that the threads look into."""
        packets = PacketCache(self.engine.zones, size)
        self.engine.keep_packets(packets)
        return packets

    def follow(self, udp: object, responder: Responder, stages: Sequence[Stage], plan: int) -> None:
        """The plan of an address is now of these stages: answer as far as they allow it.

        ``plan`` is its number in the packet cache, or 0.
        """
        reach = reach_of(stages)
        if place_of_packets(stages) != (0 if reach == KEPT else 1) or reach == NOTHING:
            plan = 0  # a stage that stands between must be asked
        if isinstance(responder, EngineResponder):
            responder.engine = self.engine
            responder.reach = reach
            responder.number = plan
        if isinstance(udp, EngineUdpListener):
            udp.set_reach(reach, plan)


def _fold_cells(cells: Iterable[Cell], before: list[int], now: list[int]) -> None:
    for cell, then, count in zip(cells, before, now, strict=True):
        cell.inc(count - then)


def reach_of(stages: Sequence[Stage]) -> int:
    """How far the engine may answer before these stages.

    Only where the first of them that sees queries of class IN is one that it stands for; names
    outside our zones are refused where no other stage could answer them.  Where the first is one
    whose answers the packet cache keeps, only those are given.
    """
    asked = sorted(stages, key=lambda stage: stage.order)
    asked = [stage for stage in asked if stage.order != Order.IDENTITY]
    if not asked:
        return NOTHING
    if not getattr(asked[0], "compiled", False):
        return KEPT if getattr(asked[0], "caches", False) else NOTHING
    return ALL if len(asked) == 1 else OURS


def _beside(bound: socket.socket) -> socket.socket:
    """Another socket of the same address: the kernel spreads datagrams over all of them."""
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    opened = socket.socket(bound.family, socket.SOCK_DGRAM)
    try:
        opened.setblocking(False)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if bound.family is socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind(bound.getsockname())
    except OSError:
        opened.close()
        raise
    return opened
