"""One scrape: read every metric on the loop, encode in a thread."""

import gzip
import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import anyio
import anyio.lowlevel
import anyio.to_thread
from prometheus_client import ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from microdns.metrics import Metric, MetricRegistry
from microdns_metrics.families import Reading, family, read
from microdns_metrics.metrics import ExporterMetrics

GZIP_LEVEL = 1
"""A scrape shrinks to about a tenth at the cheapest level already."""


@dataclass(frozen=True)
class Page:
    """What a scrape is answered with."""

    body: bytes
    content_type: str
    compressed: bool


class Scraper:
    """Makes pages, one at a time: who scrapes too often waits."""

    def __init__(
        self, registry: MetricRegistry, metrics: ExporterMetrics, log: logging.Logger
    ) -> None:
        self._registry = registry
        self._metrics = metrics
        self._log = log
        self._process = ProcessCollector(registry=None)
        self._one_at_a_time = anyio.Lock()
        self._complained: set[str] = set()

    async def page(self, accept: str, accept_encoding: str) -> Page:
        """All metrics in the format that the headers Accept and Accept-Encoding ask for."""
        async with self._one_at_a_time:
            started = time.perf_counter()
            families = await self._families()
            page = await anyio.to_thread.run_sync(
                encode, [*families, *self._process.collect()], accept, wants_gzip(accept_encoding)
            )
            self._metrics.duration.set(time.perf_counter() - started)
            return page

    async def _families(self) -> list[Family]:
        families: dict[str, Family] = {}
        series = 0
        for metric in self._registry:
            reading = await self._read(metric, taken=families)
            if reading is not None:
                families[metric.name] = family(reading)
                series += reading.series
            await anyio.lowlevel.checkpoint()
        self._metrics.series.set(series)
        return list(families.values())

    async def _read(self, metric: Metric, taken: Iterable[str]) -> Reading | None:
        """A metric's reading; None for one that would spoil the page of all others."""
        try:
            if metric.name in taken:
                raise ValueError("another plugin has a metric of this name")
            return await read(metric)
        except Exception as error:
            # A plugin's own function was called: whatever it raises costs only its metric.
            self._leave_out(metric, error)
            return None

    def _leave_out(self, metric: Metric, error: Exception) -> None:
        self._metrics.left_out.cell(metric.name).inc()
        if metric.name not in self._complained:
            self._complained.add(metric.name)
            self._log.warning("metric left out of the export: %s: %s", metric.name, error)


class Families(Collector):
    """A fixed list of families, as prometheus-client's encoders want it."""

    def __init__(self, families: Sequence[Family]) -> None:
        self._families = families

    def collect(self) -> Iterable[Family]:
        return self._families


def encode(families: Sequence[Family], accept: str, compress: bool) -> Page:
    """The page, in the text format or in OpenMetrics; takes milliseconds, so runs in a thread."""
    encoder, content_type = choose_encoder(accept)
    body = encoder(Families(families))
    if compress:
        body = gzip.compress(body, GZIP_LEVEL, mtime=0)
    return Page(body, content_type, compress)


def wants_gzip(accept_encoding: str) -> bool:
    """Whether the header allows gzip: named, and not with weight 0 (RFC 9110, 12.5.3)."""
    for item in accept_encoding.lower().split(","):
        coding, _, parameters = item.partition(";")
        if coding.strip() in ("gzip", "x-gzip"):
            weight = parameters.replace(" ", "").removeprefix("q=")
            return weight == "" or weight.strip("0.") != ""
    return False
