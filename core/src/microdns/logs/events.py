"""Log events: names that stay, so that alerts and manuals can rely on them.

Each plugin declares what it logs in one place, and logs by calling the declaration::

    EVENTS = LogEvents("auth")
    ZONE_LOADED = EVENTS.info("zone.loaded", "A zone is answered from now on.")

    ZONE_LOADED(log, "zone %s loaded", zone.name, zone=zone.name, records=count)

The page that explains them is generated from the declarations.  A record that is nobody's event
may still carry a name and fields: ``log.warning("…", extra=event("cache.full", entries=n))``.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

LEVELS: Mapping[str, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
}
UNNAMED = "log.message"
"""The event of records that name none: other libraries', mostly."""


def level_name(number: int) -> str:
    """The level as it is configured and shown: ``debug``, ``info``, ``warn`` or ``error``."""
    for name in ("error", "warn", "info"):
        if number >= LEVELS[name]:
            return name
    return "debug"


def event(name: str, /, **fields: object) -> dict[str, Any]:
    """The ``extra`` that gives a log record its event name and fields."""
    return {"event": name, "fields": fields}


@dataclass(frozen=True)
class LogEvent:
    """A declared event: ``name`` (``zone.loaded``), level, and what it means to operators."""

    owner: str
    name: str
    level: int
    meaning: str

    def __call__(
        self,
        log: logging.Logger,
        message: str,
        /,
        *args: object,
        error: BaseException | None = None,
        **fields: object,
    ) -> None:
        """Log it.  ``args`` go into ``message`` (``%s``); ``error`` brings its traceback along."""
        if log.isEnabledFor(self.level):
            extra = {"event": self.name, "fields": fields}
            log.log(self.level, message, *args, exc_info=error, extra=extra, stacklevel=2)


_declared: dict[str, "LogEvents"] = {}


class LogEvents:
    """The events that one owner (a plugin, or a part of the kernel) declares."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self._events: dict[str, LogEvent] = {}
        _declared[owner] = self

    def debug(self, name: str, meaning: str) -> LogEvent:
        return self._declare(name, logging.DEBUG, meaning)

    def info(self, name: str, meaning: str) -> LogEvent:
        return self._declare(name, logging.INFO, meaning)

    def warn(self, name: str, meaning: str) -> LogEvent:
        return self._declare(name, logging.WARNING, meaning)

    def error(self, name: str, meaning: str) -> LogEvent:
        return self._declare(name, logging.ERROR, meaning)

    def __iter__(self) -> Iterator[LogEvent]:
        return iter(sorted(self._events.values(), key=lambda declared: declared.name))

    def _declare(self, name: str, level: int, meaning: str) -> LogEvent:
        if name in self._events:
            raise ValueError(f"log event {name} is declared twice")
        if "." not in name or not name.replace(".", "").replace("_", "").isalnum():
            raise ValueError(f"log event {name!r} is not of the form noun.happened")
        return self._events.setdefault(name, LogEvent(self.owner, name, level, meaning))


def declared() -> list[LogEvent]:
    """Every event declared by the modules imported so far, by owner and name."""
    return [event for owner in sorted(_declared) for event in _declared[owner]]
