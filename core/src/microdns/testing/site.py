"""Plugins from a few lines of source, as real distributions in a folder to put on PYTHONPATH.

For tests with real processes: what an import error, a crash or a slow stop does to the others.
"""

import textwrap
from pathlib import Path

HEAD = """
import time
import anyio
import msgspec
from microdns.plugin import Plugin, hookimpl, Section
from microdns.operations import Call, Nothing, Operation
from microdns.events import Event
from microdns.store import Collection
"""


def add_plugin(site: Path, name: str, body: str, version: str = "1.0") -> None:
    """Install the plugin ``name`` below ``site``, in a distribution ``microdns-<name>``.

    ``body`` defines the class ``Toy``; NAME in it stands for the plugin's name, and the kernel's
    usual names are imported already.
    """
    info = site / f"microdns_{name}-{version}.dist-info"
    info.mkdir(parents=True)
    source = HEAD + textwrap.dedent(body).replace("NAME", name)
    (site / f"toy_{name}.py").write_text(source)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: microdns-{name}\nVersion: {version}\n"
    )
    (info / "entry_points.txt").write_text(f"[microdns.plugins]\n{name} = toy_{name}:Toy\n")
