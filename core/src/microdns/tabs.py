"""Tabs of the dashboard, which any plugin may bring; declared here, so that no plugin needs it.

::

    @hookimpl
    def microdns_tabs(self) -> Iterable[Tab]:
        yield Tab("sky", "Sky", "microdns_sky", module="sky.js", scope="sky:read")

The files stand in the folder ``web`` of the package.  The module's default export is a function
``(root, app) => leave``: it fills ``root``, and what it returns is called when the tab is left.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from microdns.errors import Conflict

ID = re.compile(r"[a-z][a-z0-9-]{0,31}")
FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Tab:
    """A tab: ``id`` stands in its address, ``title`` on it; smaller ``order`` comes first."""

    id: str
    title: str
    package: str
    """The Python package whose folder ``folder`` holds the files; no other file is served."""
    module: str = "tab.js"
    styles: tuple[str, ...] = ()
    scope: str = ""
    """What the reader must hold (``leases:read``); an empty one is for everybody who may log in."""
    order: int = 100
    folder: str = "web"

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for what could not stand in an address."""
        if not ID.fullmatch(self.id):
            raise ValueError(f"tab {self.id!r}: an id is made of lower-case letters, digits and -")
        for name in (self.module, *self.styles):
            if not FILE.fullmatch(name):
                raise ValueError(f"tab {self.id}: {name!r} is not a plain file name")

    def files(self) -> Traversable:
        """The folder with the tab's files."""
        return files(self.package) / self.folder


class TabRegistry:
    """The tabs of the running plugins."""

    def __init__(self) -> None:
        self._by_id: dict[str, tuple[str, Tab]] = {}

    def add(self, owner: str, tabs: Iterable[Tab]) -> None:
        """Show a plugin's tabs; raises ``Conflict`` when an id is taken."""
        for tab in tabs:
            holder = self._by_id.get(tab.id)
            if holder is not None:
                raise Conflict(f"tab {tab.id} of plugin {owner} exists in plugin {holder[0]}")
            self._by_id[tab.id] = (owner, tab)

    def remove(self, owner: str) -> None:
        """Show a plugin's tabs no longer."""
        for id in [id for id, (holder, _) in self._by_id.items() if holder == owner]:
            del self._by_id[id]

    def find(self, id: str) -> Tab | None:
        """The tab with this id, or None."""
        found = self._by_id.get(id)
        return None if found is None else found[1]

    def __iter__(self) -> Iterator[Tab]:
        tabs = [tab for _, tab in self._by_id.values()]
        return iter(sorted(tabs, key=lambda tab: (tab.order, tab.title)))
