"""Any Python object as a plain, bounded value that can be written to a log.

Log fields may hold what came from the network, so nothing here trusts a value: not its size, not
its depth, not its ``__str__``.
"""

import enum
import math
from collections.abc import Mapping
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from typing import Any

import msgspec

from microdns.config.fields import MASK, SecretText

TEXT_MAX = 2_000
ITEMS_MAX = 50
DEPTH_MAX = 4
_INT_MAX = 1 << 63


def plain(value: object, depth: int = 0) -> Any:
    """``value`` in terms of JSON; at most ``ITEMS_MAX`` items a level, ``DEPTH_MAX`` levels."""
    if isinstance(value, SecretText):
        return MASK
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return text(value)
    if isinstance(value, enum.Enum):
        return plain(value.value, depth)
    if isinstance(value, int):
        return int(value) if -_INT_MAX <= value < _INT_MAX else _int_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return text(bytes(value[: TEXT_MAX // 2]).hex())
    if isinstance(value, BaseException):
        return text(summary(value))
    return _compound(value, depth)


def _compound(value: object, depth: int) -> Any:
    if isinstance(value, msgspec.Struct):
        value = {name: getattr(value, name, None) for name in value.__struct_fields__}
    elif is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name, None) for field in dataclass_fields(value)}
    if depth >= DEPTH_MAX and isinstance(value, Mapping | list | tuple | set | frozenset):
        return "…"
    if isinstance(value, Mapping):
        pairs = list(value.items())[:ITEMS_MAX]
        return {safe_str(key, 100): plain(item, depth + 1) for key, item in pairs}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item, depth + 1) for item in list(value)[:ITEMS_MAX]]
    return safe_str(value)


def text(value: str, limit: int = TEXT_MAX) -> str:
    """At most ``limit`` characters that UTF-8 can encode."""
    if len(value) > limit:
        value = f"{value[:limit]}… ({len(value)} characters)"
    return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode("utf-8")


def safe_str(value: object, limit: int = TEXT_MAX) -> str:
    """``str(value)``, also when that raises."""
    try:
        return text(str(value), limit)
    except Exception as error:
        return f"<{type(value).__name__}: str() raised {type(error).__name__}>"


def _int_text(value: int) -> str:
    return (
        f"{value:#x}" if value.bit_length() <= 1024 else f"<integer of {value.bit_length()} bits>"
    )


def summary(error: BaseException) -> str:
    """One line: type and text, and for a group the errors within."""
    said = " ".join(safe_str(error).split())
    line = f"{type(error).__name__}: {said}" if said else type(error).__name__
    if isinstance(error, BaseExceptionGroup):
        inner = [summary(member) for member in error.exceptions[:3]]
        line += " [" + "; ".join(inner) + "]"
    return line[:TEXT_MAX]
