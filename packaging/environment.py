"""Make ``.venv`` what the lock files and the packages of this checkout say; quick when it is.

Needs nothing but Python's standard library.  pip fetches uv (pinned, with hashes); uv installs the
locked packages, then ours as editable ones, built with the locked build backends.  What was done is
noted in ``.venv/microdns.json``, so that only what changed is done again, and without a network
unless the lock changed.
"""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn, TypedDict

CHECKOUT = Path(__file__).resolve().parent.parent
VENV = CHECKOUT / ".venv"
PYTHON = VENV / "bin" / "python"
INTERPRETER: str = getattr(sys, "_base_executable", None) or sys.executable
"""The Python outside .venv, also when this runs in it."""
NOTE = VENV / "microdns.json"
REQUIREMENTS = CHECKOUT / "packaging" / "requirements"
BUILD_INPUTS = ("pyproject.toml", "setup.py", "src/**/*.pyx", "src/**/*.pxd")
"""Files of a package that its editable installation is made from."""


class Note(TypedDict):
    """What ``.venv`` holds: where it stands, the lock it follows, and each package's inputs."""

    checkout: str
    lock: str
    packages: dict[str, str]


def main() -> None:
    note = read_note()
    if note is None or note["checkout"] != str(CHECKOUT) or not works(PYTHON):
        say(f"Making .venv with Python {sys.version.split()[0]}")
        make_venv()
        note = Note(checkout=str(CHECKOUT), lock="", packages={})
    lock = digest([REQUIREMENTS / "development.txt"])
    if note["lock"] != lock:
        say("Installing the locked packages")
        install_locked()
        note = Note(checkout=str(CHECKOUT), lock=lock, packages={})
    packages = {folder: package_digest(folder) for folder in package_folders()}
    stale = [folder for folder in packages if note["packages"].get(folder) != packages[folder]]
    if stale:
        say("Installing " + ", ".join(stale))
        install_editable(stale)
        check_complete()
    if NOTE.exists() and not stale and note["packages"] == packages:
        return
    NOTE.write_text(json.dumps(Note(checkout=str(CHECKOUT), lock=lock, packages=packages)))


def package_folders() -> list[str]:
    """Folders of our distributions with code in them, relative to the checkout."""
    plugins = sorted(CHECKOUT.glob("plugins/*/pyproject.toml"))
    return ["core", *(str(project.parent.relative_to(CHECKOUT)) for project in plugins)]


def read_note() -> Note | None:
    """What an earlier run noted; None when there is no usable note."""
    try:
        note: Note = json.loads(NOTE.read_text())
    except (OSError, ValueError):
        return None
    return note


def digest(files: list[Path]) -> str:
    """One hash over the contents of files."""
    total = hashlib.sha256()
    for file in files:
        total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def package_digest(folder: str) -> str:
    """One hash over everything that the editable installation of a package depends on."""
    root = CHECKOUT / folder
    inputs = {file for pattern in BUILD_INPUTS for file in root.glob(pattern)}
    # Modules with types beside them are compiled, too.
    inputs |= {beside for file in inputs if (beside := file.with_suffix(".py")).exists()}
    return digest(sorted(inputs))


def works(python: Path) -> bool:
    """Whether an interpreter starts: the one that .venv links to may have been removed."""
    return python.exists() and run([str(python), "-c", "import pip"], check=False)


def make_venv() -> None:
    """A new, empty .venv with pip in it; says which package is missing when it can't."""
    if VENV.is_dir() and not NOTE.exists() and not (VENV / "pyvenv.cfg").exists():
        fail(f"{VENV} is there, and is not a virtual environment: move it away")
    if not has("ensurepip") and not has("pip"):
        install_venv_package()
    if VENV.exists():
        shutil.rmtree(VENV)
    if has("ensurepip"):
        run([INTERPRETER, "-m", "venv", str(VENV)])
        return
    run([INTERPRETER, "-m", "venv", "--without-pip", str(VENV)])
    # Debian's Python comes without ensurepip, but its own pip can serve another environment.
    run([INTERPRETER, "-m", "pip", "--python", str(PYTHON), "install", "-q", *pip_options(), "pip"])


def has(module: str) -> bool:
    """Whether the interpreter that .venv is made with can import a module."""
    return run([INTERPRETER, "-c", f"import {module}"], check=False)


def install_venv_package() -> None:
    """Install Debian's package with ensurepip when we may; name it when we may not."""
    package = f"python3.{sys.version_info.minor}-venv"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say(f"Installing {package}: this Python can't make virtual environments")
        environment = {"DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
        run(["apt-get", "update", "-qq"], check=False, environment=environment)
        run(install, check=False, environment=environment)
    if not has("ensurepip"):
        fail(
            f"{INTERPRETER} can't make virtual environments: it has no ensurepip.",
            f"Debian, Ubuntu: apt-get install {package}",
            "or name another Python: make setup PYTHON=/path/to/python3",
        )


def install_locked() -> None:
    """Exactly the locked packages, every file checked against its hash."""
    bootstrap = REQUIREMENTS / "bootstrap.txt"
    pip = [str(PYTHON), "-m", "pip", "install", "-q", "--no-deps", "--require-hashes"]
    if not run([*pip, *pip_options(), "-r", str(bootstrap)], check=False, quiet=False):
        fail(
            "pip could not fetch uv (its messages are above).",
            "The first `make setup` needs a package index; later ones work without a network.",
        )
    development = REQUIREMENTS / "development.txt"
    uv("pip", "sync", "--require-hashes", "--compile-bytecode", str(development))


def pip_options() -> list[str]:
    """Options that keep pip to the point, with a cache only where one can be written."""
    options = ["--disable-pip-version-check", "--no-input", "--no-warn-script-location"]
    return options if home_writable() else [*options, "--no-cache-dir"]


def install_editable(folders: list[str]) -> None:
    """Our own packages, as links to their sources, built with what is locked: no network."""
    editable = [argument for folder in folders for argument in ("-e", f"./{folder}")]
    uv("pip", "install", "--offline", "--no-deps", "--no-build-isolation", *editable)


def check_complete() -> None:
    """Stop when a package declares a dependency that the lock lacks."""
    if not uv("pip", "check", check=False):
        NOTE.unlink(missing_ok=True)
        fail("A package declares what the lock does not hold.  Run: make lock")


def uv(*arguments: str, check: bool = True) -> bool:
    """Run the locked uv on .venv."""
    environment = {
        "VIRTUAL_ENV": str(VENV),
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_SYSTEM_CERTS": os.environ.get("UV_SYSTEM_CERTS", "true"),
        "UV_NO_PROGRESS": "1",
        **index_settings(),
    }
    with cache() as folder:
        environment["UV_CACHE_DIR"] = folder
        if same_device(folder):
            environment.setdefault("UV_LINK_MODE", os.environ.get("UV_LINK_MODE", "hardlink"))
        else:
            environment["UV_LINK_MODE"] = "copy"
        command = [str(VENV / "bin" / "uv"), "-q", *arguments]
        return run(command, check=check, quiet=False, environment=environment)


@contextlib.contextmanager
def cache() -> Iterator[str]:
    """The user's uv cache, or a passing one for a user who has no place for it."""
    if chosen := os.environ.get("UV_CACHE_DIR"):
        yield chosen
    elif home_writable():
        yield os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "uv")
    else:
        with tempfile.TemporaryDirectory(prefix="microdns-uv-") as folder:
            yield folder


def home_writable() -> bool:
    """Whether this user has a home (or cache) folder to keep downloads in."""
    place = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))
    while not place.exists() and place != place.parent:
        place = place.parent
    return place != Path("/") and os.access(place, os.W_OK)


def same_device(folder: str) -> bool:
    """Whether files can be linked from the cache into .venv, in place of being copied."""
    place = Path(folder)
    while not place.exists():
        place = place.parent
    return place.stat().st_dev == CHECKOUT.stat().st_dev


def index_settings() -> dict[str, str]:
    """The package index that pip is set up for here, in uv's terms."""
    settings = {}
    for key, variable in (("index-url", "UV_DEFAULT_INDEX"), ("extra-index-url", "UV_INDEX")):
        if variable in os.environ:
            continue
        found = os.environ.get("PIP_" + key.upper().replace("-", "_")) or pip_setting(key)
        if found:
            settings[variable] = found
    return settings


def pip_setting(key: str) -> str:
    """A setting of pip's configuration files; empty when there is none."""
    command = [str(PYTHON), "-m", "pip", "config", "get", f"global.{key}"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() if found.returncode == 0 else ""


def run(
    command: list[str],
    *,
    check: bool = True,
    quiet: bool = True,
    environment: dict[str, str] | None = None,
) -> bool:
    """Whether a command succeeded; with ``check``, its failure ends the setup with its output."""
    done = subprocess.run(
        command,
        check=False,
        cwd=CHECKOUT,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
        text=True,
    )
    if done.returncode != 0 and check:
        fail(*filter(None, [(done.stdout or "").strip(), f"failed: {' '.join(command)}"]))
    return done.returncode == 0


def say(message: str) -> None:
    sys.stderr.write(f"{message}\n")


def fail(*lines: str) -> NoReturn:
    raise SystemExit("\n".join(lines))


if __name__ == "__main__":
    main()
