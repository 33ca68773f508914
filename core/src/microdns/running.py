"""Which plugins run: a service of the kernel for plugins whose own doing depends on others.

A plugin that it is asked about need not be installed, let alone imported: names are all there is.
``services.require(Running)`` gives it to any plugin.
"""

import logging
from collections.abc import Callable
from typing import Protocol

from microdns.logs import LogEvents

_EVENTS = LogEvents("kernel.running")
FOLLOWER_FAILED = _EVENTS.error(
    "running.follower_failed", "A plugin raised when told that another one's state has changed."
)
Changed = Callable[[str], None]


class Record(Protocol):
    """What is read of the kernel's note of a plugin."""

    @property
    def up(self) -> bool: ...


class Records(Protocol):
    """The kernel's notes by plugin name."""

    def get(self, name: str, /) -> Record | None: ...


class Running:
    """Tells whether a plugin is up, and when that changes."""

    def __init__(self, records: Records, log: logging.Logger) -> None:
        self._records = records
        self._log = log
        self._followers: dict[int, Changed] = {}
        self._told: dict[str, bool] = {}
        self._next = 0
        self.stopping = False
        """Whether the whole process is going down: from then on plugins leave one by one, so an
        interface says "unavailable" rather than that something does not exist."""

    def up(self, name: str) -> bool | None:
        """Whether a plugin serves (also while its task is being restarted after a crash).

        None for one that is no part of this process.
        """
        record = self._records.get(name)
        return None if record is None else record.up

    def follow(self, changed: Changed) -> Callable[[], None]:
        """Call ``changed(name)`` whenever a plugin comes up or goes down; returns the undoing.

        It is called in the kernel's task and must not wait; what it raises is logged.
        """
        self._next += 1
        number = self._next
        self._followers[number] = changed

        def leave() -> None:
            self._followers.pop(number, None)

        return leave

    def moved(self, name: str) -> None:
        """For the kernel: a plugin's state may have changed."""
        up = bool(self.up(name))
        if self._told.get(name, False) == up:
            return
        self._told[name] = up
        for changed in list(self._followers.values()):
            try:
                changed(name)
            except Exception as error:  # one follower's defect is nobody else's
                FOLLOWER_FAILED(self._log, "a follower of %s failed", name, error=error)
