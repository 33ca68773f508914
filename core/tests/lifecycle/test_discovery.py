"""Plugins are found by entry point, and a broken one is told apart from a missing one."""

import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from stevedore.extension import ExtensionManager

from microdns.lifecycle import discovery
from microdns.lifecycle.discovery import Loaded, LoadFailure, PluginError, load, load_required

Install = Callable[[str, str], None]

GOOD = """
from microdns.plugin import Plugin

class Good(Plugin):
    name = "NAME"
    summary = "Does good."
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts a distribution ``microdns-x`` with one plugin ``x`` on the path."""
    # stevedore remembers entry points in memory, and in files keyed by modification times.
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(ExtensionManager, "ENTRY_POINT_CACHE", {})
    discovery.package_of.cache_clear()

    def put(name: str, source: str) -> None:
        site = tmp_path / f"site_{name}"
        info = site / f"microdns_{name}-1.2.dist-info"
        info.mkdir(parents=True)
        (site / f"plugin_{name}.py").write_text(textwrap.dedent(source).replace("NAME", name))
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: microdns-{name}\nVersion: 1.2\n"
        )
        (info / "entry_points.txt").write_text(f"[microdns.plugins]\n{name} = plugin_{name}:Good\n")
        monkeypatch.syspath_prepend(str(site))
        monkeypatch.delitem(sys.modules, f"plugin_{name}", raising=False)

    return put


def test_an_installed_plugin_is_found_and_loaded(install: Install) -> None:
    install("finds", GOOD)
    assert "finds" in discovery.installed_names()
    loaded = load("finds")
    assert isinstance(loaded, Loaded)
    assert (loaded.plugin.name, loaded.version) == ("finds", "1.2")


def test_a_plugin_that_nobody_announces_is_none() -> None:
    assert load("nowhere") is None


def test_a_missing_plugin_names_the_package_to_install() -> None:
    with pytest.raises(PluginError, match="pip install microdns-nowhere") as raised:
        load_required("nowhere", "somewhere")
    assert "required by somewhere" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert raised.value.exit_code == 2


@pytest.mark.parametrize(
    ("name", "source", "reason"),
    [
        ("imports", "import no_such_module_anywhere\n", "no_such_module_anywhere"),
        ("exits", "raise SystemExit(3)\n", "SystemExit: 3"),
        ("lacks", "Bad = 1\n", "Good"),
        (
            "builds",
            "class Good:\n    def __init__(self):\n        raise OSError('no disk')\n",
            "no disk",
        ),
        ("stranger", "class Good:\n    name = 'stranger'\n", "is not a microdns.plugin.Plugin"),
        ("misnamed", GOOD.replace("NAME", "other"), "is named 'other'"),
    ],
)
def test_a_broken_plugin_is_a_failure_with_its_reason(
    install: Install, name: str, source: str, reason: str
) -> None:
    install(name, source)
    failure = load(name)
    assert isinstance(failure, LoadFailure)
    assert reason in failure.reason
    assert "\n" not in failure.reason
    with pytest.raises(PluginError, match="can't be loaded"):
        load_required(name)
