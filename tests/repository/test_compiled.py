"""What can be compiled is, wherever there is a compiler, so that it is what the tests run."""

import importlib
import shutil
import sys
from pathlib import Path

import pytest
from tests.repository.tree import CHECKOUT

TYPED = sorted(
    types
    for types in (CHECKOUT / "plugins").glob("*/src/*/*.pxd")
    if types.with_suffix(".py").exists()
)
"""The files with the types of modules that may be compiled."""


def compiler() -> bool:
    return sys.platform == "linux" and shutil.which("cc") is not None


@pytest.mark.parametrize("types", TYPED, ids=lambda types: f"{types.parent.name}.{types.stem}")
def test_modules_with_types_are_compiled_where_there_is_a_compiler(types: Path) -> None:
    module = importlib.import_module(f"{types.parent.name}.{types.stem}")
    assert (Path(module.__file__ or "").suffix == ".so") == compiler()


def test_there_are_such_modules() -> None:
    assert {types.parent.name for types in TYPED} >= {
        "microdns_dhcp",
        "microdns_dhcp4",
        "microdns_dhcp6",
    }
