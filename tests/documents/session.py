"""Sessions shown in documents: blocks of ``console`` with commands after ``$`` and what they print.

In the output, ``…`` stands for anything within a line, and a line of ``…`` alone for any lines.
"""

import re
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ANY = "…"


@dataclass(frozen=True)
class Step:
    """A command, and what it should print."""

    command: str
    output: str


def steps(document: Path) -> list[Step]:
    """All steps of a document in order."""
    found = []
    for block in BLOCK.finditer(document.read_text()):
        for part in re.split(r"^\$ ", block[1], flags=re.MULTILINE)[1:]:
            lines = part.splitlines()
            size = 1 + sum(1 for _ in _continued(lines))
            command = "\n".join(lines[:size])
            found.append(Step(command, "\n".join(lines[size:]).rstrip()))
    return found


def _continued(lines: list[str]) -> list[str]:
    """The first lines that end with a backslash, so that the command goes on after them."""
    found = []
    for line in lines:
        if not line.endswith("\\"):
            break
        found.append(line)
    return found


def matches(shown: str, printed: str) -> bool:
    """Whether output is as a document shows it, spaces at the ends of lines aside."""
    pieces = []
    for line in shown.splitlines():
        if line.strip() == ANY:
            pieces.append(r"(?:.*\n)*")
        else:
            pieces.append(".*".join(map(re.escape, line.rstrip().split(ANY))) + r"[ \t]*\n")
    return (
        re.fullmatch("".join(pieces), printed.rstrip() + "\n" if printed.strip() else "")
        is not None
    )
