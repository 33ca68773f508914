"""Wiring of the DHCPv4 server."""

from collections.abc import Iterable, Mapping

import anyio

from microdns.errors import Problem
from microdns.plugin import Plugin, PluginContext, Section, hookimpl
from microdns_dhcp.book import LeaseBook
from microdns_dhcp.catalogue import Catalogue
from microdns_dhcp.compiled import engine
from microdns_dhcp.config import DhcpConfig
from microdns_dhcp.links import LinkService
from microdns_dhcp.watch import InterfaceWatch
from microdns_dhcp4 import message
from microdns_dhcp4.check import config_problems
from microdns_dhcp4.classify import boot_classes
from microdns_dhcp4.config import Dhcp4Config
from microdns_dhcp4.conflict import Conflicts
from microdns_dhcp4.metrics import Dhcp4Metrics
from microdns_dhcp4.plan import check
from microdns_dhcp4.server import Server
from microdns_dhcp4.transport import Transport


class Dhcp4Plugin(Plugin):
    """Leases IPv4 addresses."""

    name = "dhcp4"
    summary = "DHCPv4 server"
    requires = ("dhcp",)
    section = Section("dhcp.v4", Dhcp4Config)

    def __init__(self) -> None:
        self._watch: InterfaceWatch | None = None

    @hookimpl
    def microdns_check(self, config: Dhcp4Config) -> Iterable[Problem]:
        return config_problems(config)

    @hookimpl
    async def microdns_setup(self, context: PluginContext[Dhcp4Config]) -> None:
        config = context.config
        self._catalogue = context.services.require(Catalogue)
        book = context.services.require(LeaseBook)
        self._catalogue.declare(
            4,
            pools=[each.pool() for each in config.pools],
            reservations=[each.reservation() for each in config.reservations],
            classes=[
                *(each.client_class() for each in config.classes),
                *boot_classes(config.boot),
            ],
            options=config.global_options(),
            check=check,
        )
        metrics = Dhcp4Metrics()
        context.metrics.add(self.name, metrics)
        shared = context.services.require(DhcpConfig)
        self._server = Server(book, self._catalogue, config, shared, metrics, context.log)
        links = context.services.require(LinkService).links
        self._conflicts: Conflicts | None = None
        if config.conflict_check != "none":
            self._conflicts = self._server.conflicts = Conflicts(
                self._server,
                links,
                book,
                metrics,
                config.conflict_check,
                config.conflict_wait_ms / 1000,
                int(shared.quarantine),
            )
        self._transport = Transport(links, self._server, book, config.port, context.log)
        self._unlisten = self._catalogue.listen(4, self._changed)
        self._watch = InterfaceWatch(
            links, config.interfaces, self._transport.open, self._transport.close, context.log
        )

    @hookimpl
    async def microdns_run(self) -> None:
        assert self._watch is not None  # noqa: S101  (setup made it)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._server.queue.run)
                if self._conflicts is not None:
                    tasks.start_soon(self._conflicts.run)
                tasks.start_soon(self._watch.run)
        finally:
            self._watch.close()

    @hookimpl
    async def microdns_stop(self) -> None:
        if self._watch is not None:
            self._watch.close()
            self._unlisten()
            self._catalogue.retract(4)
            self._watch = None

    @hookimpl
    def microdns_status(self) -> Mapping[str, object]:
        serving = {} if self._watch is None else self._watch.serving
        return {
            "interfaces": sorted(serving),
            "subnets": len(self._catalogue.subnets(4)),
            "engine": engine(message),
        }

    def _changed(self) -> None:
        self._server.refresh()
        self._transport.refresh()
