"""Every distribution has the same shape, and the workspace knows it."""

import ast
import importlib.metadata
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.repository.tree import CHECKOUT, Package, core, distributions, plugins, server, workspace

HEADINGS = [
    "Name",
    "Description",
    "Configuration",
    "Examples",
    "Operations",
    "Metrics",
    "Limits",
]

each_distribution = pytest.mark.parametrize("package", distributions(), ids=str)
each_plugin = pytest.mark.parametrize("package", plugins(), ids=str)

BEING_BUILT: set[str] = set()
"""Plugins that do not have the whole shape yet.  A name may only leave this set."""

each_whole_plugin = pytest.mark.parametrize(
    "package", [each for each in plugins() if each.folder.name not in BEING_BUILT], ids=str
)


@each_whole_plugin
def test_plugin_has_the_shape_of_all_plugins(package: Package) -> None:
    wanted = [
        package.folder / "README.md",
        package.source / "__init__.py",
        package.source / "plugin.py",
        package.source / "config.py",
        package.source / "py.typed",
        package.folder / "tests" / "test_plugin.py",
        package.folder / "tests" / "test_config.py",
    ]
    missing = [str(file.relative_to(CHECKOUT)) for file in wanted if not file.exists()]
    assert not missing, f"microdns plugin folders all have {missing}"


@each_whole_plugin
def test_plugin_readme_has_the_headings_in_order(package: Package) -> None:
    lines = (package.folder / "README.md").read_text().splitlines()
    headings = [line[3:] for line in lines if line.startswith("## ")]
    assert headings == HEADINGS
    assert lines[0] == f"# {package.name}"


@each_whole_plugin
def test_plugin_announces_itself_under_its_folders_name(package: Package) -> None:
    entries = package.project["project"]["entry-points"]["microdns.plugins"]
    assert list(entries) == [package.folder.name]
    assert entries[package.folder.name].startswith(f"{package.module}.plugin:")


@each_distribution
def test_no_distribution_is_called_like_the_strangers(package: Package) -> None:
    assert package.name == f"microdns-{package.folder.name}"


@each_distribution
def test_all_carry_the_same_version(package: Package) -> None:
    version = core().project["project"]["version"]
    assert package.project["project"]["version"] == version
    own = {each.name for each in distributions()}
    for text in package.dependencies:
        requirement = Requirement(text)
        if requirement.name in own:
            assert str(requirement.specifier) == f"=={version}", text


def test_the_kernel_says_the_version_of_its_distribution() -> None:
    import microdns

    assert microdns.__version__ == core().project["project"]["version"]
    assert microdns.__version__ == importlib.metadata.version("microdns-core")


@each_distribution
def test_metadata_is_complete(package: Package) -> None:
    project = package.project["project"]
    assert project["requires-python"] == ">=3.11"
    assert project["license"] == "MIT"
    assert project["description"]
    assert not project["description"].endswith(".")


def test_server_brings_all_plugins() -> None:
    brought = {Requirement(text).name for text in server().dependencies}
    assert brought == {package.name for package in (core(), *plugins())}


@each_plugin
def test_workspace_checks_the_plugin(package: Package) -> None:
    root = workspace()
    tools = root["tool"]
    assert package.module in tools["importlinter"]["root_packages"]
    assert f"plugins/{package.folder.name}/src" in tools["mypy"]["mypy_path"]
    assert tools["uv"]["sources"][package.name] == {"workspace": True}


@each_plugin
def test_import_contracts_hold_the_plugin(package: Package) -> None:
    contracts = {each["id"]: each for each in workspace()["tool"]["importlinter"]["contracts"]}
    layers = [
        {name.strip() for name in layer.split("|")} for layer in contracts["layers"]["layers"]
    ]
    assert sum(package.module in layer for layer in layers) == 1
    declared = {Requirement(text).name for text in package.dependencies}
    features = set[str]().union(*layers[:-2])  # above foundations and kernel
    if package.module in features and not declared & {each.name for each in plugins()}:
        assert package.module in contracts["kernel-only"]["source_modules"]


@pytest.mark.parametrize("package", [core(), *plugins()], ids=str)
def test_a_package_imports_only_what_it_declares(package: Package) -> None:
    """Ours and others', also within functions; tests are seen to by tests/alone."""
    providers = importlib.metadata.packages_distributions()
    declared = {canonicalize_name(Requirement(text).name) for text in package.dependencies}
    undeclared = set()
    for file in package.source.rglob("*.py"):
        for module in imported(file) - sys.stdlib_module_names - {package.module} - FOR_TESTS:
            distributions_of = {canonicalize_name(name) for name in providers.get(module, [])}
            if not distributions_of & (declared | WITH_THE_KERNEL):
                undeclared.add(f"{file.name} imports {module}")
    assert not undeclared


WITH_THE_KERNEL = {"anyio", "msgspec"}
"""What the kernel's own interface is made of, so that every plugin has it."""

FOR_TESTS = {"pytest"}
"""The kernel's fixtures are loaded by pytest, so it is there."""


def imported(file: Path) -> set[str]:
    """Top-level names of the modules that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def test_architecture_maps_every_package() -> None:
    text = (CHECKOUT / "ARCHITECTURE.md").read_text()
    folders = [str(package.folder.relative_to(CHECKOUT)) for package in (core(), *plugins())]
    assert not [folder for folder in folders if f"| `{folder}` |" not in text]


def test_changelog_has_a_place_for_what_comes() -> None:
    lines = (CHECKOUT / "CHANGELOG.md").read_text().splitlines()
    headings = [line for line in lines if line.startswith("## ")]
    assert headings[0] == "## Unreleased"


def test_license_is_the_one_that_is_declared() -> None:
    assert (CHECKOUT / "LICENSE").read_text().startswith("MIT License\n")


def test_pyprojects_are_what_git_has() -> None:
    """No folder below plugins/ is forgotten for lack of a pyproject.toml."""
    folders = {entry.name for entry in (CHECKOUT / "plugins").iterdir() if entry.is_dir()}
    assert folders == {package.folder.name for package in plugins()}
    for package in distributions():
        assert tomllib.loads((package.folder / "pyproject.toml").read_text()) == package.project
