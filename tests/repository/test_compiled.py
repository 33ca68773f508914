"""What can be compiled is, wherever the engine of ``dns`` could be, so that the tests run it."""

import importlib
from pathlib import Path

import pytest
from tests.repository.tree import CHECKOUT

from microdns_dns.engine import reason_missing

TYPED = sorted(
    types
    for types in (CHECKOUT / "plugins").glob("*/src/*/*.pxd")
    if types.with_suffix(".py").exists()
)
"""The files with the types of modules that may be compiled."""


@pytest.mark.parametrize("types", TYPED, ids=lambda types: f"{types.parent.name}.{types.stem}")
def test_modules_with_types_are_compiled_where_the_engine_is(types: Path) -> None:
    module = importlib.import_module(f"{types.parent.name}.{types.stem}")
    assert (Path(module.__file__ or "").suffix == ".so") == (not reason_missing())


def test_all_such_packages_are_compiled_in_one_way() -> None:
    # Each is built from its own files alone, so that this one stands in each.
    folders = {types.parents[2] for types in TYPED}
    assert len({(folder / "setup.py").read_text() for folder in folders}) == 1


def test_there_are_such_modules() -> None:
    assert {types.parent.name for types in TYPED} >= {
        "microdns_dhcp",
        "microdns_dhcp4",
        "microdns_dhcp6",
    }
