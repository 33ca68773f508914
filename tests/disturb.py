"""Run a command while its processes are stopped for moments, as a busy machine does to them.

``python -m tests.disturb --seed 7 -- python -m pytest tests/scenarios`` shows which tests rest on
how fast things go: nothing that a test says may change because a process, or all of them, had to
wait for a second.  Nothing but the command's own processes is stopped.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

ALL_ONE_IN = 3
"""One in so many pauses is of all processes at once: a machine that stood still."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.disturb", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="so that a run can be repeated")
    parser.add_argument("--pause", type=float, default=1.0, help="the longest pause, in seconds")
    parser.add_argument("--every", type=float, default=1.0, help="seconds between, on average")
    parser.add_argument("command", nargs="+", help="what to run, after --")
    chosen = parser.parse_args()
    seed = random.randrange(1_000_000) if chosen.seed is None else chosen.seed
    print(f"disturbing with --seed {seed}", file=sys.stderr)
    source = random.Random(seed)
    process = subprocess.Popen(chosen.command)
    try:
        while process.poll() is None:
            time.sleep(source.expovariate(1 / chosen.every))
            pause(family(process.pid), source, chosen.pause)
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
    return process.wait()


def pause(pids: Sequence[int], source: random.Random, longest: float) -> None:
    """Stop one of the processes, or all, for a moment."""
    chosen = pids if source.randrange(ALL_ONE_IN) == 0 else [source.choice(pids)]
    try:
        for pid in chosen:
            send(pid, signal.SIGSTOP)
        # Short ones are most of them, as on a real machine.
        time.sleep(longest * source.random() ** 2)
    finally:
        for pid in chosen:
            send(pid, signal.SIGCONT)


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process that may have ended."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def family(root: int) -> list[int]:
    """A process and all below it; the process itself when the system does not say."""
    found = [root]
    for pid in found:
        with suppress(OSError):  # it, or one of its threads, may have ended
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                found += map(int, children.read_text().split())
    return found


if __name__ == "__main__":
    sys.exit(main())
