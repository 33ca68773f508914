"""Whether a plugin's section keeps to the conventions: for the test kit, not for operators.

msgspec checks neither that defaults are within bounds nor that a type can be read from TOML; a
mistake there would show only when somebody writes the key, or in the schema.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import NODEFAULT
from msgspec.inspect import CustomType
from msgspec.structs import FieldInfo, fields

from microdns.config.aswritten import default_of
from microdns.config.decode import MISSING, Decoder
from microdns.config.paths import KeyPath, format_path, parse_path
from microdns.config.types import (
    Shape,
    is_array,
    is_struct,
    is_table,
    item_type,
    members,
    shape,
    table_types,
)

if TYPE_CHECKING:
    from microdns.plugin import Section


def section_mistakes(section: "Section") -> list[str]:
    """What is wrong with a section's declaration, each on a line; empty for a good one."""
    return list(_struct_mistakes(section.type, parse_path(section.path)))


def _struct_mistakes(struct: type[msgspec.Struct], path: KeyPath) -> Iterator[str]:
    settings = struct.__struct_config__
    where = f"{format_path(path)} ({struct.__qualname__})"
    if not (settings.frozen and settings.forbid_unknown_fields):
        yield f"{where}: declare it with frozen=True, forbid_unknown_fields=True"
    for info in fields(struct):
        yield from _field_mistakes(info, (*path, info.encode_name))


def _field_mistakes(info: FieldInfo, path: KeyPath) -> Iterator[str]:
    wanted = shape(info.type)
    name = format_path(path)
    if not wanted.meta("description"):
        yield f"{name}: has no description (Meta(description=...))"
    for foreign in _foreign(wanted):
        yield f"{name}: {foreign.__qualname__} can't be read from TOML without a Form"
    yield from _default_mistakes(info, wanted, path)
    for inner in _structs_in(wanted):
        yield from _struct_mistakes(inner, path)


def _default_mistakes(info: FieldInfo, wanted: Shape, path: KeyPath) -> Iterator[str]:
    written = default_of(info)
    if written is NODEFAULT or written is None or wanted.secret:
        return
    found: list[str] = []
    decoder = Decoder(lambda _path, message: found.append(message), Path())
    decoded = decoder.value(wanted, written, path)
    if decoded is MISSING:
        yield f"{format_path(path)}: its default is not valid: {'; '.join(found)}"


def _structs_in(wanted: Shape) -> Iterator[type[msgspec.Struct]]:
    return (leaf.base for leaf in _leaves(wanted) if is_struct(leaf.base))


def _foreign(wanted: Shape) -> Iterator[type]:
    """Types that neither msgspec nor a form knows how to read."""
    for leaf in _leaves(wanted):
        # Structs are looked into field by field, with their forms, which msgspec knows nothing of.
        if leaf.form is not None or is_struct(leaf.base):
            continue
        if isinstance(msgspec.inspect.type_info(leaf.base), CustomType):
            yield leaf.base


def _leaves(wanted: Shape) -> Iterator[Shape]:
    """What a value is made of, at any depth of unions, arrays and tables; structs stay whole."""
    if wanted.form is not None:
        yield wanted
    elif members(wanted.base):
        for member in members(wanted.base):
            yield from _leaves(shape(member))
    elif is_array(wanted.base):
        yield from _leaves(shape(item_type(wanted.base)))
    elif is_table(wanted.base):
        for part in table_types(wanted.base):
            yield from _leaves(shape(part))
    else:
        yield wanted
