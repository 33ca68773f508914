"""Puts the parts together: standard loggers → limit → ring, readers, and the output stream."""

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TextIO

from microdns.clock import Clock, SystemClock
from microdns.config.core import LoggingConfig
from microdns.logs import own
from microdns.logs.entry import LogEntry, entry_of, event_of
from microdns.logs.events import LEVELS, UNNAMED, LogEvent, level_name
from microdns.logs.lastresort import LastResort
from microdns.logs.limit import Key, RepeatLimiter, Window
from microdns.logs.output import LineWriter
from microdns.logs.render import as_json, as_text
from microdns.logs.ring import LogRing

OWN = "microdns"
"""The logger above all of ours; others' records pass from ``warn`` on."""


class Logs(logging.Handler):
    """All logging of the process, from ``install`` to ``close``."""

    def __init__(
        self,
        config: LoggingConfig | None = None,
        *,
        stream: TextIO | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__()
        self.config = config or LoggingConfig()
        self.counts = dict.fromkeys(LEVELS, 0)
        """Records by level since the start, those held back included."""
        self._stream = stream if stream is not None else sys.stderr
        self._multiline = self._stream.isatty()
        self._clock = clock or SystemClock()
        self.ring = LogRing(self.config.ring_records, self._clock.time_ns)
        self._limiter = RepeatLimiter(self.config.repeats_max)
        self._writer: LineWriter | None = None
        self._sequence = 0
        self._former: dict[str, int] = {}
        self._hooks = LastResort(logging.getLogger(own.LOGGER))

    # -- lifecycle

    def install(self) -> None:
        """Take over the root logger's records, and start to write."""
        self._writer = LineWriter(self._stream, self._dropped_line, self.tick)
        self._apply_levels()
        logging.getLogger().addHandler(self)
        self._hooks.install()

    def close(self) -> None:
        """Sum up, write what waits, and give the loggers back their levels."""
        self._hooks.remove()
        logging.getLogger().removeHandler(self)
        with self._held():
            for window in self._limiter.end():
                self._sum_up(window)
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        for name, level in self._former.items():
            logging.getLogger(name).setLevel(level)
        self._former.clear()
        super().close()

    def configure(self, config: LoggingConfig) -> None:
        """Use another configuration from now on."""
        self.config = config
        self._limiter.repeats_max = config.repeats_max
        self.ring.resize(config.ring_records)
        self._apply_levels()

    # -- levels

    def set_level(self, level: str, logger: str = OWN) -> None:
        """Change a logger's level (``debug``, ``info``, ``warn``, ``error``) while running."""
        named = logging.getLogger(logger)
        self._former.setdefault(logger, named.level)
        named.setLevel(LEVELS[level])

    def levels(self) -> Mapping[str, str]:
        """The loggers whose level was set, with that level."""
        return {name: level_name(logging.getLogger(name).level) for name in sorted(self._former)}

    def _apply_levels(self) -> None:
        self.set_level("error" if self.config.level == "error" else "warn", "")
        self.set_level(self.config.level)
        for name, level in self.config.levels.items():
            self.set_level(level, name)

    # -- records

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record; called by ``logging`` with the handler's lock held, in any thread."""
        try:
            now = self._clock.monotonic()
            self._sum_up_passed(now)
            self.counts[level_name(record.levelno)] += 1
            if record.levelno < logging.INFO or self._limiter.allows(
                _key(record), record.levelno, now
            ):
                self._put(entry_of(record, self._next(), self._clock.time_ns()))
        except Exception:
            self.handleError(record)

    def tick(self) -> None:
        """Sum up windows that are over, also when nothing is logged any more."""
        with self._held():
            self._sum_up_passed(self._clock.monotonic())

    @property
    def dropped_total(self) -> int:
        """Lines that the output stream did not take."""
        return 0 if self._writer is None else self._writer.dropped_total

    @property
    def held_back_total(self) -> int:
        """Records that were counted instead of written."""
        return self._limiter.held_back_total

    def _put(self, entry: LogEntry) -> None:
        self.ring.append(entry)
        if self._writer is not None:
            self._writer.write(self._line(entry))

    def _line(self, entry: LogEntry) -> str:
        if self.config.format == "json":
            return as_json(entry)
        return as_text(entry, multiline=self._multiline)

    def _sum_up_passed(self, now: float) -> None:
        for window in self._limiter.passed(now):
            self._sum_up(window)

    def _sum_up(self, window: Window) -> None:
        name = window.key[1]
        seconds = round(self._limiter.window_seconds)
        fields: dict[str, object] = {
            "repeated": name,
            "from": " ".join((window.key[0], *window.key[2:])),
            "count": window.held_back,
            "seconds": seconds,
        }
        message = f"{name} came {window.held_back} more times within {seconds} s"
        self._put(self._own_entry(own.REPEATED, window.level, message, fields))

    def _dropped_line(self, count: int) -> str:
        message = f"{count} lines were dropped: the output stream took no more"
        fields: dict[str, object] = {"count": count}
        return self._line(self._own_entry(own.DROPPED, own.DROPPED.level, message, fields))

    def _own_entry(
        self, event: LogEvent, level: int, message: str, fields: dict[str, object]
    ) -> LogEntry:
        return LogEntry(
            sequence=self._next(),
            time_ns=self._clock.time_ns(),
            level=level_name(level),
            event=event.name,
            logger=own.LOGGER,
            message=message,
            fields=fields,
        )

    def _next(self) -> int:
        with self._held():
            self._sequence += 1
            return self._sequence

    @contextmanager
    def _held(self) -> Iterator[None]:
        """The handler's lock, for what ``logging`` does not call."""
        self.acquire()
        try:
            yield
        finally:
            self.release()


def _key(record: logging.LogRecord) -> Key:
    """What counts as the same record again: its event, or else the line of code it comes from."""
    name = event_of(record)
    if name != UNNAMED:
        return (record.name, name)
    return (record.name, name, f"{record.filename}:{record.lineno}")
