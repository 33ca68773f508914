"""How long a scrape takes, and how long it holds up the event loop.

A registry with as many label sets as one metric may have, counters or histograms; meanwhile a task
measures the longest time for which the loop did not get to it.
"""

import argparse
import logging
import sys
import time

import anyio
import anyio.lowlevel

from microdns.metrics import LABEL_SETS_MAX, MetricRegistry, MetricSet
from microdns_metrics.metrics import ExporterMetrics
from microdns_metrics.scrape import Scraper


def registry_of(kind: str) -> tuple[MetricRegistry, ExporterMetrics]:
    """A registry with one full metric of a kind, and the exporter's own."""
    registry, own, full = MetricRegistry(), ExporterMetrics(), MetricSet()
    registry.add("metrics", own)
    registry.add("full", full)
    if kind == "counter":
        counter = full.counter("microdns_full_total", "Full.", ["zone", "rcode"])
        for number in range(LABEL_SETS_MAX):
            counter.cell(f"zone{number}.example", "NOERROR").inc(number)
    else:
        histogram = full.histogram("microdns_full_seconds", "Full.", ["zone"])
        for number in range(LABEL_SETS_MAX):
            histogram.buckets(f"zone{number}.example").observe(number / LABEL_SETS_MAX)
    return registry, own


class Watch:
    """Takes the longest time between two turns of the loop."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def run(self) -> None:
        last = time.perf_counter()
        while True:
            await anyio.sleep(0.0002)
            now = time.perf_counter()
            self.longest = max(self.longest, now - last)
            last = now


async def measure(kind: str, rounds: int) -> None:
    registry, own = registry_of(kind)
    scraper = Scraper(registry, own, logging.getLogger("bench"))
    await scraper.page("", "")
    watch = Watch()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watch.run)
        await anyio.sleep(0.1)
        idle, watch.longest = watch.longest, 0.0
        started = time.perf_counter()
        for _ in range(rounds):
            page = await scraper.page("", "")
        seconds = (time.perf_counter() - started) / rounds
        tasks.cancel_scope.cancel()
    sys.stdout.write(
        f"{kind:<10}{own.series.value:7.0f} series {len(page.body):8} bytes "
        f"{seconds * 1e3:7.1f} ms a scrape; loop held up {watch.longest * 1e3:5.1f} ms at most "
        f"({idle * 1e3:.1f} ms when idle)\n"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    for kind in ("counter", "histogram"):
        anyio.run(measure, kind, options.rounds, backend_options={"use_uvloop": True})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
