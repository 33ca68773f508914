"""How soon a trimmed installation is ready, and how much memory it rests in.

``microdns-core``, ``microdns-dns`` and ``microdns-auth`` from built wheels, an empty store, one
process.  Ready is when the service manager is told (``READY=1``): sockets are open and answered.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.environments import Environment, make_environment
from tests.repository.tree import plugins
from tests.trimmed.server import Server

READY_SECONDS_MAX = 0.6
MEMORY_BYTES_MAX = 70_000_000


@dataclass(frozen=True)
class Start:
    """One start: seconds until ready by the clock and by the processor, bytes at rest."""

    ready_seconds: float
    processor_seconds: float
    memory_bytes: int


def measure(environment: Environment, folder: Path, rest_seconds: float) -> Start:
    """Start a server on an empty store, let it rest, stop it."""
    folder.mkdir()
    with Server(environment, folder) as server:
        ready = server.wait_until_ready()
        processor = server.processor_seconds()
        time.sleep(rest_seconds)
        return Start(ready, processor, server.memory_bytes())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--rest-seconds", type=float, default=1.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    auth = next(package for package in plugins() if package.name == "microdns-auth")
    with tempfile.TemporaryDirectory(prefix="startup-") as temporary:
        base = Path(temporary)
        environment = make_environment(base / "environment", [auth])
        measure(environment, base / "warm", 0)
        starts = [
            measure(environment, base / str(number), options.rest_seconds)
            for number in range(options.rounds)
        ]
    if options.json:
        sys.stdout.write(json.dumps([asdict(start) for start in starts]) + "\n")
    else:
        sys.stdout.write(report(starts))
    return 0


def report(starts: Sequence[Start]) -> str:
    ready = sorted(start.ready_seconds for start in starts)
    processor = statistics.median(start.processor_seconds for start in starts)
    memory = max(start.memory_bytes for start in starts)
    return (
        f"ready after {statistics.median(ready):.3f} s (median of {len(ready)}, {ready[0]:.3f} to "
        f"{ready[-1]:.3f}), {processor:.2f} s of processor; wanted: below {READY_SECONDS_MAX} s\n"
        f"rests in {memory / 1e6:.1f} MB at most; wanted: below {MEMORY_BYTES_MAX / 1e6:.0f} MB\n"
    )


if __name__ == "__main__":
    raise SystemExit(main())
