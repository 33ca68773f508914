"""No test runs against what was compiled from other sources than those that are there.

``make`` compiles again whatever has changed; whoever calls pytest by hand may have forgotten.
"""

import json
import runpy

import pytest
from tests.repository.tree import CHECKOUT


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return  # the process that started this one has looked
    environment = runpy.run_path(str(CHECKOUT / "packaging" / "environment.py"))
    try:
        built = json.loads(environment["NOTE"].read_text())["packages"]
    except FileNotFoundError:
        return  # not made by make: no business of ours
    changed = [
        folder
        for folder in environment["package_folders"]()
        if built.get(folder) != environment["package_digest"](folder)
    ]
    if changed:
        raise pytest.UsageError(f"changed since they were built: {', '.join(changed)}: make setup")
