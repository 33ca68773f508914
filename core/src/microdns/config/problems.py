"""What is wrong with a configuration: every mistake, each with the place to mend it."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from microdns.config.paths import one_line
from microdns.errors import Invalid, Problem


class Origin(msgspec.Struct, frozen=True):
    """Where a value was set.

    ``name`` is the file, the environment variable or the key given to ``--set``; ``line`` counts
    from 1 and is known for files only.
    """

    kind: Literal["default", "file", "environment", "set"]
    name: str = ""
    line: int | None = None

    def __str__(self) -> str:
        name = one_line(self.name)
        if self.kind == "file":
            return name if self.line is None else f"{name}:{self.line}"
        return {"default": "default", "environment": "environment ", "set": "--set "}[
            self.kind
        ] + name


DEFAULT = Origin("default")


class ConfigProblem(msgspec.Struct, frozen=True):
    """One mistake: where it stands, the key path, and what to do about it.

    ``path`` may be empty (a syntax error, an unreadable file).  ``column`` counts characters
    from 1 and is known for syntax errors only.
    """

    origin: Origin
    path: str
    message: str
    column: int | None = None

    @property
    def file(self) -> str:
        """The file, or what else the value came from (``environment MICRODNS_…``)."""
        return self.origin.name if self.origin.kind == "file" else str(self.origin)

    @property
    def line(self) -> int | None:
        return self.origin.line

    def __str__(self) -> str:
        place = str(self.origin) + (f":{self.column}" if self.column is not None else "")
        path = "" if place == f"--set {self.path}" else self.path  # said already
        return one_line(": ".join(part for part in (place, path, self.message) if part))


def in_order(problems: Iterable[ConfigProblem]) -> list[ConfigProblem]:
    """By line, the file before overrides; each only once."""
    unique = dict.fromkeys(problems)
    return sorted(unique, key=lambda problem: (problem.origin.kind != "file", problem.line or 0))


class ConfigError(Invalid):
    """The configuration can't be used; ``config_problems`` holds every reason.

    The text has one problem a line; ``further`` are problems beyond those that were kept.
    """

    code = "config"
    exit_code = 2

    def __init__(self, problems: Iterable[ConfigProblem], further: int = 0) -> None:
        self.config_problems = tuple(in_order(problems))
        lines = [*map(str, self.config_problems), *([f"and {further} more"] if further else [])]
        super().__init__(
            "\n".join(lines),
            [Problem(problem.path, problem.message) for problem in self.config_problems],
        )
