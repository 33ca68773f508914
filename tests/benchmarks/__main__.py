"""Run benchmarks: all of this folder in turn, or one by name with its options.

``make bench``, ``make bench ARGS=startup``, ``make bench ARGS="startup --rounds 20"``.
"""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def names() -> list[str]:
    return sorted(file.stem for file in FOLDER.glob("*.py") if not file.stem.startswith("_"))


def main() -> int:
    wanted, options = sys.argv[1:2], sys.argv[2:]
    if wanted and wanted[0] not in names():
        sys.stderr.write(f"no benchmark {wanted[0]}; there are: {', '.join(names())}\n")
        return 2
    worst = 0
    for name in wanted or names():
        sys.stdout.write(f"== {name}\n")
        sys.stdout.flush()
        command = [sys.executable, "-m", f"tests.benchmarks.{name}", *options]
        worst = max(worst, subprocess.run(command, check=False).returncode)
    return worst


if __name__ == "__main__":
    raise SystemExit(main())
