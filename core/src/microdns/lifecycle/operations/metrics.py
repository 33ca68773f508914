"""Reading what plugins count, without an exporter."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from microdns.lifecycle.operations import samples
from microdns.lifecycle.operations.base import KernelOperations
from microdns.metrics import Buckets, Metric
from microdns.operations import Call, Cli, Operation

SAMPLES_MAX = 1_000
"""Label sets that are shown of one metric."""


class MetricQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which metrics to show."""

    name: Annotated[str, Meta(description="A pattern: * for anything, ? for one letter.")] = "*"
    plugin: Annotated[str, Meta(description="Only what this plugin counts.")] = ""


class SampleShown(msgspec.Struct, frozen=True):
    """What a metric reads; ``value`` of a histogram is how often, ``sum`` how much in all."""

    labels: Mapping[str, str]
    value: float
    sum: float | None = None


class MetricShown(msgspec.Struct, frozen=True):
    """A metric with its label sets."""

    plugin: str
    name: str
    kind: str
    help: str
    samples: list[SampleShown]


class MetricOperations(KernelOperations):
    """``metric.list``."""

    def operations(self) -> list[Operation[Any, Any]]:
        return [
            Operation(
                name="metric.list",
                summary="Show what plugins count.",
                input=MetricQuery,
                output=list[MetricShown],
                handler=self.list,
                scope="stats:read",
                http="GET /stats/metrics",
                sample=samples.METRIC_LIST,
                cli=Cli(command="metrics", render=render_metrics),
                examples=("microdns metrics --name 'microdns_store_*'",),
            )
        ]

    async def list(self, _call: Call, query: MetricQuery) -> "list[MetricShown]":
        return [
            shown(owner, metric)
            for owner, metrics in self._kernel.metrics.by_owner()
            if query.plugin in ("", owner)
            for metric in metrics
            if fnmatchcase(metric.name, query.name)
        ]


def shown(owner: str, metric: Metric) -> MetricShown:
    """A metric as it is shown; one that can't be read has no samples."""
    try:
        samples = list(_samples(metric))
    except Exception:
        samples = []
    return MetricShown(owner, metric.name, metric.kind, metric.help, samples)


def _samples(metric: Metric) -> Iterator[SampleShown]:
    for number, sample in enumerate(metric.samples()):
        if number == SAMPLES_MAX:
            return
        labels = dict(zip(metric.label_names, sample.labels, strict=True))
        if isinstance(sample.value, Buckets):
            yield SampleShown(labels, sum(sample.value.counts), sample.value.sum)
        else:
            yield SampleShown(labels, sample.value)


def render_metrics(metrics: Any) -> str:
    """``microdns metrics`` for people: a line a label set."""
    return "\n".join(
        f"{metric['name']}{_braced(sample['labels'])} {sample['value']:g}"
        for metric in metrics
        for sample in metric["samples"]
    )


def _braced(labels: Mapping[str, str]) -> str:
    inner = ",".join(f"{name}={value}" for name, value in labels.items())
    return f"{{{inner}}}" if inner else ""
