"""Packages with compiled code are installed where there is no C compiler, and say so."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent.parent
SHOW = """
from microdns_dns.config import DnsConfig
from microdns_dns.engine.choice import choose_engine
print(choose_engine(DnsConfig()).shown)
"""


def build(package: str, folder: Path, wanted: str) -> subprocess.CompletedProcess[str]:
    """Build the package into ``folder``; nothing but Python is on PATH."""
    (folder / "bin").mkdir(exist_ok=True)
    environment = {key: value for key, value in os.environ.items() if key not in ("CC", "CFLAGS")}
    environment |= {"PATH": str(folder / "bin"), "MICRODNS_ENGINE": wanted}
    # C sources that a build left behind serve again: no compiler is asked for them.
    command = [sys.executable, "setup.py", "-q", "build", "--build-lib", str(folder / "lib")]
    return subprocess.run(
        [*command, "--build-base", str(folder / "objects")],
        cwd=CHECKOUT / "plugins" / package,
        env=environment,
        capture_output=True,
        text=True,
    )


def shown(folder: Path, code: str) -> str:
    """What code prints that finds the packages built into ``folder``."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(folder / "lib")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.skipif(sys.platform != "linux", reason="the engine is built on Linux only")
def test_without_a_compiler_python_answers_and_says_why(tmp_path: Path) -> None:
    done = build("dns", tmp_path, "auto")
    assert done.returncode == 0, done.stderr
    assert "building extension" in done.stderr
    assert not list((tmp_path / "lib").rglob("*.so"))
    told = shown(tmp_path, SHOW)
    assert told.startswith("python (no compiled engine: ")
    assert "no C compiler" in told


@pytest.mark.skipif(sys.platform != "linux", reason="the engine is built on Linux only")
def test_who_requires_the_engine_is_told_that_it_can_not_be_built(tmp_path: Path) -> None:
    assert build("dns", tmp_path, "require").returncode != 0


DHCP = ("dhcp", "dhcp4", "dhcp6")
SHOW_DHCP = """
from microdns_dhcp import arena
from microdns_dhcp.compiled import engine
from microdns_dhcp4 import server as server4
from microdns_dhcp6 import server as server6
for module in (arena, server4, server6):
    print(engine(module))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="modules are compiled on Linux only")
def test_without_a_compiler_dhcp_is_installed_uncompiled_and_says_so(tmp_path: Path) -> None:
    for package in DHCP:
        done = build(package, tmp_path, "auto")
        assert done.returncode == 0, done.stderr
        assert "nothing is compiled" in done.stderr
    assert not list((tmp_path / "lib").rglob("*.so"))
    told = shown(tmp_path, SHOW_DHCP).splitlines()
    assert len(told) == len(DHCP)
    assert all("no C compiler" in line for line in told)


@pytest.mark.skipif(sys.platform != "linux", reason="modules are compiled on Linux only")
@pytest.mark.parametrize("package", DHCP)
def test_who_requires_compiled_modules_is_told_that_there_can_be_none(
    package: str, tmp_path: Path
) -> None:
    assert build(package, tmp_path, "require").returncode != 0
