"""Each package passes its own tests with nothing installed but what it declares.

In the development environment a package may import what another one brought; here it can't.  Its
tests are copied out of the checkout, so that they can't reach anything else of it either.
"""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.environments import make_environment, needed_by_tests
from tests.repository.tree import CHECKOUT, Package, core, plugins, tracked

SETTINGS = """
[pytest]
addopts = --strict-markers --import-mode=importlib -p no:cacheprovider
filterwarnings = error
pythonpath = .
"""

CONFTEST = """
try:
    from hypothesis import HealthCheck, settings
except ImportError:
    pass
else:
    # What is asked here is whether the tests run at all: the checkout's own run tries many
    # examples.  Tables are made at first use in a new environment, however long that takes.
    slow = [HealthCheck.too_slow]
    alone = settings(max_examples=10, deadline=None, suppress_health_check=slow, derandomize=True)
    settings.register_profile("alone", alone)
    settings.load_profile("alone")
"""


def copy_tests(package: Package, target: Path) -> None:
    """The package's tests where they are in the checkout, and settings like the workspace's."""
    for file in tracked():
        if file.is_relative_to(package.folder / "tests"):
            place = target / file.relative_to(CHECKOUT)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, place)
    (target / "pytest.ini").write_text(SETTINGS)
    (target / "conftest.py").write_text(CONFTEST)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A temporary folder with a short path: Unix sockets in it may not exceed 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="alone-") as temporary:
        yield Path(temporary)


@pytest.mark.parametrize("package", [core(), *plugins()], ids=str)
def test_package_needs_only_what_it_declares(package: Package, folder: Path) -> None:
    environment = make_environment(folder / "environment", [package], needed_by_tests(package))
    copy_tests(package, folder)
    # Tests that want programs of the machine run with the checkout's own suite.
    without_needs = ("-o", "markers=needs: what a test wants of the machine", "-m", "not needs")
    run_pytest = (environment.python, "-I", "-m", "pytest", "-q", *without_needs)
    tests = (package.folder / "tests").relative_to(CHECKOUT)
    done = environment.run(*run_pytest, "--basetemp", folder / "temporary", tests, cwd=folder)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
