"""Taste that a machine can see: sizes, words, prints, comments that silence checks."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from tests.repository.tree import CHECKOUT, GENERATED, VENDORED, name_of, sources, tracked

LONGEST_FUNCTION_LINES = 56
"""No function of the packages is longer.  This number may only go down."""
FUNCTIONS_OVER_40_LINES = 4
"""So many functions of the packages, lists of declarations all of them, are longer than 40 lines.
This number may only go down."""
MEDIAN_FUNCTION_LINES = 8

FORBIDDEN = [
    # In pieces, so that this file does not name them.
    "/wo" + "rk/",
    "/ro" + "ot/",
    "/ho" + "me/",
    "pypi" + ".org",
    "python" + "hosted",
    "registry." + "npm",
    "deb." + "debian",
    "pip install micro" + "dns ",
    "pip install micro" + "dns\n",
    "pip install micro" + "dns`",
]


@cache
def text_of(file: Path) -> str:
    """A file's text; empty for one that is not text."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@cache
def functions() -> list[tuple[int, str]]:
    """Lines and place of every function of the packages."""
    found = []
    for file in sources():
        for node in ast.walk(ast.parse(text_of(file))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                lines = node.end_lineno - node.lineno + 1
                found.append((lines, f"{name_of(file)}:{node.lineno} {node.name}"))
    return sorted(found, reverse=True)


def test_no_function_is_longer_than_the_longest() -> None:
    long = [place for lines, place in functions() if lines > LONGEST_FUNCTION_LINES]
    assert not long, "split these functions"


def test_few_functions_are_long() -> None:
    long = [f"{lines} {place}" for lines, place in functions() if lines > 40]
    assert len(long) <= FUNCTIONS_OVER_40_LINES, "\n".join(long)


def test_most_functions_are_short() -> None:
    median, _ = functions()[len(functions()) // 2]
    assert median <= MEDIAN_FUNCTION_LINES


def test_no_file_names_a_machine_or_a_registry() -> None:
    hits = [
        f"{name_of(file)}: {word.strip()}"
        for file in tracked()
        for word in FORBIDDEN
        if word in text_of(file)
    ]
    assert not hits


def test_every_module_begins_with_its_idea() -> None:
    bare = [
        name_of(file)
        for file in tracked()
        if file.suffix == ".py" and text_of(file) and not ast.get_docstring(parsed(file))
    ]
    assert not bare, "a module's docstring gives its idea"


@cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(text_of(file))


SILENCED = re.compile(r"#\s*(type:\s*ignore|noqa|pragma: no cover)(\[[^]]*\]|:\s*[A-Z0-9, ]+)?(.*)")


def silenced() -> Iterator[tuple[str, str, str]]:
    """Place, code and reason (on the line, or in a comment above) of each silenced check."""
    for file in tracked():
        if file.suffix != ".py" or file == Path(__file__):
            continue
        above = ""
        for number, line in enumerate(text_of(file).splitlines(), 1):
            if match := SILENCED.search(line):
                comment = above if above.startswith("#") else ""
                yield f"{name_of(file)}:{number}", match[2] or "", match[3].strip(" #()") + comment
            above = line.strip()


def test_a_silenced_check_names_which_and_why() -> None:
    lacking = [place for place, code, reason in silenced() if not code or not reason]
    assert not lacking, "write: # noqa: CODE  (reason)   or   # type: ignore[code]  # reason"


def test_nothing_is_left_to_be_done() -> None:
    words = re.compile(
        r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b"
    )
    hits = [
        f"{name_of(file)}:{number}"
        for file in tracked()
        if not name_of(file).startswith(GENERATED + VENDORED)
        for number, line in enumerate(text_of(file).splitlines(), 1)
        if words.search(line)
    ]
    assert not hits


@pytest.mark.parametrize("file", [".ci/run"])
def test_scripts_can_be_run(file: str) -> None:
    assert (CHECKOUT / file).stat().st_mode & 0o111


def test_ci_does_what_the_readme_says() -> None:
    assert "make test" in (CHECKOUT / ".ci" / "run").read_text()
