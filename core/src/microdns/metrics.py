"""Metrics in the kernel's own terms: plain counters that any exporter can read.

A plugin declares its set in ``metrics.py``, one instance per run of the plugin::

    class AuthMetrics(MetricSet):
        def __init__(self) -> None:
            super().__init__()
            self.queries = self.counter("microdns_auth_queries_total", "Queries.", ["rcode"])

Counting is adding to a cell; exporters read when somebody asks, and none is imported here.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["counter", "gauge", "histogram"]
Labels = tuple[str, ...]

LABEL_SETS_MAX = 2_000
"""Label sets that one metric holds; further ones are counted together under ``other``."""


class Cell:
    """One number of a counter or gauge; ``value`` may be read and written freely."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value: float = 0

    def inc(self, amount: float = 1) -> None:
        self.value += amount

    def set(self, value: float) -> None:
        self.value = value


class Buckets:
    """One histogram: counts per bucket (upper bounds inclusive), their sum and number."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value


@dataclass(frozen=True)
class Sample:
    """What a metric reads at one moment for one set of label values."""

    labels: Labels
    value: float | Buckets


@dataclass
class Metric:
    """Name (Prometheus conventions, unit last, counters end in ``_total``), help, label names."""

    kind: Kind
    name: str
    help: str
    label_names: Labels = ()
    bounds: tuple[float, ...] = ()
    _cells: dict[Labels, Cell | Buckets] = field(default_factory=dict)
    _read: Callable[[], Iterable[Sample]] | None = None

    def cell(self, *labels: str) -> Cell:
        """The counter or gauge for these label values; keep it, looking it up costs more."""
        found = self._child(labels)
        if not isinstance(found, Cell):
            raise TypeError(f"{self.name} is a histogram: use buckets()")
        return found

    def buckets(self, *labels: str) -> Buckets:
        """The histogram for these label values."""
        found = self._child(labels)
        if not isinstance(found, Buckets):
            raise TypeError(f"{self.name} is a {self.kind}: use cell()")
        return found

    def read_with(self, read: Callable[[], Iterable[Sample]]) -> None:
        """Let ``read`` give the samples when asked, in place of cells."""
        self._read = read

    def samples(self) -> Iterator[Sample]:
        """Every label set with its present value."""
        if self._read is not None:
            yield from self._read()
            return
        for labels, child in list(self._cells.items()):
            yield Sample(labels, child.value if isinstance(child, Cell) else child)

    def clear(self) -> None:
        """Forget all label sets, for gauges whose subjects have gone."""
        self._cells.clear()

    def remove(self, *labels: str) -> None:
        """Forget one label set."""
        self._cells.pop(labels, None)

    def _child(self, labels: Labels) -> Cell | Buckets:
        found = self._cells.get(labels)
        if found is None:
            if len(labels) != len(self.label_names):
                raise ValueError(f"{self.name} has labels {self.label_names}, not {labels}")
            if len(self._cells) >= LABEL_SETS_MAX and labels:
                labels = ("other",) * len(labels)
            found = self._cells.setdefault(
                labels, Buckets(self.bounds) if self.kind == "histogram" else Cell()
            )
        return found


LATENCY_BOUNDS_SECONDS = (
    0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
    0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
)  # fmt: skip


class MetricSet:
    """The metrics of one plugin instance (or of the kernel)."""

    def __init__(self) -> None:
        self._metrics: dict[str, Metric] = {}

    def counter(self, name: str, help: str, labels: Sequence[str] = ()) -> Metric:
        return self._add(Metric("counter", name, help, tuple(labels)))

    def gauge(self, name: str, help: str, labels: Sequence[str] = ()) -> Metric:
        return self._add(Metric("gauge", name, help, tuple(labels)))

    def histogram(
        self,
        name: str,
        help: str,
        labels: Sequence[str] = (),
        bounds: Sequence[float] = LATENCY_BOUNDS_SECONDS,
    ) -> Metric:
        return self._add(Metric("histogram", name, help, tuple(labels), tuple(bounds)))

    def __iter__(self) -> Iterator[Metric]:
        return iter(list(self._metrics.values()))

    def _add(self, metric: Metric) -> Metric:
        if metric.name in self._metrics:
            raise ValueError(f"metric {metric.name} is declared twice")
        if not metric.name.startswith("microdns_"):
            raise ValueError(f"metric {metric.name} does not start with microdns_")
        if (metric.kind == "counter") != metric.name.endswith("_total"):
            raise ValueError(f"metric {metric.name}: counters, and only they, end in _total")
        self._metrics[metric.name] = metric
        return metric


class MetricRegistry:
    """The metric sets of everything that runs, by owner."""

    def __init__(self) -> None:
        self._sets: dict[str, MetricSet] = {}

    def add(self, owner: str, metrics: MetricSet) -> None:
        """Show a plugin's metrics from now on."""
        self._sets[owner] = metrics

    def remove(self, owner: str) -> None:
        """Show them no longer."""
        self._sets.pop(owner, None)

    def by_owner(self) -> list[tuple[str, MetricSet]]:
        """Each owner with its set."""
        return list(self._sets.items())

    def __iter__(self) -> Iterator[Metric]:
        for metrics in list(self._sets.values()):
            yield from metrics
