"""Stored values as JSON and back, without loss and without knowing their types.

JSON has no bytes, no map keys but text, no infinities.  What JSON can't hold is written as an
object with one key that starts with ``$``; a map that has such a key itself is written as ``$map``.
"""

import base64
import math
from datetime import datetime
from typing import Any

import msgspec

_BYTES, _MAP, _EXT, _FLOAT, _TIME = "$bytes", "$map", "$ext", "$float", "$time"


def to_json(value: Any) -> Any:
    """What msgpack gave, as something that JSON can hold."""
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if kind is bytes:
        return {_BYTES: base64.b64encode(value).decode()}
    if kind is list:
        return [to_json(item) for item in value]
    if kind is dict:
        return _map_to_json(value)
    if kind is float:
        return value if math.isfinite(value) else {_FLOAT: repr(value)}
    if kind is msgspec.msgpack.Ext:
        return {_EXT: [value.code, base64.b64encode(value.data).decode()]}
    if kind is datetime:
        return {_TIME: value.isoformat()}
    raise TypeError(f"{kind.__name__} is not a msgpack type")


def from_json(value: Any) -> Any:
    """The inverse of ``to_json``; raises ValueError for what it does not write."""
    if isinstance(value, list):
        return [from_json(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (name, inner), *_ = value.items()
        if name.startswith("$"):
            return _unwrap(name, inner)
    return {name: from_json(item) for name, item in value.items()}


def _map_to_json(value: dict[Any, Any]) -> Any:
    if all(type(name) is str and not name.startswith("$") for name in value):
        return {name: to_json(item) for name, item in value.items()}
    return {_MAP: [[to_json(name), to_json(item)] for name, item in value.items()]}


def _unwrap(name: str, inner: Any) -> Any:
    try:
        if name == _BYTES:
            return base64.b64decode(inner, validate=True)
        if name == _MAP:
            return {from_json(key): from_json(item) for key, item in inner}
        if name == _FLOAT:
            return float(inner)
        if name == _EXT:
            return msgspec.msgpack.Ext(inner[0], base64.b64decode(inner[1], validate=True))
        if name == _TIME:
            return datetime.fromisoformat(inner)
    except (TypeError, LookupError) as error:
        raise ValueError(f"{name} holds something else: {error}") from error
    raise ValueError(f"{name} is not known")
