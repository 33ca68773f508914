"""Tabs that plugins bring."""

import pytest

from microdns.errors import Conflict
from microdns.tabs import Tab, TabRegistry


def test_tabs_come_in_order_and_go_with_their_plugin() -> None:
    registry = TabRegistry()
    registry.add("a", [Tab("late", "Late", "p", order=5), Tab("early", "Early", "p", order=1)])
    registry.add("b", [Tab("also", "Also", "p", order=5)])
    assert [tab.id for tab in registry] == ["early", "also", "late"]
    registry.remove("a")
    assert [tab.id for tab in registry] == ["also"]
    assert registry.find("early") is None


def test_an_id_is_taken_once() -> None:
    registry = TabRegistry()
    registry.add("a", [Tab("x", "X", "p")])
    with pytest.raises(Conflict, match="tab x of plugin b exists in plugin a"):
        registry.add("b", [Tab("x", "X", "p")])


@pytest.mark.parametrize("id", ["", "A", "a/b", "..", "a" * 40])
def test_an_id_can_stand_in_an_address(id: str) -> None:
    with pytest.raises(ValueError, match="an id is made of"):
        Tab(id, "X", "p")


@pytest.mark.parametrize("name", ["", "../x.js", ".x.js", "a/b.js"])
def test_files_stand_in_one_folder(name: str) -> None:
    with pytest.raises(ValueError, match="is not a plain file name"):
        Tab("x", "X", "p", module=name)
    with pytest.raises(ValueError, match="is not a plain file name"):
        Tab("x", "X", "p", styles=(name,))
