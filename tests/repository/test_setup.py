"""What ``make setup`` says when something is missing, and that it does nothing twice."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.repository.tree import CHECKOUT

SETUP = CHECKOUT / "packaging" / "setup.sh"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with no Python in it, and what else the script calls."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("sh", "dirname"):
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    return folder


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The script in a checkout that has no .venv, with a space in its path."""
    script = tmp_path / "a checkout" / "packaging" / "setup.sh"
    script.parent.mkdir(parents=True)
    shutil.copy(SETUP, script)
    return script


def run(script: Path, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(path / "sh"), str(script)],
        env={"PATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_python_is_told(copy: Path, programs: Path) -> None:
    done = run(copy, programs)
    assert done.returncode == 1
    assert "needs Python 3.11 or newer, and none is on PATH" in done.stderr
    assert "apt-get install python3 python3-venv" in done.stderr


def test_an_old_python_is_named(copy: Path, programs: Path) -> None:
    old = programs / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2\nexit 1\n')
    old.chmod(0o755)
    done = run(copy, programs)
    assert done.returncode == 1
    assert f"Found: {old}, Python 3.9.2" in done.stderr


def test_a_python_is_chosen_by_its_version(copy: Path, programs: Path) -> None:
    for name, usable in (("python3", "1"), ("python3.12", "0")):
        (programs / name).write_text(
            f'#!/bin/sh\n[ "$1" = -c ] && exit {usable}\necho ran {name} "$@"\n'
        )
        (programs / name).chmod(0o755)
    assert run(copy, programs).stdout == "ran python3.12 packaging/environment.py\n"


def test_a_second_setup_does_nothing() -> None:
    note = CHECKOUT / ".venv" / "microdns.json"
    before = note.read_bytes(), note.stat().st_mtime_ns
    done = subprocess.run(
        [sys.executable, "packaging/environment.py"],
        cwd=CHECKOUT,
        env={**os.environ, "UV_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (note.read_bytes(), note.stat().st_mtime_ns) == before
