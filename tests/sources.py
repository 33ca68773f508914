"""Our modules as their sources have them, also where they have been compiled.

Compiled code tells nobody which of its lines run.  A compiled module stands beside its source, and
is taken by Python when both are there.
"""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, ModuleSpec, SourceFileLoader
from types import ModuleType

PREFIX = "microdns_dhcp"


class _Sources(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(PREFIX):
            return None
        for folder in path or ():
            found = FileFinder(folder, (SourceFileLoader, SOURCE_SUFFIXES)).find_spec(fullname)
            if found is not None:
                return found
        return None


def use_sources() -> None:
    """Have modules of ours that are imported from now on interpreted."""
    sys.meta_path.insert(0, _Sources())
