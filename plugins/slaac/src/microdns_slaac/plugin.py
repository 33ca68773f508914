"""Wiring of router advertisements."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import anyio

from microdns.errors import Problem
from microdns.events import Event
from microdns.operations import Operation
from microdns.plugin import Plugin, PluginContext, Section, hookimpl
from microdns.running import Running
from microdns.store import Collection
from microdns_dhcp.book import LeaseBook
from microdns_dhcp.catalogue import Catalogue
from microdns_dhcp.links import LinkService
from microdns_dhcp.watch import InterfaceWatch
from microdns_slaac.check import config_problems
from microdns_slaac.config import SlaacConfig
from microdns_slaac.events import EVENTS
from microdns_slaac.ledger import PREFIXES, Ledger
from microdns_slaac.metrics import SlaacMetrics
from microdns_slaac.operations import Operations
from microdns_slaac.schedule import FINAL_DELAY_SECONDS
from microdns_slaac.server import Server


class SlaacPlugin(Plugin):
    """Tells hosts of prefixes, routes and DNS servers."""

    name = "slaac"
    summary = "Router advertisements (SLAAC)"
    requires = ("dhcp",)
    section = Section("dhcp.slaac", SlaacConfig)

    def __init__(self, final_delay: float = FINAL_DELAY_SECONDS) -> None:
        """``final_delay`` is the time between the last advertisements, at a stop."""
        self._final_delay = final_delay
        self._watch: InterfaceWatch | None = None
        self._operations = Operations()
        self._unfollow: tuple[Callable[[], None], ...] = ()

    @hookimpl
    def microdns_check(self, config: SlaacConfig) -> Iterable[Problem]:
        return config_problems(config)

    @hookimpl
    def microdns_collections(self) -> Iterable[Collection[Any]]:
        return (PREFIXES,)

    @hookimpl
    def microdns_events(self) -> Iterable[type[Event]]:
        return EVENTS

    @hookimpl
    def microdns_operations(self) -> Iterable[Operation[Any, Any]]:
        return self._operations.declare()

    @hookimpl
    async def microdns_setup(self, context: PluginContext[SlaacConfig]) -> None:
        config, services = context.config, context.services
        metrics = SlaacMetrics()
        context.metrics.add(self.name, metrics)
        links = services.require(LinkService).links
        running = services.require(Running)
        catalogue = services.require(Catalogue)
        self._server = Server(
            config,
            links,
            Ledger(context.store),
            services.require(LeaseBook).clock,
            running,
            catalogue,
            metrics,
            context.bus,
            context.clock,
            context.random,
            context.principal,
            context.log,
        )
        self._operations.open(self._server, context.clock)
        self._unfollow = (
            running.follow(self._server.follow),
            catalogue.listen(6, self._server.look_around),
        )
        self._watch = InterfaceWatch(
            links, config.served, self._server.open, self._server.close, context.log
        )

    @hookimpl
    async def microdns_run(self) -> None:
        assert self._watch is not None  # noqa: S101  (setup made it)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._server.run)
            tasks.start_soon(self._watch.run)

    @hookimpl
    async def microdns_stop(self) -> None:
        if self._watch is not None:
            # Sockets stay open when the task crashes: only here it is meant that hosts be told.
            for leave in self._unfollow:
                leave()
            self._operations.close()
            await self._server.final(self._final_delay)
            self._watch.close()
            self._server.ledger.stopped()
            await self._server.save()
            self._watch = None

    @hookimpl
    def microdns_status(self) -> Mapping[str, object]:
        links = () if self._watch is None else self._server.links
        return {"interfaces": sorted(links)}
