"""Wiring of the exporter."""

import socket
from collections.abc import Iterable, Mapping
from http import HTTPStatus

from microdns.errors import Problem
from microdns.plugin import Plugin, PluginContext, Section, hookimpl
from microdns_metrics.config import MetricsConfig, check
from microdns_metrics.metrics import ExporterMetrics
from microdns_metrics.request import Request, Response, message
from microdns_metrics.scrape import Scraper
from microdns_metrics.server import Server


class MetricsPlugin(Plugin):
    """Shows every plugin's metrics to Prometheus."""

    name = "metrics"
    summary = "Prometheus exporter"
    section = Section("metrics", MetricsConfig)

    _socket: socket.socket | None = None

    @hookimpl
    def microdns_check(self, config: MetricsConfig) -> Iterable[Problem]:
        return list(check(config))

    @hookimpl
    async def microdns_setup(self, context: PluginContext[MetricsConfig]) -> None:
        self._context = context
        metrics = ExporterMetrics()
        context.metrics.add(self.name, metrics)
        self._scraper = Scraper(context.metrics, metrics, context.log)
        self._server = Server(self._answer, metrics, context.log)

    @hookimpl
    async def microdns_listen(self) -> None:
        self._socket = self._context.network.bind_tcp(self._context.config.address)

    @hookimpl
    async def microdns_run(self) -> None:
        if self._socket is None:
            await self.microdns_listen()
        listening, self._socket = self._socket, None
        if listening is not None:
            await self._server.serve(listening)

    @hookimpl
    async def microdns_stop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    @hookimpl
    def microdns_status(self) -> Mapping[str, object]:
        return {"listen": self._context.config.listen, "path": self._context.config.path}

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
