"""Each hook is documented, used by a plugin of this repository, and tested."""

import ast
import importlib
import inspect
from pathlib import Path

from docs.pages import foundation_hooks
from tests.repository.tree import plugins, tracked


def specifications() -> dict[str, str]:
    """Hook name to docstring, of the kernel and the foundations."""
    found = {}
    for module_name in ("microdns.hooks", *foundation_hooks()):
        for name, function in vars(importlib.import_module(module_name)).items():
            if name.startswith("microdns_") and inspect.isfunction(function):
                found[name] = inspect.getdoc(function) or ""
    return found


def test_each_hook_says_what_an_exception_does_and_when_it_runs() -> None:
    for name, text in specifications().items():
        assert len(text.split()) > 10, f"{name} is hardly documented"
    silent = [name for name, text in specifications().items() if "exception" not in text.lower()]
    assert not [name for name in silent if name not in QUIET], "say what an exception does"


QUIET = {"microdns_check"}
"""Hooks whose problems are values."""


def test_each_hook_has_a_user_here() -> None:
    used = {
        node.name
        for file in plugin_modules()
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert not set(specifications()) - used - UNUSED_YET


def plugin_modules() -> list[Path]:
    return [file for package in plugins() if (file := package.source / "plugin.py").exists()]


UNUSED_YET = {"microdns_migrations", "microdns_check", "microdns_operations"}
"""Hooks of the kernel that no plugin has needed so far; the kernel's tests use them."""


def test_each_hook_is_named_in_a_test() -> None:
    tests = "".join(
        file.read_text() for file in tracked() if file.suffix == ".py" and "tests" in file.parts
    )
    used = "".join(file.read_text() for file in plugin_modules())
    assert not [name for name in specifications() if name not in tests and name not in used]
