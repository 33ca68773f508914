"""Wiring of authoritative answers."""

from collections.abc import Iterable, Mapping
from typing import Any

from microdns.config.fields import format_address
from microdns.errors import Problem
from microdns.operations import Operation
from microdns.plugin import Plugin, PluginContext, Section, hookimpl
from microdns_auth.config import AuthConfig
from microdns_auth.declare import Declaration
from microdns_auth.foresee import Foreseer
from microdns_auth.metrics import AuthMetrics
from microdns_auth.operations import ZoneFileOperations
from microdns_auth.stage import AuthoritativeStage
from microdns_auth.transfer.incoming import Bounds
from microdns_auth.transfer.operations import TransferOperations
from microdns_auth.transfer.out import TransfersOut
from microdns_dns.listeners import Listeners, Listening
from microdns_dns.repository import ZoneRepository
from microdns_dns.view import Views


class AuthPlugin(Plugin):
    """Answers from the zones of this server."""

    name = "auth"
    summary = "Authoritative answers"
    requires = ("dns",)
    section = Section("dns.auth", AuthConfig)

    def __init__(self) -> None:
        self._listening: Listening | None = None
        self._declaration = Declaration()
        self._operations = ZoneFileOperations()
        self._transfer = TransferOperations()

    @hookimpl
    def microdns_check(self, config: AuthConfig) -> Iterable[Problem]:
        return self._declaration.check(config)

    @hookimpl
    def microdns_operations(self) -> Iterable[Operation[Any, Any]]:
        return [*self._operations.declare(), *self._transfer.declare()]

    @hookimpl
    async def microdns_setup(self, context: PluginContext[AuthConfig]) -> None:
        self._context = context
        views = context.services.require(Views)
        metrics = AuthMetrics(views)
        context.metrics.add(self.name, metrics)
        repository = context.services.require(ZoneRepository)
        self._operations.attach(repository)
        await self._declaration.apply(context.config, repository)
        self._transfer.attach(repository)
        self._transfer.bound(bounds_of(context.config), texts(context.config.transfer_primaries))
        transfers = TransfersOut(
            context.store,
            metrics,
            context.log,
            allowed=texts(context.config.allow_transfer),
            most=context.config.transfers_max,
            seconds=context.config.transfer_timeout_secs,
        )
        foreseer = Foreseer(views, context.store)
        context.operations.foresee(self.name, foreseer.foresee)
        self._stage = AuthoritativeStage(views, metrics, transfers)

    @hookimpl
    async def microdns_listen(self) -> None:
        listeners = self._context.services.require(Listeners)
        self._listening = await listeners.listen(self._context.config.listen, self._stage)

    @hookimpl
    async def microdns_stop(self) -> None:
        if self._listening is not None:
            await self._listening.close()
            self._listening = None

    @hookimpl
    def microdns_status(self) -> Mapping[str, object]:
        bound = () if self._listening is None else self._listening.addresses
        return {"listen": list(map(format_address, bound))}


def bounds_of(config: AuthConfig) -> Bounds:
    """What a zone that is taken over may take."""
    return Bounds(
        config.transfer_records_max, config.transfer_bytes_max, config.transfer_timeout_secs
    )


def texts(networks: Iterable[object]) -> tuple[str, ...]:
    """Networks as they are written."""
    return tuple(map(str, networks))
