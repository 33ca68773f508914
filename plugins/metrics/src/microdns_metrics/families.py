"""From the kernel's metrics to prometheus-client's families.

Reading is done on the event loop, where the numbers are kept, a few at a time.  What was read
does not change any more, so that it can be encoded in a thread.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice

import anyio.lowlevel
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.samples import Sample as FamilySample
from prometheus_client.utils import floatToGoString

from microdns.metrics import LABEL_SETS_MAX, Buckets, Labels, Metric

PAUSE_SAMPLES = 100
"""After so many samples, reading lets the loop, and encoding lets the loop's thread, go on."""
PAUSE_SECONDS = 0.0001
"""How long the encoding thread stays away from the interpreter: enough for the loop to get it."""

number_text: Callable[[float], str] = floatToGoString
"""A number as the formats spell it, for the label ``le``."""

RESERVED_LABELS = frozenset({"le", "quantile"})


@dataclass(frozen=True)
class Histogram:
    """One histogram as it was read: cumulative counts in the order of the bounds, and the sum."""

    cumulative: tuple[int, ...]
    sum: float


@dataclass(frozen=True)
class Reading:
    """One metric as it was at one moment: numbers (or histograms) by label values."""

    metric: Metric
    values: Sequence[tuple[Labels, float | Histogram]]

    @property
    def series(self) -> int:
        """How many lines it will be, without headers."""
        return sum(
            len(value.cumulative) + 2 if isinstance(value, Histogram) else 1
            for _, value in self.values
        )


async def read(metric: Metric) -> Reading:
    """Take down what a metric says now, up to ``LABEL_SETS_MAX`` label sets.

    Raises ValueError when it does not keep to its declaration, and whatever its own function for
    reading raises.
    """
    check_labels(metric.label_names)
    values: list[tuple[Labels, float | Histogram]] = []
    for number, sample in enumerate(list(islice(metric.samples(), LABEL_SETS_MAX))):
        if len(sample.labels) != len(metric.label_names):
            raise ValueError(f"labels {metric.label_names} have values {sample.labels}")
        values.append((sample.labels, taken_down(metric, sample.value)))
        if number % PAUSE_SAMPLES == PAUSE_SAMPLES - 1:
            await anyio.lowlevel.checkpoint()
    return Reading(metric, values)


def check_labels(names: Labels) -> None:
    """Raise ValueError for label names that the exposition format does not allow."""
    for name in names:
        if not (name.isascii() and name.isidentifier()) or name.startswith("__"):
            raise ValueError(f"{name!r} is not a label name")
        if name in RESERVED_LABELS:
            raise ValueError(f"label name {name!r} is reserved")


def taken_down(metric: Metric, value: float | Buckets) -> float | Histogram:
    """A value that no longer changes; raises ValueError when it is not of the metric's kind."""
    if isinstance(value, Buckets) != (metric.kind == "histogram"):
        raise ValueError(f"a {metric.kind} has a value of {type(value).__name__}")
    if not isinstance(value, Buckets):
        return float(value)
    return Histogram(tuple(accumulate(value.counts)), value.sum)


def family(reading: Reading) -> Family:
    """The family that prometheus-client's encoders take; raises ValueError for a bad name."""
    metric = reading.metric
    name = metric.name.removesuffix("_total") if metric.kind == "counter" else metric.name
    made = Family(name, metric.help, metric.kind)
    made.samples = PausingSamples(reading)
    return made


class PausingSamples(list[FamilySample]):
    """The samples of a family, made while they are encoded, with pauses for other threads.

    An encoder only walks over them.  Without the pauses the thread would keep the interpreter
    for 5 ms at a time, and every packet that arrives meanwhile would wait as long.
    """

    def __init__(self, reading: Reading) -> None:
        super().__init__()
        self._reading = reading

    def __iter__(self) -> Iterator[FamilySample]:
        for number, sample in enumerate(samples(self._reading)):
            if number % PAUSE_SAMPLES == PAUSE_SAMPLES - 1:
                time.sleep(PAUSE_SECONDS)
            yield sample


def samples(reading: Reading) -> Iterator[FamilySample]:
    """Every line of the exposition, in the order in which the formats want them."""
    metric = reading.metric
    bounds = [number_text(bound) for bound in (*metric.bounds, math.inf)]
    for values, value in reading.values:
        labels = dict(zip(metric.label_names, values, strict=True))
        if not isinstance(value, Histogram):
            yield FamilySample(metric.name, labels, value)
            continue
        for bound, count in zip(bounds, value.cumulative, strict=True):
            yield FamilySample(f"{metric.name}_bucket", {**labels, "le": bound}, count)
        yield FamilySample(f"{metric.name}_count", labels, value.cumulative[-1])
        yield FamilySample(f"{metric.name}_sum", labels, value.sum)
