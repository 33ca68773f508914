"""Keeping servers on interfaces: they come, go, change addresses and are made anew.

A flavour names the interfaces that it wants and gives two callbacks.  ``opened`` is called for an
interface that is there and up, and again when it was re-created (another index), renamed to the
wanted name, or brought up; ``closed`` when it is gone or down.  An address that changes is told
by ``opened`` as well, after ``closed``.
"""

import contextlib
import errno
import logging
from collections.abc import Callable

from microdns.logs import LogEvents
from microdns_dhcp.links import Interface, Links

_EVENTS = LogEvents("dhcp.interfaces")
INTERFACE_UP = _EVENTS.info("interface.up", "Clients on this interface are served from now on.")
INTERFACE_DOWN = _EVENTS.warn(
    "interface.down", "The interface is down or gone: its clients are not served until it is back."
)
INTERFACE_MISSING = _EVENTS.warn(
    "interface.missing", "A configured interface does not exist; it is served once it appears."
)
INTERFACE_FAILED = _EVENTS.error(
    "interface.failed", "Sockets on an interface can't be opened; it is tried again."
)


def remedy(error: OSError) -> str:
    """What a failure to open sockets means, and what to do about it."""
    if error.errno in (errno.EPERM, errno.EACCES):
        return "not permitted; it takes CAP_NET_RAW and CAP_NET_BIND_SERVICE (or root)"
    if error.errno == errno.EADDRINUSE:
        return "another program has the port, most likely a DHCP server; stop it"
    return str(error)


class InterfaceWatch:
    """Follows the wanted interfaces of one flavour."""

    def __init__(
        self,
        links: Links,
        wanted: tuple[str, ...],
        opened: Callable[[Interface], None],
        closed: Callable[[str], None],
        log: logging.Logger,
    ) -> None:
        """``wanted`` empty means every interface but loopback.  ``opened`` may raise OSError."""
        self.serving: dict[str, Interface] = {}
        self._links = links
        self._wanted = wanted
        self._opened = opened
        self._closed = closed
        self._log = log
        self._missing: set[str] = set()

    async def run(self) -> None:
        """Follow until cancelled."""
        with contextlib.closing(self._links.bell()) as bell:
            self.look()
            while True:
                await bell.wait()
                self.look()

    def look(self) -> None:
        """Compare what is served with what there is, once."""
        present = self._links.interfaces()
        names = self._wanted or tuple(name for name in present if name != "lo")
        for name in list(self.serving):
            if not _same(self.serving[name], present.get(name)):
                self._close(name, present.get(name))
        for name in names:
            found = present.get(name)
            if found is None:
                if name not in self._missing:
                    self._missing.add(name)
                    INTERFACE_MISSING(self._log, "interface %s does not exist", name, name=name)
            elif found.up and name not in self.serving:
                self._open(found)

    def close(self) -> None:
        """Serve none any more."""
        for name in list(self.serving):
            del self.serving[name]
            self._closed(name)

    def _open(self, found: Interface) -> None:
        self._missing.discard(found.name)
        try:
            self._opened(found)
        except OSError as error:
            INTERFACE_FAILED(
                self._log,
                "can't serve interface %s: %s",
                found.name,
                remedy(error),
                name=found.name,
            )
            return
        self.serving[found.name] = found
        INTERFACE_UP(
            self._log,
            "serving interface %s (%s)",
            found.name,
            ", ".join(map(str, found.addresses)) or "no address",
            name=found.name,
        )

    def _close(self, name: str, now: Interface | None) -> None:
        del self.serving[name]
        self._closed(name)
        if now is None or not now.up:
            INTERFACE_DOWN(self._log, "interface %s is down or gone", name, name=name)


def _same(served: Interface, now: Interface | None) -> bool:
    """Whether sockets and addresses of an interface are still good."""
    return now is not None and now.up and served == now
