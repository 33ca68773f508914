"""The parsers of DHCP and of router advertisements, fuzzed by what inputs reach, for a minute.

What reaches a line is known of interpreted code alone.  What was found there is then fed to the
compiled code, with more that is like it.
"""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.repository.tree import CHECKOUT

SECONDS = 20
"""For each of three targets."""
COMPILED_SECONDS = 3


@pytest.mark.parametrize("target", ["dhcp4", "dhcp6", "slaac"])
def test_nothing_is_found_by_guided_fuzzing(target: str, tmp_path: Path) -> None:
    found = tmp_path / "found"
    told = fuzz(target, "--guided", "--seconds", str(SECONDS), "--keep", str(found))
    assert "of them reached new code" in told
    fuzz(target, "--seconds", str(COMPILED_SECONDS), "--seeds", str(found))


def fuzz(*arguments: str) -> str:
    """Run a target to its end without a finding; what it tells."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", *arguments],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout
