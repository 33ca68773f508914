"""Entries as lines.  Whatever a record holds, it makes one record: no line of its own, no escape
sequence for the terminal that shows it."""

import re
from typing import Any

import msgspec

from microdns.logs.entry import LogEntry

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"
)
"""Control characters (C0, C1), line separators, and invisible ones that reorder or hide text."""

_WORD = re.compile(r"[A-Za-z0-9_./:@+-]+")


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"


def as_json(entry: LogEntry) -> str:
    """One JSON object, without a line end: time, level, event, logger, message, and so on."""
    line: dict[str, Any] = {
        "time": entry.time,
        "level": entry.level,
        "event": entry.event,
        "logger": entry.logger,
        "message": entry.message,
    }
    for name in ("fields", "error", "traceback"):
        if value := getattr(entry, name):
            line[name] = value
    return _safe(msgspec.json.encode(line).decode())


def as_text(entry: LogEntry, *, multiline: bool = False) -> str:
    """One line for people: time, level, event, message, ``name=value`` fields.

    With ``multiline``, a traceback follows in lines of its own, each marked by ``  | ``.
    """
    parts = [entry.time, f"{entry.level.upper():5}", _line(entry.event), _line(entry.message)]
    parts += [f"{_line(name)}={_value(value)}" for name, value in entry.fields.items()]
    if entry.error:
        parts.append(f"error={_value(entry.error)}")
    if entry.traceback and not multiline:
        parts.append(f"traceback={_value(entry.traceback)}")
    head = " ".join(parts)
    if not (entry.traceback and multiline):
        return head
    return "\n".join([head, *(f"  | {_line(line)}" for line in entry.traceback.split("\n"))])


def _line(text: str) -> str:
    return _UNSAFE.sub(_control, text)


def _control(found: re.Match[str]) -> str:
    return {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.get(found.group()) or _escape(found)


def _value(value: Any) -> str:
    if isinstance(value, str) and _WORD.fullmatch(value):
        return value
    return _safe(msgspec.json.encode(value).decode())


def _safe(encoded: str) -> str:
    """JSON with every unsafe character as ``\\uXXXX``: they occur inside its strings only."""
    return _UNSAFE.sub(_escape, encoded)
