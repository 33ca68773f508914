"""Metrics in the kernel's own terms."""

import pytest

from microdns.metrics import LABEL_SETS_MAX, Buckets, MetricRegistry, MetricSet, Sample


def test_a_counter_counts_per_label_set() -> None:
    metrics = MetricSet()
    queries = metrics.counter("microdns_x_queries_total", "Queries.", ["type", "rcode"])
    cell = queries.cell("A", "NOERROR")
    cell.inc()
    cell.inc(2)
    queries.cell("MX", "NXDOMAIN").inc()
    assert list(queries.samples()) == [
        Sample(("A", "NOERROR"), 3),
        Sample(("MX", "NXDOMAIN"), 1),
    ]
    assert queries.cell("A", "NOERROR") is cell


def test_a_histogram_puts_a_bound_into_its_own_bucket() -> None:
    buckets = Buckets([1.0, 2.0])
    for value in (0.5, 1.0, 1.5, 2.0, 9.0):
        buckets.observe(value)
    assert buckets.counts == [2, 2, 1]
    assert buckets.sum == 14.0


def test_label_sets_beyond_the_limit_are_counted_together() -> None:
    metrics = MetricSet()
    names = metrics.counter("microdns_x_names_total", "Names.", ["name"])
    for number in range(LABEL_SETS_MAX + 100):
        names.cell(f"n{number}").inc()
    samples = list(names.samples())
    assert len(samples) == LABEL_SETS_MAX + 1
    assert samples[-1] == Sample(("other",), 100)


def test_a_gauge_may_be_read_when_asked() -> None:
    metrics = MetricSet()
    gauge = metrics.gauge("microdns_x_ready", "Ready.")
    gauge.read_with(lambda: [Sample((), 1.0)])
    assert list(gauge.samples()) == [Sample((), 1.0)]


def test_forgotten_label_sets_are_shown_no_more() -> None:
    metrics = MetricSet()
    gauge = metrics.gauge("microdns_x_zones", "Zones.", ["zone"])
    gauge.cell("a").set(1)
    gauge.cell("b").set(2)
    gauge.remove("a")
    assert [sample.labels for sample in gauge.samples()] == [("b",)]
    gauge.clear()
    assert list(gauge.samples()) == []


@pytest.mark.parametrize(
    ("declare", "reason"),
    [
        (lambda m: m.counter("queries_total", "x"), "microdns_"),
        (lambda m: m.counter("microdns_queries", "x"), "_total"),
        (lambda m: m.gauge("microdns_queries_total", "x"), "_total"),
        (lambda m: [m.gauge("microdns_x", "x"), m.gauge("microdns_x", "x")], "twice"),
    ],
)
def test_names_follow_the_conventions(declare: object, reason: str) -> None:
    assert callable(declare)
    with pytest.raises(ValueError, match=reason):
        declare(MetricSet())


def test_wrong_labels_and_wrong_kinds_are_defects() -> None:
    metrics = MetricSet()
    counter = metrics.counter("microdns_x_total", "x", ["a"])
    histogram = metrics.histogram("microdns_x_seconds", "x")
    with pytest.raises(ValueError, match="labels"):
        counter.cell("1", "2")
    with pytest.raises(TypeError):
        counter.buckets("1")
    with pytest.raises(TypeError):
        histogram.cell()


def test_a_registry_shows_what_runs() -> None:
    registry, metrics = MetricRegistry(), MetricSet()
    metrics.gauge("microdns_x", "x")
    registry.add("x", metrics)
    assert [metric.name for metric in registry] == ["microdns_x"]
    registry.remove("x")
    registry.remove("x")
    assert list(registry) == []
