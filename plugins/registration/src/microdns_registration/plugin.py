"""Wiring of registration."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from microdns.events import Event
from microdns.operations import Operation
from microdns.plugin import Plugin, PluginContext, Section, hookimpl
from microdns.store import Collection
from microdns_dhcp.catalogue import Catalogue
from microdns_dns.repository import ZoneRepository
from microdns_dns.view import Views
from microdns_registration.config import RegistrationConfig
from microdns_registration.events import EVENTS
from microdns_registration.follower import Follower
from microdns_registration.metrics import RegistrationMetrics
from microdns_registration.model import PROGRESS, REGISTRATIONS
from microdns_registration.operations import RegistrationOperations
from microdns_registration.policy import Policy
from microdns_registration.reconcile import Reconciler
from microdns_registration.registrar import Registrar


class RegistrationPlugin(Plugin):
    """Gives leases names."""

    name = "registration"
    summary = "Leases become A, AAAA and PTR records"
    requires = ("dhcp", "dns")
    section = Section("dhcp.dns_registration", RegistrationConfig)

    def __init__(self) -> None:
        self._operations = RegistrationOperations()
        self._follower: Follower | None = None
        self._unlisten: Callable[[], None] = lambda: None

    @hookimpl
    def microdns_collections(self) -> Iterable[Collection[Any]]:
        return (REGISTRATIONS, PROGRESS)

    @hookimpl
    def microdns_events(self) -> Iterable[type[Event]]:
        return EVENTS

    @hookimpl
    def microdns_operations(self) -> Iterable[Operation[Any, Any]]:
        return self._operations.declare()

    @hookimpl
    async def microdns_setup(self, context: PluginContext[RegistrationConfig]) -> None:
        require = context.services.require
        policy = Policy(context.config, require(Catalogue))
        self._registrar = registrar = Registrar(
            context.store,
            require(ZoneRepository),
            require(Views),
            policy,
            context.clock,
            context.principal,
            context.log,
        )
        reconciler = Reconciler(registrar, context.clock, context.log)
        follower = Follower(context.bus, registrar, reconciler, context.clock, context.log)
        metrics = RegistrationMetrics(lambda: registrar.progress, lambda: follower.waiting)
        registrar.metrics = metrics
        context.metrics.add(self.name, metrics)
        self._unlisten = policy.listen(reconciler.want)
        self._operations.open(registrar, reconciler, follower)
        self._follower = follower
        context.provide(Follower, follower)
        context.provide(Registrar, registrar)

    @hookimpl
    async def microdns_run(self) -> None:
        if self._follower is not None:
            await self._follower.run()

    @hookimpl
    async def microdns_stop(self) -> None:
        self._unlisten()
        self._operations.close()
        self._follower = None

    @hookimpl
    def microdns_status(self) -> Mapping[str, object]:
        if self._follower is None:
            return {}
        progress = self._registrar.progress
        return {
            "names": progress.names,
            "conflicts": progress.conflicts,
            "waiting": self._follower.waiting,
        }
