"""Print how much of each package the tests ran, from the data that they left in ``.coverage``.

Nothing is demanded: the figure is there to be looked at.  It is of the tests' own processes:
to measure the servers and commands that they start would take each of these half as long again.
"""

import io
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

from coverage import Coverage
from coverage.exceptions import NoDataError

CHECKOUT = Path(__file__).resolve().parents[2]


def main() -> None:
    coverage = Coverage(config_file=str(CHECKOUT / "pyproject.toml"))
    coverage.load()
    with tempfile.NamedTemporaryFile("r+") as report:
        try:
            coverage.json_report(outfile=report.name)
        except NoDataError:
            raise SystemExit("no coverage data: run make test") from None
        sys.stdout.write(table(json.load(report)["files"]))


def table(files: dict[str, dict[str, dict[str, int]]]) -> str:
    """Lines and branches run, by package, from the ``files`` part of coverage's JSON report."""
    have: Counter[str] = Counter()
    ran: Counter[str] = Counter()
    for name, content in files.items():
        parts = Path(name).parts
        if "src" not in parts:  # how a package is built
            continue
        package = parts[parts.index("src") + 1]
        summary = content["summary"]
        have[package] += summary["num_statements"] + summary.get("num_branches", 0)
        ran[package] += summary["covered_lines"] + summary.get("covered_branches", 0)
    text = io.StringIO()
    text.write("\nLines and branches that the tests ran:\n")
    for package in sorted(have):
        share = 100 * ran[package] / have[package] if have[package] else 100.0
        text.write(f"  {package:<24}{share:6.1f} %  of {have[package]}\n")
    return text.getvalue()


if __name__ == "__main__":
    main()
