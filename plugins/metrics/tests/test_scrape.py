"""A scrape: what is on the page, in each format, and what one bad metric costs."""

import gzip
import logging
import random
from collections.abc import Callable, Iterable

import pytest
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from microdns.metrics import Metric, MetricRegistry, MetricSet, Sample
from microdns_metrics.metrics import ExporterMetrics
from microdns_metrics.scrape import Scraper, wants_gzip

pytestmark = pytest.mark.anyio

parse_text: Callable[[str], Iterable[Family]] = text_string_to_metric_families
parse_openmetrics: Callable[[str], Iterable[Family]] = openmetrics.text_string_to_metric_families

OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"


class Fixture:
    """A registry with the exporter's own metrics, one plugin's, and a scraper over them."""

    def __init__(self) -> None:
        self.registry = MetricRegistry()
        self.own = ExporterMetrics()
        self.plugin = MetricSet()
        self.registry.add("metrics", self.own)
        self.registry.add("plugin", self.plugin)
        self.scraper = Scraper(self.registry, self.own, logging.getLogger("test.scrape"))

    async def text(self, accept: str = "") -> str:
        page = await self.scraper.page(accept, "")
        assert not page.compressed
        return page.body.decode()

    async def values(self) -> dict[str, float]:
        """Value by ``name{label=value,…}`` as prometheus-client's own parser reads the page."""
        return {
            sample.name + str(dict(sample.labels)): sample.value
            for parsed in parse_text(await self.text())
            for sample in parsed.samples
        }


@pytest.fixture
def fixture() -> Fixture:
    return Fixture()


async def test_page_holds_every_set_and_the_process(fixture: Fixture) -> None:
    fixture.plugin.counter("microdns_a_total", "A.", ["zone"]).cell('x"\\\n').inc(2)
    fixture.plugin.gauge("microdns_b", "B.").cell().set(1.5)
    values = await fixture.values()
    assert values["microdns_a_total" + str({"zone": 'x"\\\n'})] == 2
    assert values["microdns_b{}"] == 1.5
    assert values["process_resident_memory_bytes{}"] > 1_000_000
    assert values["process_open_fds{}"] > 0
    assert values["process_cpu_seconds_total{}"] > 0


async def test_openmetrics_when_it_is_asked_for(fixture: Fixture) -> None:
    histogram = fixture.plugin.histogram("microdns_c_seconds", "C.", ["kind"])
    for _ in range(50):
        histogram.buckets("x").observe(random.random())
    page = await fixture.scraper.page(OPENMETRICS, "")
    assert page.content_type.startswith("application/openmetrics-text; version=1.0.0")
    text = page.body.decode()
    assert text.endswith("# EOF\n")
    assert "microdns_c_seconds" in {parsed.name for parsed in parse_openmetrics(text)}


async def test_plain_text_otherwise(fixture: Fixture) -> None:
    page = await fixture.scraper.page("*/*", "")
    assert page.content_type.startswith("text/plain; version=0.0.4")


async def test_gzip_holds_the_same(fixture: Fixture) -> None:
    page = await fixture.scraper.page("", "deflate, gzip")
    assert page.compressed
    assert b"microdns_metrics_series" in gzip.decompress(page.body)


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("", False),
        ("gzip", True),
        ("GZIP;q=0.5", True),
        ("br, x-gzip", True),
        ("gzip; q=0", False),
        ("gzip;q=0.000", False),
        ("identity", False),
        ("*", False),
    ],
)
async def test_accept_encoding(header: str, wanted: bool) -> None:
    assert wants_gzip(header) is wanted


async def test_a_metric_that_raises_is_left_out_counted_and_logged_once(
    fixture: Fixture, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> list[Sample]:
        raise RuntimeError("engine gone")

    fixture.plugin.gauge("microdns_broken", "Broken.").read_with(broken)
    fixture.plugin.gauge("microdns_good", "Good.").cell().set(1)
    await fixture.values()
    values = await fixture.values()
    assert values["microdns_good{}"] == 1
    assert not any(name.startswith("microdns_broken{") for name in values)
    assert fixture.own.left_out.cell("microdns_broken").value == 2
    assert [record.getMessage() for record in caplog.records] == [
        "metric left out of the export: microdns_broken: engine gone"
    ]


async def test_a_name_taken_by_another_plugin_is_left_out(fixture: Fixture) -> None:
    other = MetricSet()
    other.gauge("microdns_same", "Other.").cell().set(2)
    fixture.plugin.gauge("microdns_same", "First.").cell().set(1)
    fixture.registry.add("other", other)
    assert (await fixture.values())["microdns_same{}"] == 1


async def test_pages_of_the_next_scrape_tell_of_this_one(fixture: Fixture) -> None:
    await fixture.text()
    values = await fixture.values()
    assert values["microdns_metrics_series{}"] > 1
    assert values["microdns_metrics_collection_seconds{}"] > 0


async def test_metrics_of_a_stopped_plugin_are_gone(fixture: Fixture) -> None:
    fixture.plugin.gauge("microdns_b", "B.").cell().set(1)
    fixture.registry.remove("plugin")
    assert "microdns_b{}" not in await fixture.values()


async def test_a_large_registry_is_complete(fixture: Fixture) -> None:
    metric: Metric = fixture.plugin.counter("microdns_many_total", "Many.", ["n"])
    for n in range(2000):
        metric.cell(str(n)).inc(n)
    values = await fixture.values()
    assert all(values["microdns_many_total" + str({"n": str(n)})] == n for n in range(2000))
