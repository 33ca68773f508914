"""Wiring of the DNS foundation."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import anyio

from microdns.events import Event
from microdns.operations import Operation
from microdns.plugin import Plugin, PluginContext, Section, hookimpl
from microdns.store import Collection
from microdns.tabs import Tab
from microdns_dns.config import DnsConfig
from microdns_dns.engine.choice import choose_engine
from microdns_dns.events import EVENTS
from microdns_dns.feed import ViewFeed
from microdns_dns.listeners import Listeners
from microdns_dns.metrics import DnsMetrics
from microdns_dns.model import COLLECTIONS
from microdns_dns.operations import (
    CacheOperations,
    DnsOperations,
    ExplainOperations,
    HistoryOperations,
    PaceOperations,
    RecordOperations,
    TopOperations,
    ZoneOperations,
)
from microdns_dns.pace import Pace
from microdns_dns.repository import Limits, ZoneRepository
from microdns_dns.taps import Taps
from microdns_dns.view import Views

if TYPE_CHECKING:  # it may be missing
    from microdns_dns.engine.keeper import ImageKeeper


class DnsPlugin(Plugin):
    """Zones and records, what is answered from, and where queries come in."""

    name = "dns"
    summary = "Foundation for DNS: zones, records, listeners, the query plan"
    section = Section("dns", DnsConfig, chooses=False)

    def __init__(self) -> None:
        self._feed: ViewFeed | None = None
        self._listeners: Listeners | None = None
        self._keeper: ImageKeeper | None = None
        self._explain = ExplainOperations()
        self._pace: Pace | None = None
        self._stats = PaceOperations()
        self._cache = CacheOperations()
        self._top = TopOperations()
        self._operations: tuple[DnsOperations, ...] = (
            ZoneOperations(),
            RecordOperations(),
            HistoryOperations(),
            self._explain,
            self._stats,
            self._cache,
            self._top,
        )

    @hookimpl
    def microdns_collections(self) -> Iterable[Collection[Any]]:
        return COLLECTIONS

    @hookimpl
    def microdns_events(self) -> Iterable[type[Event]]:
        return EVENTS

    @hookimpl
    def microdns_operations(self) -> Iterable[Operation[Any, Any]]:
        return [each for operations in self._operations for each in operations.declare()]

    @hookimpl
    def microdns_tabs(self) -> Iterable[Tab]:
        yield Tab("dns", "DNS", "microdns_dns", "dns.js", ("dns.css",), "zones:read", order=10)

    @hookimpl
    async def microdns_setup(self, context: PluginContext[DnsConfig]) -> None:
        repository = ZoneRepository(context.store, context.clock, limits_of(context.config))
        context.provide(ZoneRepository, repository)
        for operations in self._operations:
            operations.attach(repository)
        engine = choose_engine(context.config)
        self._engine_shown = engine.shown
        self._views = engine.views
        repository.preparing = self._views
        metrics = DnsMetrics(self._views)
        context.metrics.add(self.name, metrics)
        self._pace = Pace(metrics, context.clock)
        self._stats.measure(self._pace)
        self._keeper = engine.keep(context.store, context.clock, context.log, metrics.images)
        self._feed = ViewFeed(self._views, context.log, self._keeper)
        await self._feed.start(context.store, context.bus)
        context.provide(Views, self._views)
        self._listeners = Listeners(
            context.config,
            context.network,
            context.clock,
            metrics,
            context.log,
            engine.serve(metrics),
        )
        context.provide(Listeners, self._listeners)
        context.provide(Taps, self._listeners.taps)
        self._cache.packets = self._listeners.packets
        self._top.follow(metrics, context.clock)
        self._explain.listen(self._listeners, context.config.udp_payload_max)

    @hookimpl
    async def microdns_run(self) -> None:
        async with anyio.create_task_group() as tasks:
            if self._listeners is not None:
                tasks.start_soon(self._listeners.run)
            if self._keeper is not None:
                tasks.start_soon(self._keeper.run)
            if self._pace is not None:
                tasks.start_soon(self._pace.run)

    @hookimpl
    async def microdns_stop(self) -> None:
        if self._listeners is not None:
            await self._listeners.close()
            self._listeners = None
        if self._keeper is not None:
            await self._keeper.stop()
            self._keeper = None
        if self._feed is not None:
            self._feed.close()
            self._feed = None

    @hookimpl
    def microdns_status(self) -> Mapping[str, object]:
        listening = [] if self._listeners is None else self._listeners.status()
        return {"zones": len(self._views), "listening": listening, "engine": self._engine_shown}


def limits_of(config: DnsConfig) -> Limits:
    """How much zones may hold."""
    return Limits(
        zones_max=config.zones_max,
        records_per_zone_max=config.records_per_zone_max,
        changes_max=config.changes_max,
    )
