"""How many queries came lately, and how they were answered: a look back over an hour.

Counters only grow; a ``Pace`` reads them now and then, and keeps what became of each interval.
"""

from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Mapping, Sequence

import msgspec

from microdns.clock import Clock
from microdns_dns.metrics import DnsMetrics
from microdns_dns.protocol import RCODE_NAMES

INTERVAL_SECONDS = 5.0
POINTS_MAX = 720
"""An hour."""


class Point(msgspec.Struct, frozen=True):
    """One interval: rates are per second, latencies in seconds (None where nothing was measured).

    ``number`` counts intervals since the start, ``time_ms`` is Unix time at its end.
    """

    number: int
    time_ms: int
    queries: float
    rcodes: Mapping[str, float]
    dropped: float
    latency_p50: float | None
    latency_p95: float | None
    latency_p99: float | None


class _Reading(msgspec.Struct, frozen=True):
    """What the counters say at one moment."""

    at: float
    rcodes: Counter[int]
    dropped: float
    buckets: tuple[int, ...]


class Pace:
    """The last intervals, oldest first."""

    def __init__(self, metrics: DnsMetrics, clock: Clock) -> None:
        self._metrics = metrics
        self._clock = clock
        self._bounds = next(iter(metrics.latency.values())).bounds
        self._points: deque[Point] = deque(maxlen=POINTS_MAX)
        self._number = 0
        self._last = self._read()

    async def run(self) -> None:
        """Look once an interval, until cancelled."""
        while True:
            await self._clock.sleep(INTERVAL_SECONDS)
            self.look()

    def look(self) -> None:
        """Keep what has happened since the last look."""
        before, self._last = self._last, self._read()
        seconds = self._last.at - before.at
        if seconds <= 0:
            return
        self._number += 1
        came = self._last.rcodes - before.rcodes
        buckets = [now - then for now, then in zip(self._last.buckets, before.buckets, strict=True)]
        p50, p95, p99 = (quantile(self._bounds, buckets, share) for share in (0.5, 0.95, 0.99))
        self._points.append(
            Point(
                number=self._number,
                time_ms=self._clock.time_ns() // 1_000_000,
                queries=sum(came.values()) / seconds,
                rcodes={rcode_name(code): count / seconds for code, count in came.items()},
                dropped=(self._last.dropped - before.dropped) / seconds,
                latency_p50=p50,
                latency_p95=p95,
                latency_p99=p99,
            )
        )

    def points(self, after: int = 0) -> list[Point]:
        """The intervals after this number; all that are kept when it is not one of ours."""
        if after > self._number:
            after = 0
        kept = [point.number for point in self._points]
        return list(self._points)[bisect_right(kept, after) :]

    def total(self) -> int:
        """Queries answered since the start."""
        return sum(self._last.rcodes.values())

    def _read(self) -> _Reading:
        self._metrics.bring()
        rcodes: Counter[int] = Counter()
        for (_, _, rcode), count in self._metrics.answered.items():
            rcodes[rcode] += count
        buckets = [sum(counts) for counts in zip(*self._counts(), strict=True)]
        dropped = sum(cell.value for cell in self._metrics.drop_cells())
        return _Reading(self._clock.monotonic(), rcodes, dropped, tuple(buckets))

    def _counts(self) -> list[list[int]]:
        return [buckets.counts for buckets in self._metrics.latency.values()]


def rcode_name(code: int) -> str:
    """An rcode as it is shown."""
    return RCODE_NAMES.get(code, str(code))


def quantile(bounds: Sequence[float], counts: Sequence[int], share: float) -> float | None:
    """The value below which this share lies, within its bucket by proportion; None for nothing.

    ``bounds`` are upper bounds; what lies above the last counts as the last.
    """
    wanted = sum(counts) * share
    if not wanted:
        return None
    below = 0
    for place, count in enumerate(counts):
        if count and below + count >= wanted:
            if place >= len(bounds):
                break
            low = bounds[place - 1] if place else 0.0
            return low + (bounds[place] - low) * (wanted - below) / count
        below += count
    return bounds[-1]
