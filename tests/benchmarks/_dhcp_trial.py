"""What the benchmarks of DHCP share: servers to choose from, and how one of them is measured."""

import argparse
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks._disk import Taken, disk
from tests.benchmarks._perfdhcp import acknowledged, at_rate, load, summary
from tests.peers.process import find_program
from tests.scenarios.dhcp.namespaces import Host

SERVERS_PROCESSOR = 0
"""The other one is the clients'."""
START_SECONDS = 2
"""What a peer may take until it answers."""
Serve = Callable[[Host, Path], AbstractContextManager[int]]


@dataclass(frozen=True)
class Peer:
    """A server to measure."""

    serve: Serve
    """Runs it on a host with its files in a folder; gives its process id."""
    program: str = ""
    package: str = ""
    rate_max: int = 1_000_000
    """Exchanges a second that it is asked for at the most."""

    def missing(self) -> str:
        """What must be installed first, or nothing."""
        found = not self.program or find_program(self.program)
        return "" if found else f"left out: no {self.program} (Debian package {self.package})"

    def rates(self, rate: int, at: int) -> tuple[int, int]:
        """What to ask it for; its limit, and half of that, where it can't do ``at``."""
        if at > self.rate_max:
            return self.rate_max, 0
        return min(rate, self.rate_max), at


@dataclass(frozen=True)
class Trial:
    """A server that runs, and clients that load it."""

    process: int
    folder: Path
    clients: Host
    family: int
    target: Sequence[str]
    seconds: int

    def measured(self, rates: tuple[int, int]) -> Iterator[str]:
        """The figures of a server at its limit, and at half of that; or at the second alone."""
        rate, at = rates
        if at:
            yield from self.at(at)
            return
        before = processor_seconds(self.process)
        report = self.load(rate)
        yield summary(report, self.seconds, processor_seconds(self.process) - before)
        half = int(acknowledged(report, self.seconds) / 2)
        if half:
            time.sleep(1)
            yield from self.at(half, "half: ")

    def at(self, rate: int, told: str = "") -> Iterator[str]:
        """How long the disk would have it wait at a rate, and how soon it replies."""
        yield "disk: " + disk(self.folder, SERVERS_PROCESSOR, rate, self.seconds)
        with Taken(SERVERS_PROCESSOR) as taken:
            report = self.load(rate)
        yield f"{told}{at_rate(report)}, {taken}"

    def load(self, rate: int) -> str:
        return load(self.clients, self.family, rate, self.seconds, self.target)


@contextmanager
def running(command: Sequence[str], **environment: str) -> Iterator[int]:
    """A peer's process, given time to start; SystemExit when it has ended by then."""
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(START_SECONDS)
    if process.poll() is not None:
        raise SystemExit(f"it does not start (exit code {process.returncode}): {' '.join(command)}")
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def options(description: str | None, peers: Mapping[str, Peer]) -> argparse.ArgumentParser:
    """The command line of both benchmarks."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rate", type=int, default=20_000)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--at", type=int, default=0, help="only how soon replies come at this rate")
    parser.add_argument("--servers", default=",".join(peers), help="which of them; all by default")
    return parser


def present(names: str, peers: Mapping[str, Peer]) -> dict[str, Peer]:
    """Those of the wanted servers that are installed; says which are not known, or not here."""
    wanted = names.split(",")
    if unknown := [name for name in wanted if name not in peers]:
        raise SystemExit(f"no server {', '.join(unknown)}; there are: {', '.join(peers)}")
    for name in wanted:
        if missing := peers[name].missing():
            print(f"{name:9} {missing}")
    return {name: peers[name] for name in wanted if not peers[name].missing()}


def pin(process: int) -> None:
    """Keep a server to one processor, the other being the clients'."""
    subprocess.run(("taskset", "-acp", str(SERVERS_PROCESSOR), str(process)), capture_output=True)


def processor_seconds(process: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
