"""Logging: stable event names, one line a record, the last ones in memory.

Built on the standard library: loggers are plain ``logging.Logger`` below ``microdns.``.
"""

from microdns.logs.entry import LogEntry, format_time
from microdns.logs.events import LEVELS, LogEvent, LogEvents, declared, event, level_name
from microdns.logs.filter import LogFilter
from microdns.logs.render import as_json, as_text
from microdns.logs.ring import LogFollower, LogRing
from microdns.logs.setup import Logs

__all__ = [
    "LEVELS",
    "LogEntry",
    "LogEvent",
    "LogEvents",
    "LogFilter",
    "LogFollower",
    "LogRing",
    "Logs",
    "as_json",
    "as_text",
    "declared",
    "event",
    "format_time",
    "level_name",
]
