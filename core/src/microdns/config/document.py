"""A loaded configuration: the file's values, what overrides them, and where each came from."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from microdns.config import overrides as outside
from microdns.config.decode import MISSING, Decoder
from microdns.config.describe import written
from microdns.config.overrides import Override
from microdns.config.paths import KeyPath, format_path, parse_path
from microdns.config.problems import ConfigError, ConfigProblem, Origin
from microdns.config.source import Source, parse_source, read_source

S = TypeVar("S", bound=msgspec.Struct)

PROBLEMS_MAX = 1_000
"""Nobody reads more; a generated file may repeat one mistake for each of its hosts."""


class Document:
    """Values by key path.  ``problems`` gathers the mistakes found so far, in any order.

    ``notes`` are remarks that stop nothing.  Precedence: file, environment, ``--set``.
    """

    def __init__(self, source: Source, overrides: Iterable[Override] = ()) -> None:
        self.source = source
        self.data: dict[str, Any] = source.data
        self.problems: list[ConfigProblem] = []
        self.notes: list[ConfigProblem] = []
        self._further = 0
        self._origins: dict[KeyPath, Origin] = {}
        self._texts: dict[KeyPath, str] = {}
        self.variables_without_levels: list[str] = []
        """Environment variables that begin like ours but name no key."""
        for override in overrides:
            self._apply(override)
        self.decoder = Decoder(self.report, source.folder, self._texts)

    def _apply(self, override: Override) -> None:
        present = {path for path in _prefixes(override.path) if self.get(path) is not None}
        reason = outside.apply(self.data, override)
        if reason is not None:
            name = format_path(override.path)
            self.problems.append(ConfigProblem(override.origin, name, reason))
            return
        actual = self._actual(override.path)
        self._texts[actual] = override.text
        self._origins[actual] = override.origin
        for path in _prefixes(actual):
            if path not in present and path not in self._origins:
                self._origins[path] = override.origin

    def _actual(self, path: KeyPath) -> KeyPath:
        """The path with the digits of a variable's name turned into array positions."""
        steps: list[str | int] = []
        for step in path:
            holder = self.get(tuple(steps))
            steps.append(int(step) if isinstance(holder, list) else step)
        return tuple(steps)

    # -- reading

    @property
    def folder(self) -> Path:
        """The folder that relative paths start from."""
        return self.source.folder

    def get(self, path: KeyPath) -> Any:
        """The plain value at a path; None when there is none (TOML has no null)."""
        here: Any = self.data
        for step in path:
            if isinstance(step, int):
                if not isinstance(here, list) or step >= len(here):
                    return None
                here = here[step]
            else:
                here = here.get(step) if isinstance(here, dict) else None
        return here

    def section(
        self,
        path: str,
        type: type[S],
        *,
        inner: Collection[str] = (),
        elsewhere: Mapping[str, str] | None = None,
        complete: bool = True,
    ) -> S | None:
        """The section decoded, or None when anything is wrong with it (see ``problems``).

        ``inner`` are paths of sections inside this one that belong to others; ``elsewhere`` maps
        fields of the struct to the paths that they are read from, where those are not keys of the
        section.  ``complete=False`` forgives missing keys: the section is only looked over.
        """
        where = parse_path(path)
        table = self.get(where)
        if table is not None and not isinstance(table, dict):
            self.report(where, f"must be a table, not {written(table)} (write [{path}])")
            return None
        found = self.decoder.struct(
            type,
            table or {},
            where,
            ignored=_keys_below(where, inner),
            elsewhere=self._elsewhere(elsewhere or {}),
            complete=complete,
        )
        return None if found is MISSING else found

    def _elsewhere(self, fields: Mapping[str, str]) -> dict[str, tuple[KeyPath, Any]]:
        places = {field: parse_path(path) for field, path in fields.items()}
        return {
            field: (place, self.get(place))
            for field, place in places.items()
            if self.get(place) is not None
        }

    # -- places and problems

    def origin(self, path: KeyPath) -> Origin:
        """Where the value at ``path`` was set; for one that is not set, its closest ancestor."""
        for prefix in reversed(_prefixes(path)):
            if prefix in self._origins:
                return self._origins[prefix]
        return self.source.origin(path)

    def problem(self, path: KeyPath, message: str) -> ConfigProblem:
        """A problem at a path, with its place."""
        return ConfigProblem(self.origin(path), format_path(path), message)

    def report(self, path: KeyPath, message: str) -> None:
        """Add a problem; beyond ``PROBLEMS_MAX`` they are only counted."""
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(self.problem(path, message))
        else:
            self._further += 1

    def note(self, path: KeyPath, message: str) -> None:
        """Add a remark that stops nothing."""
        self.notes.append(self.problem(path, message))

    def raise_problems(self) -> None:
        """Raise ConfigError with every problem found so far, if there is any."""
        if self.problems:
            raise ConfigError(self.problems, self._further)


def _prefixes(path: KeyPath) -> list[KeyPath]:
    return [path[:length] for length in range(1, len(path) + 1)]


def _keys_below(section: KeyPath, inner: Iterable[str]) -> set[str]:
    """The keys of a section that lead to the sections named in ``inner``."""
    depth = len(section)
    paths = [path for path in map(parse_path, inner) if path[:depth] == section]
    return {str(path[depth]) for path in paths if len(path) > depth}


def load_document(
    path: str | Path | None,
    overrides: Iterable[tuple[str, str]] = (),
    environment: Mapping[str, str] | None = None,
) -> Document:
    """Read a configuration file and what overrides it.

    ``path`` None means no file: defaults and overrides only, relative paths starting from the
    working folder.  ``overrides`` are (key, value text) as given to ``--set``; ``environment`` is
    usually ``os.environ``.  Raises ConfigError when the file can't be read or is not TOML, or a key
    of ``--set`` is none; all other problems wait in ``problems``.
    """
    source = read_source(Path(path)) if path is not None else Source("(no file)", Path.cwd())
    return _with_overrides(source, overrides, environment)


def parse_document(
    text: str,
    *,
    name: str = "microdns.toml",
    folder: Path | None = None,
    overrides: Iterable[tuple[str, str]] = (),
    environment: Mapping[str, str] | None = None,
) -> Document:
    """Like ``load_document``, for TOML that is at hand."""
    source = parse_source(text, name, folder if folder is not None else Path.cwd())
    return _with_overrides(source, overrides, environment)


def _with_overrides(
    source: Source,
    options: Iterable[tuple[str, str]],
    environment: Mapping[str, str] | None,
) -> Document:
    found = [*outside.from_environment(environment or {}), *outside.from_options(options)]
    document = Document(source, found)
    document.variables_without_levels = outside.without_levels(environment or {})
    return document
