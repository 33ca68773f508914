"""Wiring of the exporter."""

import socket
from collections.abc import Mapping
from http import HTTPStatus

import anyio

from microdns.config.fields import format_address
from microdns.plugin import Plugin, PluginContext, Section, hookimpl
from microdns_metrics.config import MetricsConfig
from microdns_metrics.metrics import ExporterMetrics
from microdns_metrics.request import Request, Response, message
from microdns_metrics.server import Server


class MetricsPlugin(Plugin):
    """Shows every plugin's metrics to Prometheus."""

    name = "metrics"
    summary = "Prometheus exporter"
    section = Section("metrics", MetricsConfig)

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []

    @hookimpl
    async def microdns_setup(self, context: PluginContext[MetricsConfig]) -> None:
        # prometheus-client is not needed by commands, which import every plugin.
        from microdns_metrics.scrape import Scraper

        self._context = context
        metrics = ExporterMetrics()
        context.metrics.add(self.name, metrics)
        self._scraper = Scraper(context.metrics, metrics, context.log)
        self._server = Server(self._answer, metrics, context.log)

    @hookimpl
    async def microdns_listen(self) -> None:
        for address in self._context.config.listen:
            self._sockets.append(self._context.network.bind_tcp(address))

    @hookimpl
    async def microdns_run(self) -> None:
        if not self._sockets:  # after a crash: the server closes what it was given
            await self.microdns_listen()
        given, self._sockets = self._sockets, []
        async with anyio.create_task_group() as servers:
            for listening in given:
                servers.start_soon(self._server.serve, listening)

    @hookimpl
    async def microdns_stop(self) -> None:
        while self._sockets:
            self._sockets.pop().close()

    @hookimpl
    def microdns_status(self) -> Mapping[str, object]:
        config = self._context.config
        return {"listen": list(map(format_address, config.listen)), "path": config.path}

    async def _answer(self, request: Request) -> Response:
        config = self._context.config
        if request.path != config.path:
            return message(HTTPStatus.NOT_FOUND, f"The metrics are at {config.path}")
        if request.method not in ("GET", "HEAD"):
            return message(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "GET, HEAD"})
        page = await self._scraper.page(request.accept, request.accept_encoding)
        headers = {"Content-Type": page.content_type, "Vary": "Accept, Accept-Encoding"}
        if page.compressed:
            headers["Content-Encoding"] = "gzip"
        return Response(HTTPStatus.OK, page.body, headers)
