"""What the tests of this folder look at: the checkout's tracked files and its packages."""

import subprocess
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
GENERATED = ("packaging/requirements/", "plugins/grpc/src/microdns_grpc/generated/")
"""Folders of files that a tool writes."""
VENDORED = ("plugins/dashboard/src/microdns_dashboard/web/vendor/",)
"""Folders of files of others, kept as they were published."""


@dataclass(frozen=True)
class Package:
    """One of our distributions: its folder, and its pyproject.toml."""

    folder: Path
    project: dict[str, Any]

    @property
    def name(self) -> str:
        """The distribution's name."""
        name: str = self.project["project"]["name"]
        return name

    @property
    def module(self) -> str:
        """The package that it is imported as."""
        return "microdns" if self.folder.name == "core" else f"microdns_{self.folder.name}"

    @property
    def source(self) -> Path:
        return self.folder / "src" / self.module

    @property
    def dependencies(self) -> list[str]:
        found: list[str] = self.project["project"].get("dependencies", [])
        return found

    def __str__(self) -> str:
        return self.folder.name


@cache
def tracked() -> tuple[Path, ...]:
    """Files of the checkout that git knows, or would take in; without git, all but build output."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        names = {CHECKOUT / name for name in listed.stdout.split("\0") if name}
        return tuple(sorted(name for name in names if name.is_file()))
    skipped = {".venv", ".git", "__pycache__", ".cache", "site", ".mypy_cache", ".ruff_cache"}
    return tuple(
        sorted(
            file
            for file in CHECKOUT.rglob("*")
            if file.is_file() and not skipped & set(file.relative_to(CHECKOUT).parts)
        )
    )


def sources() -> list[Path]:
    """Python files of the packages, without tests and what a tool has written."""
    return [
        file
        for file in tracked()
        if file.suffix == ".py" and "src" in file.parts and not name_of(file).startswith(GENERATED)
    ]


def name_of(file: Path) -> str:
    """A file's path from the checkout, for messages."""
    return str(file.relative_to(CHECKOUT))


def load(folder: Path) -> Package:
    return Package(folder, tomllib.loads((folder / "pyproject.toml").read_text()))


@cache
def core() -> Package:
    return load(CHECKOUT / "core")


@cache
def plugins() -> tuple[Package, ...]:
    """All first-party plugins."""
    return tuple(load(file.parent) for file in sorted(CHECKOUT.glob("plugins/*/pyproject.toml")))


@cache
def server() -> Package:
    """The distribution that depends on all others."""
    return load(CHECKOUT / "packaging" / "server")


def distributions() -> tuple[Package, ...]:
    return (core(), *plugins(), server())


@cache
def workspace() -> dict[str, Any]:
    """The root's pyproject.toml."""
    return tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
