"""The parsers of DHCP and of router advertisements, fuzzed by what inputs reach, for a minute."""

import subprocess
import sys

import pytest
from tests.repository.tree import CHECKOUT

SECONDS = 20
"""For each of three targets."""


@pytest.mark.parametrize("target", ["dhcp4", "dhcp6", "slaac"])
def test_nothing_is_found_by_guided_fuzzing(target: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", target, "--guided", "--seconds", str(SECONDS)],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert "of them reached new code" in done.stdout
