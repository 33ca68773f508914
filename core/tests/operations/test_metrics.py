"""``metric.list``: what plugins count, without an exporter."""

from collections.abc import Iterator

import pytest

from microdns.lifecycle.operations.metrics import render_metrics
from microdns.metrics import MetricSet, Sample
from microdns.operations import Call
from microdns.testing import run_kernel

pytestmark = pytest.mark.anyio


def unreadable() -> Iterator[Sample]:
    raise RuntimeError("can't be read")


async def test_shows_each_label_set_by_plugin_and_pattern() -> None:
    metrics = MetricSet()
    metrics.counter("microdns_toy_balls_total", "Balls.", ["colour"]).cell("red").inc(3)
    metrics.histogram("microdns_toy_seconds", "Time.").buckets().observe(0.5)
    metrics.gauge("microdns_toy_broken", "Broken.").read_with(unreadable)
    async with run_kernel() as kernel:
        kernel.metrics.add("toy", metrics)
        everything = await kernel.operations.call("metric.list", {}, Call())
        toys = await kernel.operations.call("metric.list", {"plugin": "toy"}, Call())
        query = {"name": "microdns_toy_*_total"}
        (balls,) = await kernel.operations.call("metric.list", query, Call())
    assert len(everything) > len(toys) == 3
    assert (balls.plugin, balls.kind, balls.help) == ("toy", "counter", "Balls.")
    assert [(each.labels, each.value) for each in balls.samples] == [({"colour": "red"}, 3)]
    time = next(each for each in toys if each.kind == "histogram")
    assert [(each.value, each.sum) for each in time.samples] == [(1, 0.5)]
    assert next(each for each in toys if each.kind == "gauge").samples == []


def test_is_rendered_as_lines() -> None:
    samples = [{"labels": {"a": "b"}, "value": 2.0}, {"labels": {}, "value": 0.5}]
    assert render_metrics([{"name": "m", "samples": samples}]) == "m{a=b} 2\nm 0.5"
