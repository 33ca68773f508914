"""The lock files: complete, hashed, and free of indexes and addresses."""

import re
from functools import cache

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from tests.repository.tree import CHECKOUT, Package, distributions, workspace

REQUIREMENTS = CHECKOUT / "packaging" / "requirements"
FILES = ["bootstrap.txt", "development.txt", "runtime.txt"]
AFTERWARDS = "run: make lock"

each_file = pytest.mark.parametrize("name", FILES)


@cache
def entries(name: str) -> dict[str, list[tuple[Version, Marker | None, int]]]:
    """Version, marker and number of hashes of each pinned package."""
    text = (REQUIREMENTS / name).read_text().replace("\\\n", " ")
    found: dict[str, list[tuple[Version, Marker | None, int]]] = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        requirement, *hashes = line.split("--hash=sha256:")
        parsed = Requirement(requirement.strip())
        version = Version(str(parsed.specifier).removeprefix("=="))
        entry = (version, parsed.marker, len(hashes))
        found.setdefault(canonicalize_name(parsed.name), []).append(entry)
    return found


def check(requirement: str, name: str) -> None:
    """Fail unless the lock pins a version that the requirement allows."""
    wanted = Requirement(requirement)
    pinned = entries(name).get(canonicalize_name(wanted.name), [])
    assert pinned, f"{requirement} is not in {name}; {AFTERWARDS}"
    for version, _, _ in pinned:
        assert wanted.specifier.contains(version, prereleases=True), (
            f"{requirement}, but {name} has {version}; {AFTERWARDS}"
        )


@each_file
def test_lock_names_no_index_and_no_address(name: str) -> None:
    text = (REQUIREMENTS / name).read_text()
    assert "://" not in text
    assert " @ " not in text
    assert not re.search(r"^\s*--(?!hash)", text, re.MULTILINE)
    assert not re.search(r"^\s*-[a-z]", text, re.MULTILINE)


@each_file
def test_every_package_is_pinned_with_hashes(name: str) -> None:
    assert entries(name)
    for package, pinned in entries(name).items():
        assert all(hashes for _, _, hashes in pinned), package


@pytest.mark.parametrize("package", distributions(), ids=str)
def test_what_a_distribution_needs_is_locked(package: Package) -> None:
    own = {each.name for each in distributions()}
    for text in package.dependencies:
        if Requirement(text).name not in own:
            check(text, "runtime.txt")
            check(text, "development.txt")
    for text in package.project["build-system"]["requires"]:
        check(text, "development.txt")
    for text in package.project.get("dependency-groups", {}).get("test", []):
        check(text, "development.txt")


def test_what_the_workspace_needs_is_locked() -> None:
    groups = workspace()["dependency-groups"]
    for texts in groups.values():
        for text in texts:
            if isinstance(text, str):
                check(text, "development.txt")
    (bootstrap,) = groups["bootstrap"]
    check(bootstrap, "bootstrap.txt")


def test_tests_run_with_what_users_get() -> None:
    for package, pinned in entries("runtime.txt").items():
        versions = {version for version, _, _ in pinned}
        assert versions <= {version for version, _, _ in entries("development.txt")[package]}


def test_runtime_holds_no_tool() -> None:
    assert not {"pytest", "mypy", "ruff", "setuptools", "uv"} & set(entries("runtime.txt"))
