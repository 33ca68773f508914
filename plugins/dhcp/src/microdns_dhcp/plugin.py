"""Wiring of the foundation."""

from collections.abc import Iterable, Mapping
from typing import Any

import anyio

from microdns.events import Event
from microdns.operations import Operation
from microdns.plugin import Plugin, PluginContext, Section, hookimpl
from microdns.store import Collection
from microdns.tabs import Tab
from microdns_dhcp import leaseclock
from microdns_dhcp.book import LeaseBook
from microdns_dhcp.catalogue import Catalogue
from microdns_dhcp.config import DhcpConfig
from microdns_dhcp.events import EVENTS
from microdns_dhcp.keeping import ImageKeeper
from microdns_dhcp.links import Links, LinkService, SystemLinks
from microdns_dhcp.metrics import DhcpMetrics
from microdns_dhcp.model import CLASSES, GLOBALS, LEASES, POOLS, RESERVATIONS
from microdns_dhcp.operations import Desk, operations
from microdns_dhcp.upkeep import Upkeep


class DhcpPlugin(Plugin):
    """Keeps leases, and what they are made from, for the flavours of DHCP."""

    name = "dhcp"
    summary = "DHCP foundation: pools, reservations, leases"
    section = Section("dhcp", DhcpConfig, chooses=False)

    def __init__(self, links: Links | None = None) -> None:
        """``links`` stands in for the machine's interfaces, in tests."""
        self._links = links or SystemLinks()
        self._book: LeaseBook | None = None
        self._desk = Desk()

    @hookimpl
    def microdns_collections(self) -> Iterable[Collection[Any]]:
        return (LEASES, POOLS, RESERVATIONS, CLASSES, GLOBALS, leaseclock.CLOCK)

    @hookimpl
    def microdns_events(self) -> Iterable[type[Event]]:
        return EVENTS

    @hookimpl
    def microdns_operations(self) -> Iterable[Operation[Any, Any]]:
        return operations(self._desk)

    @hookimpl
    def microdns_tabs(self) -> Iterable[Tab]:
        yield Tab(
            "dhcp", "DHCP", "microdns_dhcp", "dhcp.js", ("dhcp.css",), "leases:read", order=20
        )

    @hookimpl
    async def microdns_setup(self, context: PluginContext[DhcpConfig]) -> None:
        self._context = context
        clock = leaseclock.load(context.store, context.clock)
        self._catalogue = Catalogue(context.store, context.bus, context.clock)
        image = ImageKeeper(context.store, context.clock, context.log)
        book = LeaseBook(context.store, clock, context.principal, context.log, image)
        self._book = book
        self._desk.open(book, self._catalogue, context.store, context.bus)
        metrics = DhcpMetrics(book)
        context.metrics.add(self.name, metrics)
        self._upkeep = Upkeep(
            book,
            context.store,
            context.clock,
            context.config,
            metrics,
            context.principal,
            context.log,
        )
        context.provide(LeaseBook, book)
        context.provide(Catalogue, self._catalogue)
        context.provide(DhcpConfig, context.config)
        context.provide(LinkService, LinkService(self._links))

    @hookimpl
    async def microdns_listen(self) -> None:
        # After every setup, so that leases are read into the subnets that flavours declared.
        assert self._book is not None  # noqa: S101  (setup made it)
        self._book.start(self._context.bus)

    @hookimpl
    async def microdns_run(self) -> None:
        assert self._book is not None  # noqa: S101  (setup made it)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._upkeep.run)
            tasks.start_soon(self._book.keep_image)

    @hookimpl
    async def microdns_stop(self) -> None:
        if self._book is not None:
            self._desk.close()
            await self._upkeep.stop()
            await self._book.close()
            self._catalogue.close()
            self._book = None

    @hookimpl
    def microdns_status(self) -> Mapping[str, object]:
        if self._book is None:
            return {}
        arenas = self._book.arenas.values()
        return {"subnets": len(arenas), "active_leases": sum(each.active for each in arenas)}
