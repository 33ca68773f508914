"""Values back in the form they are written in: for dumps, schema defaults and documentation."""

import enum
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import NODEFAULT
from msgspec.structs import FieldInfo, fields

from microdns.config.fields import MASK
from microdns.config.types import Shape, is_array, is_table, item_type, members, shape, table_types


def as_written(wanted: Shape, value: Any) -> Any:
    """``value`` as TOML has it; secrets masked; None where TOML would have nothing."""
    if value is None:
        return None
    if wanted.secret:
        return MASK
    if wanted.form is not None:
        return wanted.form.write(value)
    if isinstance(value, msgspec.Struct):
        return _struct_as_written(value)
    if isinstance(value, Mapping):
        each = shape(table_types(_member(wanted.base, is_table))[1])
        return {str(key): as_written(each, item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        each = shape(item_type(_member(wanted.base, is_array)))
        items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [as_written(each, item) for item in items]
    return value.value if isinstance(value, enum.Enum) else value


def _struct_as_written(value: msgspec.Struct) -> dict[str, Any]:
    written = {
        info.encode_name: as_written(shape(info.type), getattr(value, info.name))
        for info in fields(value)
    }
    return {key: item for key, item in written.items() if item is not None}


def _member(base: Any, fits: Any) -> Any:
    """The member of a union that a container came from; the type itself otherwise."""
    for member in members(base):
        inner = shape(member).base
        if fits(inner):
            return inner
    return base


def default_of(info: FieldInfo) -> Any:
    """A field's default as written; NODEFAULT for a required one, None for one that is unset."""
    if info.default is not NODEFAULT:
        return as_written(shape(info.type), info.default)
    if info.default_factory is not NODEFAULT:
        return as_written(shape(info.type), info.default_factory())
    return NODEFAULT
