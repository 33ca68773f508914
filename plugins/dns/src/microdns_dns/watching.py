"""What the server is doing right now: rates from counters, names and clients from samples."""

import ipaddress
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from microdns.clock import Clock
from microdns_dns import names
from microdns_dns.message import Transport
from microdns_dns.metrics import DnsMetrics
from microdns_dns.protocol import RCODE_NAMES, TYPE_NAMES
from microdns_dns.samples import Sample


class Share(msgspec.Struct, frozen=True):
    """One name or client: its share of the queries (0 to 1), and queries a second."""

    what: str
    share: float
    per_second: float


class Top(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in the last ``seconds``; rates are per second, latencies in microseconds."""

    seconds: float
    queries: float
    udp: float
    tcp: float
    latency_mean_us: float
    latency_p50_us: float
    latency_p99_us: float
    rcodes: dict[str, float]
    types: dict[str, float]
    names: list[Share]
    clients: list[Share]
    cache_hit_rate: float | None
    """Of queries that the packet cache was asked for; None if it was asked for none."""
    upward: float
    dropped: float
    limited: float
    sampled: int
    """How many queries names and clients are told from."""
    live: bool = False
    """More will follow."""


class Watching:
    """Compares counters now with those of the last time."""

    def __init__(self, metrics: DnsMetrics, clock: Clock) -> None:
        self._metrics = metrics
        self._samples = metrics.samples
        self._clock = clock
        self._before = self._read()
        self._began = clock.monotonic()
        self._samples.take()

    def next(self, limit: int, *, live: bool) -> Top:
        """What happened since the last call."""
        now, moment = self._read(), self._clock.monotonic()
        seconds = max(moment - self._began, 1e-3)
        before, self._before, self._began = self._before, now, moment
        fresh = {key: now[key] - before.get(key, 0) for key in now}
        answered = {key[1:]: count for key, count in fresh.items() if key[0] == "answered"}
        total = sum(answered.values())
        rate = total / seconds
        samples = self._samples.take()
        return Top(
            seconds=round(seconds, 3),
            queries=_rounded(rate),
            udp=_rounded(_of(answered, 0, Transport.UDP) / seconds),
            tcp=_rounded(_of(answered, 0, Transport.TCP) / seconds),
            rcodes=_rates(answered, 2, seconds, RCODE_NAMES),
            types=_rates(answered, 1, seconds, TYPE_NAMES),
            names=_shares(samples, 1, limit, rate, shown_name),
            clients=_shares(samples, 2, limit, rate, _host),
            cache_hit_rate=_hit_rate(fresh),
            upward=_rounded(fresh["upward",] / seconds),
            dropped=_rounded(fresh["dropped",] / seconds),
            limited=_rounded(fresh["limited",] / seconds),
            sampled=len(samples),
            live=live,
            **self._latency(fresh, total),
        )

    def _read(self) -> dict[tuple[Any, ...], float]:
        metrics = self._metrics
        metrics.bring()
        found: dict[tuple[Any, ...], float] = {
            ("answered", *key): count for key, count in metrics.answered.items()
        }
        for buckets in metrics.latency.values():
            for place, count in enumerate(buckets.counts):
                key = ("latency", place)
                found[key] = found.get(key, 0) + count
        found["latency sum",] = sum(buckets.sum for buckets in metrics.latency.values())
        found["hits",] = metrics.cache_hits.value
        found["misses",] = metrics.cache_misses.value
        found["upward",] = metrics.upward.value
        others = (metrics.dropped_denied, metrics.dropped_oversize, metrics.dropped_overload)
        dropped = [*metrics.dropped.values(), *others, metrics.dropped_unsent]
        found["dropped",] = sum(cell.value for cell in dropped)
        found["limited",] = sum(metrics.limited_total())
        return found

    def _latency(self, fresh: dict[tuple[Any, ...], float], total: float) -> dict[str, float]:
        bounds = next(iter(self._metrics.latency.values())).bounds
        counts = [fresh.get(("latency", place), 0) for place in range(len(bounds) + 1)]
        mean = fresh["latency sum",] / total if total else 0
        return {
            "latency_mean_us": round(mean * 1e6, 1),
            "latency_p50_us": _quantile(counts, bounds, 0.5),
            "latency_p99_us": _quantile(counts, bounds, 0.99),
        }


def _quantile(counts: list[float], bounds: Iterable[float], share: float) -> float:
    """The bound of the bucket that this share of queries lies within, in microseconds."""
    reached, sums = 0.0, []
    for count in counts:
        reached += count
        sums.append(reached)
    if not reached:
        return 0.0
    ends = [*bounds]
    return round(ends[min(bisect_left(sums, reached * share), len(ends) - 1)] * 1e6, 1)


def _of(answered: dict[tuple[Any, ...], float], place: int, wanted: object) -> float:
    return sum(count for key, count in answered.items() if key[place] == wanted)


def _rates(
    answered: dict[tuple[Any, ...], float], place: int, seconds: float, named: dict[int, str]
) -> dict[str, float]:
    """Rates by what stands there in the key, the highest first; those that were seen at all."""
    total: Counter[str] = Counter()
    for key, count in answered.items():
        if count:
            total[named.get(key[place], "other")] += count  # type: ignore[assignment] # counts are whole
    return {name: _rounded(count / seconds) for name, count in total.most_common()}


def _shares(
    samples: list[Sample], place: int, limit: int, rate: float, show: Callable[[bytes], str]
) -> list[Share]:
    weights: Counter[bytes] = Counter()
    for sample in samples:
        weights[sample[place]] += sample[0]  # type: ignore[index] # 1 and 2 are octets
    total = weights.total() or 1
    return [
        Share(show(what), round(weight / total, 4), _rounded(rate * weight / total))
        for what, weight in weights.most_common(limit)
    ]


def shown_name(folded: bytes) -> str:
    """The name that was asked for, also where the question could not be read."""
    return names.to_text(folded) if folded else "(unreadable)"


def _host(octets: bytes) -> str:
    address = ipaddress.IPv6Address(octets)
    return str(address.ipv4_mapped or address)


def _hit_rate(fresh: dict[tuple[Any, ...], float]) -> float | None:
    asked = fresh["hits",] + fresh["misses",]
    return round(fresh["hits",] / asked, 4) if asked else None


def _rounded(rate: float) -> float:
    return round(rate, 1)
