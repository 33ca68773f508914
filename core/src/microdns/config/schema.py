"""JSON Schema (2020-12) of the whole configuration, for editors and for other programs.

It says what the file may hold.  What only the decoder knows (that a section of a plugin which does
not run may be incomplete, cross-checks, values from outside the file) it can't say.
"""

from inspect import cleandoc
from typing import Any

import msgspec
from msgspec import NODEFAULT
from msgspec.structs import FieldInfo, fields

from microdns.config.aswritten import default_of
from microdns.config.decode import FILE_SUFFIX
from microdns.config.layout import CORE_SECTIONS, Layout
from microdns.config.paths import KeyPath, parse_path
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

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def config_schema(layout: Layout) -> Schema:
    """The schema of a configuration file for the kernel and the plugins of ``layout``.

    Sections of first-party plugins that are not installed may be there, with anything in them.
    """
    root: Schema = {"$schema": DIALECT, "title": "MicroDNS configuration", **_table()}
    for path, struct in CORE_SECTIONS.items():
        _merge(_place(root, parse_path(path)), struct_schema(struct))
    for known in layout.absent:
        description = f"Read by the plugin {known.plugin}, which is not installed."
        where = _place(root, parse_path(known.section))
        where.setdefault("description", description)
        where.pop("additionalProperties", None)
        if known.array:
            where.update(type="array")
            where.pop("properties")
    for section in layout.sections.values():
        elsewhere = {field: parse_path(path) for field, path in section.elsewhere.items()}
        struct = section.type
        _merge(_place(root, parse_path(section.path)), struct_schema(struct, set(elsewhere)))
        for info in fields(struct):
            if info.name in elsewhere:
                _put(root, elsewhere[info.name], field_schema(info))
    return root


def _table() -> Schema:
    return {"type": "object", "properties": {}, "additionalProperties": False}


def _place(root: Schema, path: KeyPath) -> Schema:
    """The schema of the table at a path, made on the way where it is not there yet."""
    for key in path:
        root = root["properties"].setdefault(key, _table())
        root.setdefault("properties", {})
    return root


def _put(root: Schema, path: KeyPath, schema: Schema) -> None:
    _place(root, path[:-1])["properties"][path[-1]] = schema


def _merge(table: Schema, schema: Schema) -> None:
    """Add a section's own keys to a table that may hold other sections already."""
    properties = {**schema.pop("properties"), **table["properties"]}
    table.update(schema, properties=properties)


def struct_schema(struct: type[msgspec.Struct], left_out: set[str] | None = None) -> Schema:
    """The schema of a section, or of a table within one; ``left_out`` are fields kept elsewhere."""
    schema = _table()
    if doc := first_paragraph(struct):
        schema["description"] = doc
    for info in fields(struct):
        if info.name not in (left_out or ()):
            _add_field(schema, info)
    return schema


def first_paragraph(struct: type[msgspec.Struct]) -> str:
    """What the struct's own docstring says first, on one line."""
    doc = cleandoc(struct.__dict__.get("__doc__") or "")
    return " ".join(doc.partition("\n\n")[0].split())


def _add_field(schema: Schema, info: FieldInfo) -> None:
    key = info.encode_name
    schema["properties"][key] = field_schema(info)
    if shape(info.type).secret:
        file = {"type": "string", "description": f"File that holds `{key}`, in its place."}
        schema["properties"][key + FILE_SUFFIX] = file
        either = [{"required": [key]}, {"required": [key + FILE_SUFFIX]}]
        rule: Schema = {"oneOf": either} if info.required else {"not": {"allOf": either}}
        schema.setdefault("allOf", []).append(rule)
    elif info.required:
        schema.setdefault("required", []).append(key)


def field_schema(info: FieldInfo) -> Schema:
    """The schema of one key, with description and default."""
    wanted = shape(info.type)
    schema = value_schema(wanted)
    default = default_of(info)
    if default is not NODEFAULT and default is not None and not wanted.secret:
        schema["default"] = default
    return schema


def value_schema(wanted: Shape) -> Schema:
    """The schema of a value as it is written."""
    schema = _bare_schema(wanted)
    for keyword in ("title", "description", "examples"):
        if text := wanted.meta(keyword):
            schema[keyword] = text
    if wanted.secret:
        schema["writeOnly"] = True
    return schema


def _bare_schema(wanted: Shape) -> Schema:
    base = wanted.base
    if wanted.form is not None:
        return {**msgspec.json.schema(wanted.form.written), **wanted.form.keywords()}
    if members(base) and any(_is_own(shape(member).base) for member in members(base)):
        return {"anyOf": [value_schema(shape(member)) for member in members(base)]}
    if is_struct(base):
        return struct_schema(base)
    if is_array(base):
        return _array_schema(wanted)
    if is_table(base):
        return _mapping_schema(wanted)
    return msgspec.json.schema(wanted.bounded)


def _is_own(base: Any) -> bool:
    """Whether a type may hold markers of ours, which msgspec's own schema knows nothing of."""
    return is_struct(base) or is_array(base) or is_table(base)


def _array_schema(wanted: Shape) -> Schema:
    schema: Schema = {"type": "array", "items": value_schema(shape(item_type(wanted.base)))}
    _bound(schema, wanted, "minItems", "maxItems")
    if getattr(wanted.base, "__origin__", wanted.base) in (set, frozenset):
        schema["uniqueItems"] = True
    return schema


def _mapping_schema(wanted: Shape) -> Schema:
    key, value = map(shape, table_types(wanted.base))
    schema: Schema = {"type": "object", "additionalProperties": value_schema(value)}
    names = {name: rule for name, rule in value_schema(key).items() if name != "type"}
    if names:
        schema["propertyNames"] = names
    _bound(schema, wanted, "minProperties", "maxProperties")
    return schema


def _bound(schema: Schema, wanted: Shape, least: str, most: str) -> None:
    for keyword, bound in ((least, wanted.meta("min_length")), (most, wanted.meta("max_length"))):
        if bound is not None:
            schema[keyword] = bound
