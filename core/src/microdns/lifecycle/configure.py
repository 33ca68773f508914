"""From a config file and installed plugins to what is going to run."""

import contextlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from microdns.config import (
    ConfigError,
    Configuration,
    Document,
    Layout,
    control_socket,
    load_document,
    parse_document,
)
from microdns.config.catalogue import FIRST_PARTY
from microdns.config.paths import parse_path
from microdns.lifecycle.assembly import Assembly
from microdns.lifecycle.discovery import (
    Loaded,
    LoadFailure,
    PluginError,
    describe,
    installed_names,
    load_all,
    load_required,
    package_of,
)
from microdns.lifecycle.hookcalls import HookCalls
from microdns.lifecycle.order import with_requirements
from microdns.plugin import Instance, NoConfig, Plugin
from microdns.store import StoreOptions

Overrides = Sequence[tuple[str, str]]


def assemble_file(
    config: str, overrides: Overrides = (), wanted: Sequence[str] | None = None
) -> Assembly:
    """What ``microdns run --config FILE [--plugins a,b]`` runs.

    Raises ``ConfigError`` with every mistake of the config, or ``PluginError`` for a plugin that
    was asked for by name and is missing or broken.
    """
    installed = installed_names()
    document = load_document(config, overrides, os.environ)
    concerned = [name for name in installed if _concerned(name, document, wanted)]
    if len(concerned) < len(installed):
        with contextlib.suppress(ConfigError):
            assembly = _assembler(document, concerned, wanted).assemble()
            if not assembly.notes:
                return assembly
        document = load_document(config, overrides, os.environ)
    return _assembler(document, installed, wanted).assemble()


def installed_layout() -> Layout:
    """The config sections of everything installed."""
    return _installed(parse_document(""), None).layout()


def configuration_of(config: str, overrides: Overrides = ()) -> tuple[Configuration, Layout]:
    """The decoded config, as far as installed plugins read it.

    Raises ``ConfigError`` with every mistake.
    """
    assembler = _installed(load_document(config, overrides, os.environ), None)
    return assembler.configuration(), assembler.layout()


def assemble_plugins(plugins: Sequence[Plugin], config: str, folder: Path) -> Assembly:
    """What a test runs: the plugins at hand, and installed ones that they require."""
    document = parse_document(config, folder=folder)
    at_hand = {plugin.name: Loaded(plugin) for plugin in plugins}
    return _Assembler(document, at_hand, (), [plugin.name for plugin in plugins]).assemble()


def kernel_configuration(config: str, overrides: Overrides = ()) -> Configuration:
    """The kernel's own sections; mistakes elsewhere in the file do not matter."""
    return Layout().decode(load_document(config, overrides, os.environ), ())


def control_socket_of(config: str, overrides: Overrides = ()) -> Path:
    """Where the process that runs with this config listens for commands."""
    return _socket(kernel_configuration(config, overrides))


def _installed(document: Document, wanted: Sequence[str] | None) -> "_Assembler":
    return _assembler(document, installed_names(), wanted)


def _assembler(
    document: Document, names: Sequence[str], wanted: Sequence[str] | None
) -> "_Assembler":
    """One that has imported these plugins, and those wanted."""
    installed, failures = load_all(names)
    assembler = _Assembler(document, installed, tuple(failures), wanted)
    for name in wanted or ():
        assembler.load(name, "")
    return assembler


def _concerned(name: str, document: Document, wanted: Sequence[str] | None) -> bool:
    """Whether a config may be about an installed plugin.

    Not about one of ours whose sections are not there: those are known without importing it, and
    none of ours runs without a section.  Of others nothing is known before they are imported.
    """
    sections = [known.section for known in FIRST_PARTY if known.plugin == name]
    return (
        not sections
        or name in (wanted or ())
        or any(document.get(parse_path(section)) is not None for section in sections)
    )


class _Assembler:
    """Chooses, orders and configures plugins; remembers how, for those started later."""

    def __init__(
        self,
        document: Document,
        installed: dict[str, Loaded],
        failures: tuple[LoadFailure, ...],
        wanted: Sequence[str] | None,
    ) -> None:
        self._document = document
        self._installed = installed
        self._failures = failures
        self._wanted = wanted
        self._broken: dict[str, LoadFailure] = {}

    def plugins(self) -> dict[str, Loaded]:
        """Those chosen, and what they require, in start order."""
        chosen = self.layout().chosen(self._document) if self._wanted is None else self._wanted
        return with_requirements(chosen, self.load)

    def configuration(self) -> Configuration:
        return self._decode(self.plugins())

    def assemble(self) -> Assembly:
        chosen = self.plugins()
        configuration = self._decode(chosen)
        plugins = {name: each for name, each in chosen.items() if name not in self._broken}
        return Assembly(
            instance=Instance(
                configuration.instance.id,
                configuration.instance.mode,
                str(self._document.folder),
            ),
            database=configuration.database.path,
            control_socket=_socket(configuration),
            plugins=plugins,
            configs={name: _config_of(configuration, name) for name in plugins},
            failures=(*self._failures, *self._broken.values()),
            add=self._add,
            notes=tuple(map(str, configuration.notes)),
            store_options=_store_options(configuration),
            logging=configuration.logging,
        )

    def layout(self) -> Layout:
        """Whose section is whose."""
        sections = {name: loaded.plugin.section for name, loaded in self._installed.items()}
        return Layout(sections, [failure.name for failure in self._failures])

    def load(self, name: str, wanted_by: str) -> Loaded:
        """An installed plugin; raises ``PluginError`` when it is missing or broken."""
        if name not in self._installed:
            self._installed[name] = load_required(name, wanted_by)
        return self._installed[name]

    def _decode(self, plugins: Mapping[str, Loaded]) -> Configuration:
        configuration = self.layout().decode(self._document, tuple(plugins), self._wanted)
        for name, loaded in plugins.items():
            if name in configuration.plugins:
                self._check(configuration, loaded.plugin)
        configuration.raise_problems()
        return configuration

    def _check(self, configuration: Configuration, plugin: Plugin) -> None:
        """Add what the plugin's own check finds; one that raises makes the plugin a broken one."""
        hooks = HookCalls()
        try:
            hooks.register(plugin)
            config = configuration.plugins[plugin.name]
            problems = tuple(hooks.call(plugin, "microdns_check", config=config) or ())
        except Exception as error:
            package = package_of(plugin.name)[0]
            self._broken[plugin.name] = LoadFailure(plugin.name, package, describe(error))
        else:
            configuration.add_problems(plugin.name, problems)

    def _add(self, name: str) -> tuple[Loaded, msgspec.Struct]:
        loaded = self.load(name, "")
        configuration = self._decode({name: loaded})
        if name in self._broken:
            raise PluginError(f"plugin {name} can't be used: {self._broken[name].reason}")
        return loaded, _config_of(configuration, name)


def _config_of(configuration: Configuration, name: str) -> msgspec.Struct:
    return configuration.plugins.get(name, NoConfig())


def _socket(configuration: Configuration) -> Path:
    return control_socket(configuration.instance, configuration.database)


def _store_options(configuration: Configuration) -> StoreOptions:
    database = configuration.database
    return StoreOptions(
        block_cache_bytes=database.cache_bytes,
        memtables_bytes=database.write_buffer_bytes,
        journal_age_seconds=database.journal_age_max or None,
        journal_bytes_max=database.journal_bytes_max or None,
        past_entries_max=database.past_entries_max,
    )
