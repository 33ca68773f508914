"""Wiring of authoritative answers."""

from collections.abc import Mapping

from microdns.config.fields import format_address
from microdns.plugin import Plugin, PluginContext, Section, hookimpl
from microdns_auth.config import AuthConfig
from microdns_auth.declare import declare_zones
from microdns_auth.metrics import AuthMetrics
from microdns_auth.stage import AuthoritativeStage
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

    @hookimpl
    async def microdns_setup(self, context: PluginContext[AuthConfig]) -> None:
        self._context = context
        metrics = AuthMetrics()
        context.metrics.add(self.name, metrics)
        await declare_zones(context.config, context.services.require(ZoneRepository))
        self._stage = AuthoritativeStage(context.services.require(Views), metrics)

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
