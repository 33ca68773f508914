"""Pages that other plugins serve here: litestar handlers below a path of their own.

A plugin that requires ``rest`` mounts them in its setup, and they go when it stops::

    context.services.require(Pages).mount(context.name, "/dashboard", handlers)

They share limits, compression, TLS and errors with the operations.  Each handler asks ``identify``
who calls, unless what it serves is for everybody.
"""

from collections.abc import Callable, Sequence
from typing import Any

from litestar import Router
from litestar.handlers import HTTPRouteHandler

from microdns.errors import Conflict
from microdns.events import Principal
from microdns_rest.identity import Gate
from microdns_rest.sessions import Sessions


class Pages:
    """What other plugins have mounted."""

    def __init__(self, gate: Gate, sessions: Sessions, taken: Sequence[str]) -> None:
        self._gate = gate
        self._taken = tuple(taken)
        self._mounts: dict[str, tuple[str, Callable[[], Sequence[HTTPRouteHandler]]]] = {}
        self.sessions = sessions
        self.revision = 0
        """Grows whenever something is mounted or goes."""

    def mount(
        self, owner: str, path: str, handlers: Callable[[], Sequence[HTTPRouteHandler]]
    ) -> None:
        """Serve what ``handlers`` makes below ``path``; raises ``Conflict`` when it is taken."""
        for other in (*self._taken, *self._mounts):
            if path == other or path.startswith(f"{other}/") or other.startswith(f"{path}/"):
                raise Conflict(f"{owner} can't serve {path}: {other} is served already")
        self._mounts[path] = (owner, handlers)
        self.revision += 1

    def unmount(self, owner: str) -> None:
        """Serve nothing of this plugin any more."""
        for path in [path for path, (holder, _) in self._mounts.items() if holder == owner]:
            del self._mounts[path]
            self.revision += 1

    def routers(self) -> list[Router]:
        """Fresh routers for all that is mounted."""
        return [
            Router(path, route_handlers=list(handlers()))
            for path, (_, handlers) in self._mounts.items()
        ]

    def verbs(self, path: str) -> set[str]:
        """The verbs of a path of ours, as far as they are the same for all below a mount."""
        under = any(path == mount or path.startswith(f"{mount}/") for mount in self._mounts)
        return {"GET"} if under else set()

    def identify(self, scope: Any) -> Principal:
        """Who calls; raises ``Unauthenticated``, ``Throttled``, or ``Denied`` (without CSRF)."""
        return self._gate.identify(scope)

    @property
    def is_open(self) -> bool:
        """Whether no key is needed."""
        return self._gate.is_open
