"""Tells whether what a packet passes has been compiled (see ``setup.py`` of the packages)."""

from pathlib import Path
from types import ModuleType

COMPILED = "compiled"
INTERPRETED = (
    "python (not compiled: the installation found no C compiler, Cython or headers of Python, "
    "or MICRODNS_ENGINE was none)"
)


def engine(module: ModuleType) -> str:
    """How a module that may be compiled is run, for the status of its plugin."""
    return INTERPRETED if Path(module.__file__ or "").suffix == ".py" else COMPILED
