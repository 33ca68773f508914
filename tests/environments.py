"""Virtual environments like those of users: our built wheels, and nothing that they don't declare.

Wheels are built once, from the files that git would take in, and kept in ``.cache/wheels`` under a
hash of those files.  uv links what is locked from its cache, without a network where it can.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from packaging.requirements import Requirement
from tests.repository.tree import CHECKOUT, Package, distributions, tracked

CACHE = CHECKOUT / ".cache"
LOCK = CHECKOUT / "packaging" / "requirements" / "development.txt"
UV = Path(sys.executable).with_name("uv")


class Environment:
    """A virtual environment in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "bin" / "python"

    def program(self, name: str) -> Path:
        return self.folder / "bin" / name

    def run(self, *command: str | Path, cwd: Path = CHECKOUT) -> subprocess.CompletedProcess[str]:
        """Run a program in it, without this process's Python settings; output is captured."""
        return subprocess.run(
            [*map(str, command)],
            cwd=cwd,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def installed(self) -> set[str]:
        """Names of the distributions in it."""
        code = "import importlib.metadata as m\nfor d in m.distributions(): print(d.name.lower())"
        return set(self.run(self.python, "-I", "-c", code).stdout.split())


def make_environment(
    folder: Path, packages: Sequence[Package], extra: Iterable[str] = ()
) -> Environment:
    """Install packages with all of ours that they need, the locked others, and ``extra``."""
    built = wheels()
    ours = [str(built[name]) for name in sorted(closure(packages))]
    uv("venv", "--python", sys.executable, str(folder))
    environment = Environment(folder)
    install = ("pip", "install", "--python", str(environment.python), "--compile-bytecode")
    uv(*install, "--constraints", str(LOCK), *ours, *extra)
    return environment


def closure(packages: Iterable[Package]) -> set[str]:
    """Names of our distributions that these need, themselves included."""
    by_name = {package.name: package for package in distributions()}
    found: set[str] = set()
    waiting = [package.name for package in packages]
    while waiting:
        name = waiting.pop()
        if name in found or name not in by_name:
            continue
        found.add(name)
        waiting += [Requirement(text).name for text in by_name[name].dependencies]
    return found


def needed_by_tests(package: Package) -> list[str]:
    """What a package's tests need beside the package: pytest, and its group ``test``."""
    group: list[str] = package.project.get("dependency-groups", {}).get("test", [])
    return ["pytest", *group]


def wheels() -> dict[str, Path]:
    """A wheel of each of our distributions, by name."""
    with locked("wheels.lock"):
        return {package.name: wheel(package) for package in distributions()}


def wheel(package: Package) -> Path:
    """The wheel of a package as its files are now; built unless it has been before."""
    files = [file for file in tracked() if file.is_relative_to(package.folder)]
    digest = hashlib.sha256()
    for file in files:
        digest.update(str(file.relative_to(package.folder)).encode() + b"\0")
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    shelf = CACHE / "wheels" / package.name
    target = shelf / digest.hexdigest()[:16]
    if not target.is_dir():
        shutil.rmtree(shelf, ignore_errors=True)
        build(package, files, target)
    (built,) = target.glob("*.whl")
    return built


def build(package: Package, files: Sequence[Path], target: Path) -> None:
    """Build a wheel from copies of the files, so that nothing else can get into it."""
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / "source"
        for file in files:
            place = copy / file.relative_to(package.folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, place)
        out = Path(temporary) / "out"
        arguments = ("--wheel", "--no-build-isolation", "--python", sys.executable)
        # Where a package's compiled modules are its Python modules, its tests here are of these:
        # those of the checkout are of what is compiled.
        engine = "auto" if any(file.suffix == ".pyx" for file in files) else "none"
        uv("build", *arguments, "--out-dir", str(out), str(copy), MICRODNS_ENGINE=engine)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(out, target, ignore=shutil.ignore_patterns(".gitignore"))


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Let one process at a time pass."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / name).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def clean_environment() -> dict[str, str]:
    """The environment without what would change a Python started in another environment."""
    dropped = ("PYTHON", "VIRTUAL_ENV", "COV_", "COVERAGE_", "PYTEST_", "MICRODNS_")
    return {name: value for name, value in os.environ.items() if not name.startswith(dropped)}


def uv(*arguments: str, **more: str) -> None:
    """Run the locked uv, first with what is on this machine, then with an index.

    ``more`` goes into its environment.
    """
    environment = {**clean_environment(), "UV_PYTHON_DOWNLOADS": "never", "UV_NO_CONFIG": "1"}
    environment |= more
    environment.setdefault("UV_SYSTEM_CERTS", "true")
    for mode in (["--offline"], []):
        done = subprocess.run(
            [str(UV), "--quiet", *mode, *arguments],
            cwd=tempfile.gettempdir(),
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            return
    raise RuntimeError(f"uv {' '.join(arguments)}:\n{done.stderr}")
