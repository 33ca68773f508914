"""The documents keep to what the sources say; their examples work."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest
from tests.repository.test_packages import BEING_BUILT
from tests.repository.tree import CHECKOUT, name_of, plugins, tracked

from microdns.cli.main import cli
from microdns.cli.settings import Settings
from microdns.config import Layout, parse_document
from microdns.lifecycle.discovery import installed_names, load_all
from microdns.lifecycle.record import PluginState
from microdns.plugin import Plugin
from microdns.testing import run_kernel

FENCE = re.compile(r"^```(\w*)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DATABASE = re.compile(r'(\[database\]\n(?:[^\[]*\n)?path\s*=\s*)"[^"]*"')
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)[^)]*\)")


@dataclass(frozen=True)
class Block:
    """A block of code in a document."""

    file: Path
    number: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{name_of(self.file)}-{self.number}"


def documents() -> list[Path]:
    return [file for file in tracked() if file.suffix == ".md"]


def blocks(language: str) -> Iterator[Block]:
    for file in documents():
        for number, found in enumerate(FENCE.finditer(file.read_text()), 1):
            if found[1] == language and "--8<--" not in found[3]:
                yield Block(file, number, found[1], found[3])


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
@pytest.mark.parametrize("block", list(blocks("toml")), ids=str)
async def test_a_configuration_shown_can_be_run(block: Block, tmp_path: Path) -> None:
    """Every plugin that it enables, and the one whose manual it stands in, comes up."""
    config = DATABASE.sub(r'\1"db"', block.text)
    assert tomllib.loads(config).get("database", {}).get("path", "db") == "db"
    wanted = chosen(config) | manual_of(block.file)
    async with run_kernel(instances(wanted), config, folder=tmp_path) as kernel:
        states = {name: record.state for name, record in kernel.records.items()}
    assert set(states) >= wanted
    assert set(states.values()) <= {PluginState.RUNNING}


def manual_of(file: Path) -> set[str]:
    """The plugin whose README a file is."""
    return {file.parent.name} if file.parent.parent == CHECKOUT / "plugins" else set()


def instances(names: set[str]) -> list[Plugin]:
    loaded, _ = load_all(sorted(names))
    return [each.plugin for each in loaded.values()]


def chosen(text: str) -> set[str]:
    """The plugins that a configuration enables."""
    loaded, failures = load_all(installed_names())
    assert not failures
    layout = Layout({name: each.plugin.section for name, each in loaded.items()})
    return set(layout.chosen(parse_document(text)))


def test_links_in_documents_lead_somewhere() -> None:
    generated = {"configuration", "commands", "hooks", "metrics", "log-events", "plugins"}
    generated |= {"decisions", "architecture", "changelog", *(str(each) for each in plugins())}
    dead = []
    for file in documents():
        for target in LINK.findall(FENCE.sub("", file.read_text())):
            path = target.partition("#")[0]
            if not path or "://" in target or target.startswith("mailto:"):
                continue
            made = file.is_relative_to(CHECKOUT / "docs") and Path(path).stem in generated
            if not made and not (file.parent / path).exists():
                dead.append(f"{name_of(file)}: {target}")
    assert not dead


def test_commands_in_documents_can_be_typed() -> None:
    """Lines of shell blocks that call ``microdns`` name a command, and options that it has."""
    wrong = []
    for block in blocks("sh"):
        if block.file.name == "writing-a-plugin.md":
            continue  # its commands are the tutorial plugin's: test_tutorial.py
        for line in block.text.replace("\\\n", " ").splitlines():
            program, *words = [*shlex.split(line, comments=True), ""]
            if program == "microdns" or program.endswith("bin/microdns"):
                try:
                    parse(cli, [word for word in words if word not in ("", "&")])
                except click.ClickException as error:
                    wrong.append(f"{block}: {line}: {error.message}")
    assert not wrong


def test_every_metric_is_in_its_manual_and_the_other_way_round() -> None:
    from docs.pages import declared_metrics

    for package in plugins():
        if package.folder.name in BEING_BUILT:
            continue
        declared = {name for name, *_ in declared_metrics(package.folder / "src")}
        readme = (package.folder / "README.md").read_text()
        _, _, section = readme.partition("\n## Metrics\n")
        shown = set(re.findall(r"`(microdns_\w+)`", section.partition("\n## ")[0]))
        assert declared == shown, f"{package}/README.md, Metrics"


def test_metric_names_follow_the_conventions() -> None:
    """Unit last, base units only (the prefix and ``_total`` are checked when one is declared)."""
    from docs.pages import declared_metrics

    units = ("milliseconds", "_ms", "_us", "microseconds", "minutes", "_kb", "_mb", "percent")
    for folder in (CHECKOUT / "core", *(package.folder for package in plugins())):
        for name, _, _, text in declared_metrics(folder / "src"):
            assert re.fullmatch(r"microdns_[a-z0-9]+(_[a-z0-9]+)*", name), name
            assert not name.removesuffix("_total").endswith(units), name
            assert text.endswith("."), f"{name}: the help is a sentence"


def test_examples_of_operations_can_be_typed() -> None:
    from microdns.cli.declared import declared_operations

    wrong = []
    for operation in declared_operations():
        for line in operation.examples:
            program, *words = shlex.split(line, comments=True)
            assert program == "microdns"
            try:
                parse(cli, words)
            except click.ClickException as error:
                wrong.append(f"{operation.name}: {line}: {error.message}")
    assert not wrong


def parse(group: click.Group, words: list[str]) -> None:
    """Parse a command line as far as it goes without running it; raises ``ClickException``."""
    context = click.Context(group, info_name="microdns", obj=Settings())
    command: click.Command = group
    while isinstance(command, click.Group):
        name, found, words = command.resolve_command(context, with_default(command, words))
        assert found is not None
        if not isinstance(found, click.Group):
            found.make_context(name, words, parent=context)
        command = found
        context = click.Context(found, parent=context, info_name=name)


def with_default(group: click.Group, words: list[str]) -> list[str]:
    """The words, with the name of the group's own command where none is given."""
    default = getattr(group, "default", None)
    if default is None or (words and words[0] in group.commands):
        return words
    return [default.name, *words]


def test_decisions_are_numbered_each_by_its_own() -> None:
    files = sorted((CHECKOUT / "docs" / "decisions").glob("[0-9]*.md"))
    numbers = [int(file.name.partition("-")[0]) for file in files]
    assert len(numbers) == len(set(numbers)) > 0
    for file, number in zip(files, numbers, strict=True):
        assert file.read_text().startswith(f"# {number}. "), file.name
