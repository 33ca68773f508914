"""Reading and comparing sessions."""

from pathlib import Path

import pytest
from tests.documents.session import Step, matches, steps


def test_commands_and_their_output_are_read(tmp_path: Path) -> None:
    document = tmp_path / "a.md"
    document.write_text(
        "Text\n\n```console\n$ one\nfirst\n$ two \\\n    more\n```\n\n```sh\n$ no\n```\n"
    )
    assert steps(document) == [Step("one", "first"), Step("two \\\n    more", "")]


@pytest.mark.parametrize(
    ("shown", "printed", "match"),
    [
        ("", "", True),
        ("", "x\n", False),
        ("a", "a\n", True),
        ("a", "ab\n", False),
        ("a…c", "abbc\n", True),
        ("a…", "a  \n", True),
        ("a\n…\nz", "a\nb\nc\nz\n", True),
        ("a\n…\nz", "a\nz\n", True),
        ("a\n…", "b\n", False),
        ("(a.*)", "(a.*)\n", True),
    ],
)
def test_ellipses_stand_for_anything(shown: str, printed: str, match: bool) -> None:
    assert matches(shown, printed) is match
