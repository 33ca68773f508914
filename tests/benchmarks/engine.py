"""Processor time per query, and queries a second, beside NSD and Knot on the same zone.

Each server gets one processor, dnsperf another; rounds go from server to server, so that whatever
else the machine does meets all of them.  What counts is the ratio.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks._workload import ORIGIN, WORKLOADS, write_queries, write_zone
from tests.peers import Knot, MicroDns, NameServer, Nsd, Peer, ZoneFile

_GUARDED_LISTS = """\
allow = ["127.0.0.0/8", "192.0.2.0/24", "2001:db8::/32"]
deny = ["198.51.100.0/24", "203.0.113.0/24"]
answer_rotation = true
"""
_GUARDED_RATES = """\
[dns.rate_limit]
responses_per_second = 30000
all_per_second = 30000
exempt = ["192.0.2.0/24"]
log_only = true
"""
"""All protection at work; what would be limited is charged and counted, and sent."""

PEERS: dict[str, Peer] = {
    "microdns": MicroDns(),
    "guarded": MicroDns(dns=_GUARDED_LISTS, config=_GUARDED_RATES),
    "nsd": Nsd(),
    "knot": Knot(),
}
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Figures:
    """What the rounds of one server gave."""

    cpu: list[float] = field(default_factory=list)
    """Microseconds of processor time per query."""
    qps: list[float] = field(default_factory=list)
    lost: int = 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--hosts", type=int, default=95_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--servers", default="microdns,guarded,nsd,knot")
    parser.add_argument("--workloads", default=",".join(WORKLOADS))
    parser.add_argument(
        "--dnsperf", default="", help="further options, such as '-e -D' or '-m tcp'"
    )
    parser.add_argument("--cores", default="0,1", help="that of the servers, that of dnsperf")
    options = parser.parse_args()
    server_core, load_core = map(int, options.cores.split(","))
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as running:
        folder = Path(temporary)
        count = write_zone(folder / "zone", options.hosts)
        sys.stdout.write(f"{count:,} names\n")
        with only_on(server_core):
            servers = {
                name: running.enter_context(
                    PEERS[name].start(folder / name, [ZoneFile(ORIGIN, folder / "zone")])
                )
                for name in options.servers.split(",")
            }
        for workload in options.workloads.split(","):
            queries = folder / workload
            write_queries(queries, workload, options.hosts)
            results = {name: Figures() for name in servers}
            for _ in range(options.rounds):
                for name, server in servers.items():
                    measure(server, queries, options, load_core, results[name])
            report(workload, results)
    return 0


@contextmanager
def only_on(core: int) -> Iterator[None]:
    """Let processes that are started here run on one processor only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def measure(
    server: NameServer, queries: Path, options: argparse.Namespace, core: int, figures: Figures
) -> None:
    """One run of dnsperf against one server."""
    before = cpu_seconds(server)
    command = ["taskset", "-c", str(core), "dnsperf", "-s", server.host, "-p", str(server.port)]
    command += ["-d", str(queries), "-l", str(options.seconds), "-q", "100"]
    command += options.dnsperf.split()
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    used = cpu_seconds(server) - before
    completed = int(found(r"Queries completed:\s+(\d+)", printed))
    figures.cpu.append(used / max(completed, 1) * 1e6)
    figures.qps.append(float(found(r"Queries per second:\s+([\d.]+)", printed)))
    figures.lost += int(found(r"Queries lost:\s+(\d+)", printed))


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        raise SystemExit(f"dnsperf printed something unexpected:\n{text}")
    return match[1]


def cpu_seconds(server: NameServer) -> float:
    """What the server's processes used so far; they are a session of their own."""
    assert server.process is not None
    session = str(server.process.pid)
    total = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        if fields[3] == session:
            total += int(fields[11]) + int(fields[12])
    return total / TICKS


def report(workload: str, results: dict[str, Figures]) -> None:
    base = results.get("nsd")
    for name, figures in results.items():
        cpu = statistics.median(figures.cpu)
        line = f"{workload:10} {name:9} {cpu:6.2f} us/query {max(figures.qps):9,.0f} q/s"
        if base is not None and base is not figures:
            ratios = [own / other for own, other in zip(figures.cpu, base.cpu, strict=True)]
            line += f"   {statistics.median(ratios):.2f} of nsd's time"
        sys.stdout.write(f"{line}{f'   {figures.lost} lost' if figures.lost else ''}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
