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
from pathlib import Path

from tests.environments import Environment, make_environment
from tests.repository.tree import plugins
from tests.trimmed.server import Server

READY_SECONDS_MAX = 0.6
MEMORY_BYTES_MAX = 70_000_000


def measure(environment: Environment, folder: Path, rest_seconds: float) -> tuple[float, int]:
    """Seconds to readiness, and bytes resident after a rest."""
    folder.mkdir()
    with Server(environment, folder) as server:
        ready = server.wait_until_ready()
        time.sleep(rest_seconds)
        return ready, server.memory_bytes()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--rest-seconds", type=float, default=1.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    auth = next(package for package in plugins() if package.name == "microdns-auth")
    with tempfile.TemporaryDirectory() as temporary:
        base = Path(temporary)
        environment = make_environment(base / "environment", [auth])
        measure(environment, base / "warm", 0)
        rounds = [
            measure(environment, base / str(number), options.rest_seconds)
            for number in range(options.rounds)
        ]
    report([ready for ready, _ in rounds], [memory for _, memory in rounds], options.json)
    return 0


def report(ready: list[float], memory: list[int], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps({"ready_seconds": ready, "memory_bytes": memory}) + "\n")
        return
    sys.stdout.write(
        f"ready after   {statistics.median(ready):6.3f} s (median of {len(ready)}), "
        f"{min(ready):.3f} to {max(ready):.3f}; wanted: below {READY_SECONDS_MAX}\n"
        f"rests in      {max(memory) / 1e6:6.1f} MB at most; "
        f"wanted: below {MEMORY_BYTES_MAX / 1e6:.0f}\n"
    )


if __name__ == "__main__":
    raise SystemExit(main())
