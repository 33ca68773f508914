"""Finding installed plugins (entry points in the group ``microdns.plugins``) and loading them."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from stevedore.named import NamedExtensionManager

from microdns.errors import MicroDNSError
from microdns.plugin import Plugin

GROUP = "microdns.plugins"


class PluginError(MicroDNSError):
    """A plugin that was asked for is missing or broken; the text is one line for the operator."""

    code = "plugin"
    exit_code = 2


@dataclass(frozen=True)
class Loaded:
    """A plugin object."""

    plugin: Plugin

    @property
    def version(self) -> str:
        """The version of the distribution that it came with; empty when it is not installed."""
        return package_of(self.plugin.name)[1]


@dataclass(frozen=True)
class LoadFailure:
    """Why an installed plugin can't be used."""

    name: str
    distribution: str
    reason: str


def installed_names() -> tuple[str, ...]:
    """The names of all installed plugins, sorted; none is imported."""
    manager = _manager((), {})
    return tuple(sorted({entry.name for entry in manager.list_entry_points()}))


def load(name: str) -> Loaded | LoadFailure | None:
    """Import and instantiate one plugin; None when no distribution announces it.

    Whatever the import does, even ``sys.exit``, ends in a ``LoadFailure``.
    """
    failures: dict[str, str] = {}
    try:
        manager = _manager((name,), failures)
    except (Exception, SystemExit) as error:
        return LoadFailure(name, "", describe(error))
    if name in failures:
        return LoadFailure(name, package_of(name)[0], failures[name])
    for extension in manager:
        return _checked(name, extension.obj, extension.entry_point)
    return None


def load_all(names: Iterable[str]) -> tuple[dict[str, Loaded], list[LoadFailure]]:
    """Load plugins by name; names that nothing announces are left out of both results."""
    loaded: dict[str, Loaded] = {}
    failures: list[LoadFailure] = []
    for name in names:
        result = load(name)
        if isinstance(result, Loaded):
            loaded[name] = result
        elif isinstance(result, LoadFailure):
            failures.append(result)
    return loaded, failures


def load_required(name: str, wanted_by: str = "") -> Loaded:
    """Load a plugin that was asked for; raises ``PluginError`` saying what to install or mend."""
    result = load(name)
    because = f" (required by {wanted_by})" if wanted_by else ""
    if result is None:
        known = ", ".join(installed_names()) or "none"
        raise PluginError(
            f"plugin {name}{because} is not installed: pip install microdns-{name} "
            f"(installed plugins: {known})"
        )
    if isinstance(result, LoadFailure):
        package = result.distribution or f"microdns-{name}"
        raise PluginError(
            f"plugin {name}{because} can't be loaded: {result.reason} "
            f"(mend or reinstall the package {package})"
        )
    return result


def describe(error: BaseException) -> str:
    """An exception on one line: its type and text."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _manager(names: tuple[str, ...], failures: dict[str, str]) -> NamedExtensionManager[Any]:
    def failed(_manager: Any, entry: EntryPoint, error: BaseException) -> None:
        failures.setdefault(entry.name, describe(error))

    return NamedExtensionManager(
        GROUP,
        list(names),
        invoke_on_load=True,
        on_load_failure_callback=failed,
        on_missing_entrypoints_callback=lambda _names: None,
    )


def _checked(name: str, plugin: Any, entry: EntryPoint) -> Loaded | LoadFailure:
    if not isinstance(plugin, Plugin):
        reason = f"{entry.value} is not a microdns.plugin.Plugin"
    elif getattr(plugin, "name", None) != name:
        reason = f"{entry.value} is named {getattr(plugin, 'name', None)!r}"
    else:
        return Loaded(plugin)
    return LoadFailure(name, package_of(name)[0], reason)


@cache
def package_of(plugin: str) -> tuple[str, str]:
    """Distribution and version that announce a plugin; two empty texts when none does.

    Reads the metadata of everything installed (some 15 ms), so not before somebody asks.
    """
    for entry in entry_points(group=GROUP, name=plugin):
        if entry.dist is not None:
            return entry.dist.name, entry.dist.version
    return "", ""
