"""Which section belongs to whom, and what a document asks of its plugins.

The kernel's steps::

    document = load_document(path, overrides, os.environ)
    layout = Layout({plugin.name: plugin.section for plugin in installed})
    names = with_dependencies(selection or layout.chosen(document))
    configuration = layout.decode(document, names, selection)
    configuration.add_problems(name, plugin.microdns_check(configuration.plugins[name]))
    configuration.raise_problems()
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec.structs import fields

from microdns.config.catalogue import FIRST_PARTY, Known
from microdns.config.core import DatabaseConfig, InstanceConfig, LoggingConfig
from microdns.config.decode import keys_of, relative
from microdns.config.describe import written
from microdns.config.document import Document
from microdns.config.overrides import variable
from microdns.config.paths import KeyPath, format_path, parse_path
from microdns.config.problems import ConfigProblem, Origin
from microdns.config.suggest import hint
from microdns.errors import Conflict, Problem

if TYPE_CHECKING:
    from microdns.plugin import Section

S = TypeVar("S", bound=msgspec.Struct)

CORE_SECTIONS: Mapping[str, type[msgspec.Struct]] = {
    "instance": InstanceConfig,
    "database": DatabaseConfig,
    "logging": LoggingConfig,
}


@dataclass
class Configuration:
    """A decoded document: the kernel's sections, and one struct for each plugin that runs.

    Sections with problems have their defaults here; nobody should use them before
    ``raise_problems``.
    """

    document: Document
    instance: InstanceConfig
    database: DatabaseConfig
    logging: LoggingConfig
    plugins: dict[str, msgspec.Struct] = field(default_factory=dict)
    places: dict[str, KeyPath] = field(default_factory=dict)
    """Where each installed plugin's section stands."""

    @property
    def problems(self) -> list[ConfigProblem]:
        return self.document.problems

    @property
    def notes(self) -> list[ConfigProblem]:
        """Remarks that stop nothing: sections that no installed plugin reads."""
        return self.document.notes

    def add_problems(self, plugin: str, problems: Iterable[Problem]) -> None:
        """Add what the plugin's own check found; paths are relative to its section."""
        section = self.places.get(plugin, ())
        for problem in problems:
            self.document.report(section + relative(problem.path), problem.message)

    def raise_problems(self) -> None:
        """Raise ConfigError with every problem, if there is any."""
        self.document.raise_problems()


class Layout:
    """The sections of the kernel, of installed plugins, and of first-party ones that are not.

    ``unloadable`` names plugins that are installed but can't be imported: their sections are
    unknown, so sections that nobody claims are then noted instead of refused.
    """

    def __init__(
        self,
        sections: "Mapping[str, Section | None] | None" = None,
        unloadable: Collection[str] = (),
    ) -> None:
        self.sections: dict[str, Section] = {}
        self._owners: dict[str, str] = dict.fromkeys(CORE_SECTIONS, "the kernel")
        self._unloadable = frozenset(unloadable)
        for name, section in (sections or {}).items():
            if section is not None:
                self.claim(name, section)

    def claim(self, plugin: str, section: "Section") -> None:
        """Give a section to a plugin; raises ``Conflict`` when another has it."""
        paths = (section.path, *section.elsewhere.values())
        for path in paths:
            if path in self._owners:
                raise Conflict(
                    f"section [{path}] of plugin {plugin} belongs to {self._owners[path]}"
                )
        self._owners.update(dict.fromkeys(paths, f"plugin {plugin}"))
        self.sections[plugin] = section

    @property
    def absent(self) -> list[Known]:
        """First-party sections that no installed plugin claims."""
        return [known for known in FIRST_PARTY if known.section not in self._owners]

    @property
    def paths(self) -> list[str]:
        """Every section path that is known, claimed or not."""
        return [*self._owners, *(known.section for known in self.absent)]

    def chosen(self, document: Document) -> list[str]:
        """The installed plugins that the document asks for, by ``enabled`` or by their presence."""
        return [name for name, section in self.sections.items() if _asks(document, section)]

    def decode(
        self,
        document: Document,
        running: Collection[str],
        selection: Collection[str] | None = None,
    ) -> Configuration:
        """Decode everything, finding every mistake.

        ``running`` are the plugins that will run: their sections must be complete.  Sections of
        other installed plugins are looked over too.  ``selection`` are the names given to
        ``--plugins``, if any: what it leaves out need not be installed.
        """
        configuration = Configuration(
            document,
            self._core(document, "instance", InstanceConfig),
            self._core(document, "database", DatabaseConfig),
            self._core(document, "logging", LoggingConfig),
        )
        for name, section in self.sections.items():
            decoded = self._decode(document, section, complete=name in running)
            configuration.places[name] = parse_path(section.path)
            if name in running and decoded is not None:
                configuration.plugins[name] = decoded
        for known in self.absent:
            _look_over_absent(document, known, selection)
        self._look_over_rest(document)
        self._look_over_variables(document)
        return configuration

    def _core(self, document: Document, path: str, type: type[S]) -> S:
        return document.section(path, type, inner=self._inner(document, path, type)) or type()

    def _decode(
        self, document: Document, section: "Section", *, complete: bool
    ) -> msgspec.Struct | None:
        return document.section(
            section.path,
            section.type,
            inner=self._inner(document, section.path, section.type),
            elsewhere=section.elsewhere,
            complete=complete,
        )

    def _inner(self, document: Document, path: str, type: type[msgspec.Struct]) -> list[str]:
        """Sections inside this one that belong to others, or may belong to broken plugins."""
        where = parse_path(path)
        table = document.get(where)
        inner = [other for other in self.paths if parse_path(other)[:-1][: len(where)] == where]
        if self._unloadable and isinstance(table, dict):
            known = {str(parse_path(other)[len(where)]) for other in inner} | keys_of(type)
            for key, value in table.items():
                if key not in known and isinstance(value, dict):
                    self._stray(document, (*where, key), value)
                    inner.append(format_path((*where, key)))
        return inner

    def _look_over_rest(self, document: Document) -> None:
        """Report what stands beside the known sections."""
        claimed = set(map(parse_path, self.paths))
        parents = {path[:depth] for path in claimed for depth in range(len(path))} - claimed
        for parent in parents:
            table = document.get(parent)
            if table is None:
                continue
            if not isinstance(table, dict):
                document.report(parent, f"must be a table, not {written(table)}")
                continue
            for key, value in table.items():
                if (*parent, key) not in claimed | parents:
                    self._stray(document, (*parent, key), value)

    def _look_over_variables(self, document: Document) -> None:
        """Note variables that differ from the name of a key by single underscores only."""
        if not document.variables_without_levels:
            return
        structs = list(CORE_SECTIONS.items())
        structs += [(section.path, section.type) for section in self.sections.values()]
        meant = {}
        for path, struct in structs:
            for key in keys_of(struct):
                name = variable((*parse_path(path), key))
                meant[name.replace("__", "_")] = name
        for name in document.variables_without_levels:
            if name in meant:
                message = f"sets nothing (did you mean {meant[name]}?)"
                document.notes.append(ConfigProblem(Origin("environment", name), "", message))

    def _stray(self, document: Document, path: KeyPath, value: Any) -> None:
        """A key or section that nobody claims."""
        if not isinstance(value, dict | list):
            message = "unknown key" + hint(format_path(path[:-1]), self.paths, mark="in [{}]")
            document.report(path, message)
        elif self._unloadable:
            names = ", ".join(sorted(self._unloadable))
            document.note(path, f"unknown section; it may belong to {names}, which can't be loaded")
        else:
            document.report(
                path, "unknown section" + hint(format_path(path), self.paths, mark="[{}]")
            )


def _asks(document: Document, section: "Section") -> bool:
    """Whether a document asks for the plugin of an installed section."""
    if not section.chooses:
        return False
    where = parse_path(section.path)
    for info in fields(section.type):
        if info.encode_name == "enabled":
            value = document.get((*where, "enabled"))
            return value is True if value is not None else info.default is True
    places = [where, *map(parse_path, section.elsewhere.values())]
    return any(document.get(place) is not None for place in places)


def _look_over_absent(document: Document, known: Known, selection: Collection[str] | None) -> None:
    """A section of ours whose plugin is not installed: a mistake if it is asked for."""
    key = parse_path(known.key)
    value = document.get(key) if key else None
    wanted = value is not None and known.asks(value)
    if wanted and (selection is None or known.plugin in selection):
        document.report(
            key,
            f"needs the plugin {known.plugin}, which is not installed "
            f"(pip install {known.distribution})",
        )
        return
    where = parse_path(known.section)
    found = document.get(where)
    if found is not None and not isinstance(found, dict | list):
        document.report(where, f"must be a table, not {written(found)}")
    elif found is not None and not _only_holds_others(where, found):
        document.note(where, f"ignored: the plugin {known.plugin} is not installed")


def _only_holds_others(where: KeyPath, table: Any) -> bool:
    """Whether a table has nothing of its own, only sections inside it that are known."""
    known = {parse_path(known.section) for known in FIRST_PARTY}
    return isinstance(table, dict) and all((*where, key) in known for key in table)
