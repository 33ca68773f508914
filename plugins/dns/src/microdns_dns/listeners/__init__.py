"""Where queries come in: addresses, the sockets bound to them, and who answers there.

Two plugins that ask for the same address share its sockets: the plan there has the stages of both.
"""

import ipaddress
import logging
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from microdns.binding import CannotListen
from microdns.clock import Clock
from microdns.config.fields import format_address
from microdns.network import Address, Network
from microdns_dns.config import DnsConfig
from microdns_dns.identity import IdentityStage
from microdns_dns.listeners.binding import bound_address, open_pair
from microdns_dns.listeners.inflight import Inflight
from microdns_dns.listeners.tcp import TcpConnections, TcpLimits, TcpListener
from microdns_dns.listeners.udp import UdpListener
from microdns_dns.logevents import STAGE_FAILED
from microdns_dns.metrics import DnsMetrics
from microdns_dns.packets.cache import PacketCache, Packets
from microdns_dns.packets.stage import PacketStage, place_of_packets, with_packets
from microdns_dns.plan import Plan, Stage
from microdns_dns.protection.guard import Guard
from microdns_dns.protection.report import LimitReport
from microdns_dns.responder import Responder
from microdns_dns.taps import Taps

if TYPE_CHECKING:  # it may be missing
    from microdns_dns.engine.listener import EngineUdpListener
    from microdns_dns.engine.serving import EngineServing

__all__ = ["Answering", "CannotListen", "Listeners", "Listening"]

SWEEP_SECONDS = 1.0
"""How often TCP connections are looked at; their timeouts are exact to this."""


@dataclass(eq=False)
class _Place:
    """One address with its sockets, and the stages asked for there."""

    asked: Address
    bound: Address
    responder: Responder
    udp: "UdpListener | EngineUdpListener"
    tcp: TcpListener
    stages: list[Stage] = field(default_factory=list)


@dataclass(frozen=True)
class Answering:
    """Who answers on an address: the plan there, and how far the engine answers before it."""

    address: Address
    plan: Plan
    reach: int


@dataclass(eq=False)
class Listening:
    """What one caller of ``Listeners.listen`` listens on, until it says ``close``."""

    addresses: tuple[Address, ...]
    """As bound: where port 0 was asked for, the port that was found."""
    _listeners: "Listeners"
    _stage: Stage
    _places: tuple[_Place, ...]

    async def close(self) -> None:
        """Take the stage out; sockets that nobody else needs are closed."""
        places, self._places = self._places, ()
        for place in places:
            self._listeners._leave(place, self._stage)


class Listeners:
    """Opens addresses, for whichever stages are to answer on them."""

    def __init__(
        self,
        config: DnsConfig,
        network: Network,
        clock: Clock,
        metrics: DnsMetrics,
        log: logging.Logger,
        engine: "EngineServing | None" = None,
    ) -> None:
        """With an ``engine``, it answers what it can before the plan is asked."""
        self._engine = engine
        self._config = config
        self._network = network
        self._clock = clock
        self._metrics = metrics
        self._log = log
        self._identity = IdentityStage(version=config.version, hostname=config.hostname)
        self._guard = Guard(
            clock,
            metrics,
            allow=config.allow,
            deny=config.deny,
            rate_limit=config.rate_limit,
            cookies=config.cookies,
        )
        self._packets = self._open_packets()
        metrics.packets = self._packets
        self._plans = 0
        self.taps = Taps() if engine is None else Taps(engine.ring)
        """Where what is asked and answered can be seen."""
        self._report = LimitReport(metrics, clock, log)
        if engine is not None:
            engine.protect(self._guard)
        self._inflight = Inflight(config.inflight_max, metrics)
        self._connections = TcpConnections(_tcp_limits(config), metrics, clock)
        self._places: list[_Place] = []

    async def listen(self, addresses: Sequence[Address], stage: Stage) -> Listening:
        """Answer on these addresses, UDP and TCP, with this stage among others.

        Either all of them are opened or none: raises ``CannotListen``.  Only ``::`` may be missing
        where there are others and the machine has no IPv6, so that it can be a default.
        """
        places: list[_Place] = []
        try:
            for address in addresses:
                if address[0] == "::" and len(addresses) > 1 and not _has_ipv6():
                    continue
                place = self._find(address) or await self._open(address)
                self._join(place, stage)
                places.append(place)
        except BaseException:
            for place in places:
                self._leave(place, stage)
            raise
        return Listening(tuple(place.bound for place in places), self, stage, tuple(places))

    def answering(self) -> list[Answering]:
        """Every address with its plan, in the order in which they were asked for."""
        return [
            Answering(place.bound, place.responder.plan, getattr(place.responder, "reach", 0))
            for place in self._places
        ]

    def status(self) -> list[dict[str, object]]:
        """Bound addresses and who answers there, in order."""
        return [
            {
                "address": format_address(place.bound),
                "stages": [stage.name for stage in place.stages],
            }
            for place in self._places
        ]

    async def run(self) -> None:
        """End TCP connections in time, and say when clients are limited, for ever."""
        while True:
            await self._clock.sleep(SWEEP_SECONDS)
            self._connections.sweep()
            if self._guard.limits:
                self._report.tell()

    async def close(self) -> None:
        """Close all sockets, and give up answers that are still awaited."""
        for place in self._places:
            place.udp.close()
            place.tcp.close()
        self._places.clear()
        await self._inflight.close()

    def _find(self, address: Address) -> _Place | None:
        """The place of an address that is open already; with port 0, each asks for its own."""
        asked = _canonical(address)
        for place in self._places:
            if place.asked == asked and address[1] != 0:
                return place
        return None

    async def _open(self, address: Address) -> _Place:
        datagrams, stream = open_pair(self._network, address)
        bound = bound_address(datagrams, address)
        responder = self._responder()
        responder.bound = bound
        tcp = TcpListener(responder, self._inflight, self._connections)
        await tcp.start(stream)
        udp = self._open_udp(datagrams, responder)
        place = _Place(_canonical(address), bound, responder, udp, tcp)
        self._places.append(place)
        return place

    @property
    def packets(self) -> Packets | None:
        """The packet cache, where there is one."""
        return self._packets

    def _open_packets(self) -> Packets | None:
        size = self._config.packet_cache_size
        if not size:
            return None
        return PacketCache(size) if self._engine is None else self._engine.open_packets(size)

    def _responder(self) -> Responder:
        kind = Responder if self._engine is None else self._engine.responder
        return kind(
            self._plan([]),
            self._metrics,
            self._clock,
            self._log,
            udp_payload_max=self._config.udp_payload_max,
            nsid=self._config.nsid,
            answer_rotation=self._config.answer_rotation,
            guard=self._guard,
            taps=self.taps,
        )

    def _open_udp(
        self, datagrams: socket.socket, responder: Responder
    ) -> "UdpListener | EngineUdpListener":
        if self._engine is None:
            size_max = self._config.query_size_max
            return UdpListener(datagrams, responder, self._inflight, self._metrics, size_max)
        return self._engine.open_udp(datagrams, responder, self._inflight, self._metrics)

    def _join(self, place: _Place, stage: Stage) -> None:
        place.stages.append(stage)
        self._plan_anew(place)

    def _leave(self, place: _Place, stage: Stage) -> None:
        if place not in self._places or stage not in place.stages:
            return
        place.stages.remove(stage)
        self._plan_anew(place)
        if not place.stages:
            self._places.remove(place)
            place.udp.close()
            place.tcp.close()

    def _plan_anew(self, place: _Place) -> None:
        packets = self._new_packets(place.stages)
        place.responder.packets = packets
        place.responder.plan = self._plan(with_packets(place.stages, packets))
        if self._engine is not None:
            plan = 0 if packets is None else packets.plan
            self._engine.follow(place.udp, place.responder, place.stages, plan)

    def _new_packets(self, stages: Sequence[Stage]) -> PacketStage | None:
        """The cache of a plan that has just changed; answers of the one before are not its own."""
        if self._packets is None or place_of_packets(stages) is None:
            return None
        self._plans += 1
        return PacketStage(self._packets, self._plans, self._clock, self._metrics)

    def _plan(self, stages: Sequence[Stage]) -> Plan:
        return Plan([self._identity, *stages], self._fault)

    def _fault(self, stage: str, error: Exception) -> None:
        self._metrics.stage_failures.cell(stage).inc()
        STAGE_FAILED(self._log, "stage %s failed: %r", stage, error, error=error, stage=stage)


def _tcp_limits(config: DnsConfig) -> TcpLimits:
    return TcpLimits(
        connections_max=config.tcp_connections_max,
        idle_timeout_seconds=config.tcp_idle_timeout_secs,
        total_timeout_seconds=config.tcp_total_timeout_secs,
        inflight_max=config.tcp_inflight_max,
        write_buffer_max=config.tcp_write_buffer_max,
    )


def _has_ipv6() -> bool:
    try:
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).close()
    except OSError:
        return False
    return True


def _canonical(address: Address) -> Address:
    """One spelling for each address, its zone (``%eth0``) kept."""
    host, percent, zone = address[0].partition("%")
    return f"{ipaddress.ip_address(host)}{percent}{zone}", address[1]
