"""What the disk alone makes of a rate of arrivals: the floor for whoever syncs before it answers.

A bare loop appends and flushes (fdatasync), and does nothing else, in the folder and on the
processor of a server.  What arrives meanwhile waits for the flush under way and for its own.
"""

import bisect
import itertools
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

APPENDED_OCTETS = 4000
BETWEEN_SECONDS = 0.0002
"""What a server does at the least between two flushes."""
LATE_SECONDS = 0.005
_STEAL = 8
"""The column of /proc/stat with the time that the machine gave to others (proc(5))."""

Flush = tuple[float, float]
"""When it began, with what had arrived by then, and when it had ended; seconds."""


def disk(folder: Path, processor: int, rate: int, seconds: float) -> str:
    """How long arrivals at a rate wait for the disk, and what was taken from the processor."""
    with pinned(processor), Taken(processor) as taken:
        flushed = flushes(folder / "disk", seconds)
    waited = sorted(waits(flushed, rate))
    late = (len(waited) - bisect.bisect_right(waited, LATE_SECONDS)) / len(waited)
    return (
        f"at {rate} arrivals/s, {len(flushed) / seconds:.0f} flushes/s, "
        f"p50 {_ms(waited, 50):.2f} ms, p99 {_ms(waited, 99):.2f} ms, "
        f"{100 * late:.1f} % over {LATE_SECONDS * 1000:.0f} ms, {taken}"
    )


def flushes(file: Path, seconds: float) -> list[Flush]:
    """Append and flush over and over, for so long; the file is gone afterwards."""
    done = []
    octets = bytes(APPENDED_OCTETS)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        end = time.perf_counter() + seconds
        while (began := time.perf_counter()) < end:
            os.write(descriptor, octets)
            os.fdatasync(descriptor)
            done.append((began, time.perf_counter()))
            time.sleep(BETWEEN_SECONDS)
    finally:
        os.close(descriptor)
        file.unlink()
    return done


def waits(flushed: Sequence[Flush], rate: float) -> Iterator[float]:
    """Seconds from each arrival to the end of the first flush that began no earlier."""
    starts = [began for began, _ in flushed]
    for number in itertools.count():
        arrived = starts[0] + number / rate
        flush = bisect.bisect_left(starts, arrived)
        if flush == len(starts):
            return
        yield flushed[flush][1] - arrived


@contextmanager
def pinned(processor: int) -> Iterator[None]:
    """Keep this thread to one processor."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {processor})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Taken:
    """The share of a processor that the machine takes away while the block runs."""

    share = 0.0

    def __init__(self, processor: int) -> None:
        self._processor = processor

    def __enter__(self) -> "Taken":
        self._stolen, self._began = stolen_seconds(self._processor), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        stolen = stolen_seconds(self._processor) - self._stolen
        self.share = stolen / (time.perf_counter() - self._began)

    def __str__(self) -> str:
        return f"{100 * self.share:.1f} % of the processor taken away"


def stolen_seconds(processor: int) -> float:
    """What the machine has taken from a processor so far, to give it to others."""
    for line in Path("/proc/stat").read_text().splitlines():
        fields = line.split()
        if fields[0] == f"cpu{processor}":
            return int(fields[_STEAL]) / os.sysconf("SC_CLK_TCK")
    raise LookupError(f"no processor {processor}")


def _ms(sorted_seconds: Sequence[float], percent: int) -> float:
    """What so many percent of them do not exceed."""
    return sorted_seconds[min(len(sorted_seconds) - 1, len(sorted_seconds) * percent // 100)] * 1000
