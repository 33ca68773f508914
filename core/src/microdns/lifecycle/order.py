"""Which plugins run, and in which order: dependencies first."""

from collections.abc import Callable, Iterable, Mapping

from microdns.lifecycle.discovery import Loaded, PluginError


def with_requirements(
    wanted: Iterable[str], load: Callable[[str, str], Loaded]
) -> dict[str, Loaded]:
    """The wanted plugins and all that they require, in start order.

    ``load(name, wanted_by)`` gives a plugin or raises.  Raises ``PluginError`` on a cycle.
    """
    ordered: dict[str, Loaded] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise PluginError(f"plugins require each other: {' -> '.join((*path, name))}")
        if name in ordered:
            return
        loaded = load(name, path[-1] if path else "")
        for required in loaded.plugin.requires:
            visit(required, (*path, name))
        ordered[name] = loaded

    for name in wanted:
        visit(name, ())
    return ordered


def dependants(name: str, plugins: Mapping[str, Loaded]) -> tuple[str, ...]:
    """The plugins among ``plugins`` that need ``name``, directly or not, in stop order."""
    needing = {name}
    for other, loaded in plugins.items():
        if needing.intersection(loaded.plugin.requires):
            needing.add(other)
    return tuple(other for other in reversed(list(plugins)) if other in needing and other != name)
