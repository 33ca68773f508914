"""Wiring of dnstap output."""

from collections.abc import Mapping

import microdns
from microdns.plugin import Plugin, PluginContext, Section, hookimpl
from microdns_dns.dnstap import head_of
from microdns_dns.taps import Tap, Taps
from microdns_dnstap.config import DnstapConfig
from microdns_dnstap.metrics import DnstapMetrics
from microdns_dnstap.sender import Sender


class DnstapPlugin(Plugin):
    """Tells a reader of dnstap what is asked and answered."""

    name = "dnstap"
    summary = "Queries and answers to a reader of dnstap"
    requires = ("dns",)
    section = Section("dns.dnstap", DnstapConfig)

    def __init__(self) -> None:
        self._tap: Tap | None = None

    @hookimpl
    async def microdns_setup(self, context: PluginContext[DnstapConfig]) -> None:
        config = context.config
        identity = config.identity or context.instance.id
        version = config.version or f"MicroDNS {microdns.__version__}"
        tap = self._tap = context.services.require(Taps).open(
            head_of(identity.encode(), version.encode()),
            one_in=config.sample,
            buffer_bytes=config.buffer_size,
        )
        self._socket = config.socket
        self._metrics = metrics = DnstapMetrics(lambda: tap.dropped)
        context.metrics.add(self.name, metrics)
        self._sender = Sender(
            config.socket, tap, metrics, context.clock, context.random, context.log
        )

    @hookimpl
    async def microdns_run(self) -> None:
        await self._sender.run()

    @hookimpl
    async def microdns_stop(self) -> None:
        if self._tap is not None:
            self._tap.close()
            self._tap = None

    @hookimpl
    def microdns_status(self) -> Mapping[str, object]:
        if self._tap is None:
            return {}
        return {
            "socket": str(self._socket),
            "connected": bool(self._metrics.connected.value),
            "written": int(self._metrics.frames.value),
            "dropped": self._tap.dropped + self._metrics.lost,
        }
