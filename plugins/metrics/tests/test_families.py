"""Readings of the kernel's metrics, and the samples made of them."""

from collections.abc import Iterable

import pytest

from microdns.metrics import LABEL_SETS_MAX, Buckets, Metric, MetricSet, Sample
from microdns_metrics.families import Histogram, family, read, samples

pytestmark = pytest.mark.anyio


def counter(*labels: str) -> Metric:
    return MetricSet().counter("microdns_test_total", "Help.", labels)


async def lines(metric: Metric) -> list[tuple[str, dict[str, str], float]]:
    return [(sample.name, sample.labels, sample.value) for sample in samples(await read(metric))]


async def test_counter_keeps_its_suffix_in_samples_only() -> None:
    metric = counter("zone")
    metric.cell("a.example").inc(3)
    assert await lines(metric) == [("microdns_test_total", {"zone": "a.example"}, 3.0)]
    assert family(await read(metric)).name == "microdns_test"


async def test_histogram_is_cumulative_and_ends_with_count_and_sum() -> None:
    metric = MetricSet().histogram("microdns_test_seconds", "Help.", ["kind"], [0.5, 1])
    for value in (0.1, 0.5, 0.7, 5):
        metric.buckets("x").observe(value)
    assert await lines(metric) == [
        ("microdns_test_seconds_bucket", {"kind": "x", "le": "0.5"}, 2),
        ("microdns_test_seconds_bucket", {"kind": "x", "le": "1.0"}, 3),
        ("microdns_test_seconds_bucket", {"kind": "x", "le": "+Inf"}, 4),
        ("microdns_test_seconds_count", {"kind": "x"}, 4),
        ("microdns_test_seconds_sum", {"kind": "x"}, 6.3),
    ]
    assert (await read(metric)).series == 5


async def test_a_reading_does_not_follow_later_changes() -> None:
    metric = MetricSet().histogram("microdns_test_seconds", "Help.", [], [1])
    metric.buckets().observe(0.5)
    reading = await read(metric)
    metric.buckets().observe(0.5)
    assert reading.values == [((), Histogram((1, 1), 0.5))]


async def test_label_sets_beyond_the_limit_are_cut_off() -> None:
    metric = counter("n")
    metric.read_with(lambda: (Sample((str(n),), n) for n in range(LABEL_SETS_MAX + 50)))
    assert len((await read(metric)).values) == LABEL_SETS_MAX


@pytest.mark.parametrize("name", ["1st", "a-b", "", "__name", "ümlaut", "le", "quantile"])
async def test_bad_label_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="label name"):
        await read(counter(name))


@pytest.mark.parametrize(
    "given",
    [
        [Sample(("a", "b"), 1)],
        [Sample((), 1)],
        [Sample(("a",), Buckets([1.0]))],
    ],
)
async def test_samples_that_break_the_declaration_are_refused(given: Iterable[Sample]) -> None:
    metric = counter("one")
    metric.read_with(lambda: given)
    with pytest.raises(ValueError, match=r"labels|counter"):
        await read(metric)
