"""Wiring of the DHCPv6 server."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

import anyio

from microdns.errors import Problem
from microdns.plugin import Plugin, PluginContext, Section, hookimpl
from microdns.store import Collection
from microdns_dhcp import identifiers
from microdns_dhcp.book import LeaseBook
from microdns_dhcp.catalogue import Catalogue
from microdns_dhcp.compiled import engine
from microdns_dhcp.config import DhcpConfig
from microdns_dhcp.links import LinkService
from microdns_dhcp.watch import InterfaceWatch
from microdns_dhcp6 import message
from microdns_dhcp6.check import config_problems
from microdns_dhcp6.config import Dhcp6Config
from microdns_dhcp6.duid import IDENTITY, server_duid
from microdns_dhcp6.metrics import Dhcp6Metrics
from microdns_dhcp6.plan import check
from microdns_dhcp6.server import Server
from microdns_dhcp6.transport import Transport


class Dhcp6Plugin(Plugin):
    """Leases IPv6 addresses, and delegates prefixes."""

    name = "dhcp6"
    summary = "DHCPv6 server"
    requires = ("dhcp",)
    section = Section("dhcp.v6", Dhcp6Config)

    def __init__(self, fresh: uuid.UUID | None = None) -> None:
        """``fresh`` is what a new server's DUID is made of; random where none is given."""
        self._fresh = fresh
        self._duid = b""
        self._watch: InterfaceWatch | None = None

    @hookimpl
    def microdns_collections(self) -> Iterable[Collection[Any]]:
        return (IDENTITY,)

    @hookimpl
    def microdns_check(self, config: Dhcp6Config) -> Iterable[Problem]:
        return config_problems(config)

    @hookimpl
    async def microdns_setup(self, context: PluginContext[Dhcp6Config]) -> None:
        config = context.config
        self._catalogue = context.services.require(Catalogue)
        self._catalogue.declare(
            6,
            pools=config.all_pools(),
            reservations=[each.reservation() for each in config.reservations],
            classes=[each.client_class() for each in config.classes],
            options=config.global_options(),
            check=check,
        )
        configured = identifiers.duid(config.duid) if config.duid else b""
        self._duid = await server_duid(context.store, configured, self._fresh or uuid.uuid4())
        metrics = Dhcp6Metrics()
        context.metrics.add(self.name, metrics)
        self._server = Server(
            context.services.require(LeaseBook),
            self._catalogue,
            config,
            context.services.require(DhcpConfig),
            metrics,
            self._duid,
            context.log,
        )
        links = context.services.require(LinkService).links
        self._transport = Transport(links, self._server, config.port, context.log)
        self._unlisten = self._catalogue.listen(6, self._changed)
        self._watch = InterfaceWatch(
            links, config.interfaces, self._transport.open, self._transport.close, context.log
        )

    @hookimpl
    async def microdns_run(self) -> None:
        assert self._watch is not None  # noqa: S101  (setup made it)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._server.queue.run)
                tasks.start_soon(self._watch.run)
        finally:
            self._watch.close()

    @hookimpl
    async def microdns_stop(self) -> None:
        if self._watch is not None:
            self._watch.close()
            self._unlisten()
            self._catalogue.retract(6)
            self._watch = None

    @hookimpl
    def microdns_status(self) -> Mapping[str, object]:
        serving = {} if self._watch is None else self._watch.serving
        return {
            "interfaces": sorted(serving),
            "subnets": len(self._catalogue.subnets(6)),
            "duid": self._duid.hex(),
            "engine": engine(message),
        }

    def _changed(self) -> None:
        self._server.refresh()
        self._transport.refresh()
