"""How soon many subscribers of the watch stream (SSE) see many changes a second.

The server has one processor, its subscribers have another: all of them connections of one process,
which counts the events of each.  Some of them read every event as well, check that none is missing
or out of order, and take the time since the change was made.
"""

import argparse
import asyncio
import os
import re
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, cast

import uvloop
from tests.peers.process import free_port

STAMP = re.compile(rb'"sequence":(\d+),"transaction":\d+,"time_ns":(\d+)')
REQUEST = b"GET /api/v1/watch?type=zone.records_changed HTTP/1.1\r\nHost: bench\r\n\r\n"
BUFFER = memoryview(bytearray(1 << 20))
"""One for all: each read is looked at before the next."""
WAIT_SECONDS = 20.0


class Subscriber(asyncio.BufferedProtocol):
    """Counts events; a ``reads`` one looks into each."""

    def __init__(self, reads: bool) -> None:
        self.events = -1
        """The stream's first block has no event."""
        self.octets = 0
        self.lost = False
        self.delays_ns: list[int] = []
        self.sequence = 0
        self.disordered = 0
        self._reads = reads
        self._open_line = False
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(REQUEST)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True

    def get_buffer(self, sizehint: int) -> memoryview:
        return BUFFER

    def buffer_updated(self, nbytes: int) -> None:
        data = bytes(BUFFER[:nbytes])
        self.octets += nbytes
        self.events += data.count(b"\n\n") + (self._open_line and data[:1] == b"\n")
        self._open_line = data[-1:] == b"\n" and data[-2:] != b"\n\n"
        if self._reads:
            self._read(self._rest + data)

    def _read(self, data: bytes) -> None:
        now = time.time_ns()
        whole, _, self._rest = data.rpartition(b"\n\n")
        for sequence, time_ns in STAMP.findall(whole):
            self.delays_ns.append(now - int(time_ns))
            self.disordered += bool(self.sequence) and int(sequence) <= self.sequence
            self.sequence = int(sequence)


def cpu_seconds(pid: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


async def subscribers(port: int, count: int, readers: int) -> list[Subscriber]:
    """That many, when all of them listen."""
    loop, found = asyncio.get_running_loop(), list[Subscriber]()
    for number in range(count):
        each = Subscriber(number % max(1, count // readers) == 0)
        await loop.create_connection(lambda each=each: each, "127.0.0.1", port)  # type: ignore[misc]  # bound at once
        found.append(each)
    await until(lambda: all(each.events >= 0 for each in found))
    return found


async def until(done: Callable[[], bool]) -> None:
    """Look now and again; raises TimeoutError when it takes too long."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not done():  # noqa: ASYNC110  (the server tells nobody)
            await asyncio.sleep(0.02)


async def measure(child: "subprocess.Popen[str]", port: int, options: argparse.Namespace) -> None:
    await until(lambda: _listens(port))
    heard = await subscribers(port, options.subscribers, options.readers)
    wanted = options.rate * options.seconds
    cpu, own = cpu_seconds(child.pid), time.process_time()
    commands, answers = cast("IO[str]", child.stdin), cast("IO[str]", child.stdout)
    commands.write(f"{options.rate} {options.seconds}\n")
    commands.flush()
    seconds = float(await asyncio.to_thread(answers.readline))
    last = time.perf_counter()
    with suppress(TimeoutError):  # then something is missing, which the report says
        await until(lambda: all(each.events >= wanted for each in heard))
    after = time.perf_counter() - last
    cpu, own = cpu_seconds(child.pid) - cpu, time.process_time() - own
    report(heard, wanted, seconds, after)
    sys.stdout.write(
        f"processor time: server {cpu:.1f} s, subscribers {own:.1f} s; the server's for a message: "
        f"{cpu / sum(each.events for each in heard) * 1e6:.2f} µs\n"
    )


def report(heard: list[Subscriber], wanted: int, seconds: float, after: float) -> None:
    """What arrived, and when."""
    delays = sorted(delay for each in heard for delay in each.delays_ns)
    messages = sum(each.events for each in heard)
    sys.stdout.write(
        f"{len(heard):,} subscribers, "
        f"{wanted / seconds:,.0f} changes a second for {seconds:.1f} s: "
        f"{messages / (seconds + after):,.0f} messages a second, "
        f"{sum(each.octets for each in heard) / messages:.0f} octets each; "
        f"all had come {after:.2f} s after the last change\n"
    )
    if delays:
        median, worst = delays[len(delays) // 2], delays[len(delays) * 99 // 100]
        sys.stdout.write(
            f"from a change's time to its event: median {median / 1e6:.0f} ms, "
            f"99th percentile {worst / 1e6:.0f} ms, longest {delays[-1] / 1e6:.0f} ms\n"
        )
    missed = sum(wanted - each.events for each in heard)
    sys.stdout.write(
        f"missed {missed}, out of order {sum(each.disordered for each in heard)}, "
        f"cut off {sum(each.lost for each in heard)}\n"
    )


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--subscribers", type=int, default=1_000)
    parser.add_argument("--rate", type=int, default=1_000, help="changes a second")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--readers", type=int, default=10, help="subscribers that read all")
    parser.add_argument("--folder", default="", help="of the store, where the disk is busy")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    port = free_port()
    command = [sys.executable, "-m", "tests.benchmarks._watched", str(port), options.folder]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processors = sorted(os.sched_getaffinity(0))
    with subprocess.Popen(command, **pipes) as child:
        try:
            os.sched_setaffinity(child.pid, {processors[0]})
            os.sched_setaffinity(0, {processors[-1]})
            uvloop.run(measure(child, port, options))
        finally:
            child.kill()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
