"""Whatever a file holds, the only exception is ConfigError, and its problems have their places."""

import tomllib
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from microdns.config import ConfigError, ConfigProblem, parse_document
from microdns.config.effective import as_toml, effective, toml_value
from microdns.config.locate import Locator
from microdns.config.paths import format_key, parse_path

from .sections import layout
from .test_locate import DOCUMENT, paths_of

REFERENCE = (Path(__file__).parent / "data" / "reference.toml").read_text()
KNOWN = layout()

WORDS = """
    instance id peers dns auth enabled listen zones recursor forward_zones dhcp v4 pools subnet
    range_start api rest api_key api_key_file database path logging level levels
"""
NAMES = st.one_of(st.sampled_from(WORDS.split()), st.text(st.characters(codec="utf-8"), max_size=5))
LEAVES = st.one_of(
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(codec="utf-8"), max_size=10),
    st.datetimes(),
    st.dates(),
    st.times(),
)
TABLES: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.dictionaries(NAMES, LEAVES, max_size=4),
    lambda inner: st.dictionaries(
        NAMES, st.one_of(LEAVES, inner, st.lists(inner, max_size=2)), max_size=4
    ),
    max_leaves=20,
)


def as_document(table: dict[str, Any], headers: bool, path: str = "") -> str:
    """The table as TOML text, with section headers or with inline tables."""
    lines = []
    later = []
    for key, value in table.items():
        name = format_key(key)
        if headers and isinstance(value, dict):
            full = f"{path}{name}"
            later.append(f"[{full}]\n" + as_document(value, True, f"{full}."))
        elif (
            headers
            and isinstance(value, list)
            and value
            and all(isinstance(item, dict) for item in value)
        ):
            full = f"{path}{name}"
            later += [f"[[{full}]]\n" + as_document(item, True, f"{full}.") for item in value]
        else:
            lines.append(f"{name} = {toml_value(value)}")
    return "\n".join([*lines, *later]) + "\n"


def check_text(text: str) -> None:
    """Read a configuration as the kernel does; nothing but ConfigError may escape."""
    try:
        document = parse_document(text, folder=Path("/nowhere"))
        configuration = KNOWN.decode(document, KNOWN.chosen(document))
        configuration.raise_problems()
    except ConfigError as error:
        check_problems(error, text)
    else:
        assert tomllib.loads(as_toml(effective(configuration, KNOWN))) is not None


def check_problems(error: ConfigError, text: str) -> None:
    locator = Locator(text.replace("\r\n", "\n"))
    for problem in error.config_problems:
        assert problem.message
        assert str(problem).isprintable()
        if problem.path and locator.nearest(parse_path(problem.path)) is not None:
            assert problem.line is not None
        if problem.line is not None:
            assert 1 <= problem.line <= text.count("\n") + 1


@given(TABLES, st.booleans())
def test_any_valid_toml_gives_a_configuration_or_located_problems(
    table: dict[str, Any], headers: bool
) -> None:
    check_text(as_document(table, headers))


@given(TABLES, st.booleans())
def test_every_key_of_a_valid_file_has_a_line(table: dict[str, Any], headers: bool) -> None:
    text = as_document(table, headers)
    locator = Locator(text)
    for path in paths_of(tomllib.loads(text)):
        assert locator.line(path) is not None, (path, text)


PIECES = ["[", "]", "[[", "]]", "{", "}", "=", ".", ",", '"', "'", '"""', "'''", "#", "\\", "\n"]
PIECES += ["\0", "true", "1e999", "nan", "-", "1979-05-27", "enabled = true\n", "[dns.auth]\n", "é"]


@given(
    st.sampled_from([REFERENCE, DOCUMENT]),
    st.lists(
        st.tuples(st.integers(0, 4000), st.integers(0, 30), st.sampled_from(PIECES)), max_size=6
    ),
)
@settings(max_examples=300)
def test_mutated_files_give_a_configuration_or_located_problems(
    text: str, edits: list[tuple[int, int, str]]
) -> None:
    for position, removed, piece in edits:
        text = text[:position] + piece + text[position + removed :]
    check_text(text)


@given(st.text())
@example("a = " + "[" * 10_000)
@example("a = " + "{a=" * 10_000)
@example("a" + ".a" * 5_000 + " = 1")
@example("a = " + "9" * 5_000)
@example("a = 0x" + "f" * 5_000)
@example("[[instance.peers]]\n[instance.peers.x]\n")
def test_any_text_gives_a_configuration_or_located_problems(text: str) -> None:
    check_text(text)


@given(st.dictionaries(st.text(), st.text()), st.lists(st.tuples(st.text(), st.text())))
def test_any_override_gives_a_configuration_or_problems(
    variables: dict[str, str], options: list[tuple[str, str]]
) -> None:
    environment = {f"MICRODNS_{name}": value for name, value in variables.items()}
    problems: tuple[ConfigProblem, ...] = ()
    try:
        document = parse_document(REFERENCE, overrides=options, environment=environment)
        KNOWN.decode(document, KNOWN.chosen(document)).raise_problems()
    except ConfigError as error:
        problems = error.config_problems
    assert all(str(problem).isprintable() for problem in problems)
