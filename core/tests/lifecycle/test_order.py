"""Dependencies start first and stop last."""

import pytest

from microdns.lifecycle.discovery import Loaded, PluginError
from microdns.lifecycle.order import dependants, with_requirements
from microdns.plugin import Plugin


def _plugins(**requires: tuple[str, ...]) -> dict[str, Loaded]:
    return {
        name: Loaded(type(name, (Plugin,), {"name": name, "requires": needed})())
        for name, needed in requires.items()
    }


def test_requirements_come_first_and_once() -> None:
    all_plugins = _plugins(dns=(), auth=("dns",), recursor=("dns",), view=("auth", "recursor"))
    ordered = with_requirements(["view", "auth"], lambda name, _: all_plugins[name])
    assert list(ordered) == ["dns", "auth", "recursor", "view"]


def test_who_wanted_a_plugin_is_told_to_the_loader() -> None:
    all_plugins = _plugins(dns=(), auth=("dns",))
    seen: list[tuple[str, str]] = []

    def load(name: str, wanted_by: str) -> Loaded:
        seen.append((name, wanted_by))
        return all_plugins[name]

    with_requirements(["auth"], load)
    assert seen == [("auth", ""), ("dns", "auth")]


def test_a_circle_is_an_error_that_shows_it() -> None:
    all_plugins = _plugins(a=("b",), b=("c",), c=("a",))
    with pytest.raises(PluginError, match="a -> b -> c -> a"):
        with_requirements(["a"], lambda name, _: all_plugins[name])


def test_dependants_are_found_through_others_in_stop_order() -> None:
    all_plugins = _plugins(dns=(), auth=("dns",), view=("auth",), dhcp=())
    assert dependants("dns", all_plugins) == ("view", "auth")
    assert dependants("dhcp", all_plugins) == ()
