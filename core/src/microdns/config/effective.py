"""The configuration in effect: every key, its value as written, and where it was set."""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec.structs import fields

from microdns.config.aswritten import as_written
from microdns.config.decode import FILE_SUFFIX
from microdns.config.document import Document
from microdns.config.layout import Configuration, Layout
from microdns.config.paths import KeyPath, format_key, format_path, parse_path, quote
from microdns.config.problems import DEFAULT, Origin
from microdns.config.types import Shape, shape


class Setting(msgspec.Struct, frozen=True):
    """One key in effect.  ``value`` is as TOML has it (secrets masked); None is unset."""

    path: KeyPath
    value: Any
    origin: Origin

    @property
    def key(self) -> str:
        return format_path(self.path)


def effective(configuration: Configuration, layout: Layout) -> list[Setting]:
    """Every key of the kernel's sections and of the plugins that run, sections together."""
    document = configuration.document
    found: list[Setting] = []
    core = (configuration.instance, configuration.database, configuration.logging)
    for name, struct in zip(("instance", "database", "logging"), core, strict=True):
        found += _struct(document, struct, (name,))
    for name, struct in configuration.plugins.items():
        section = layout.sections[name]
        elsewhere = {field: parse_path(path) for field, path in section.elsewhere.items()}
        found += _struct(document, struct, parse_path(section.path), elsewhere)
    return found


def _struct(
    document: Document,
    struct: msgspec.Struct,
    path: KeyPath,
    elsewhere: dict[str, KeyPath] | None = None,
) -> Iterator[Setting]:
    for info in fields(struct):
        place = (elsewhere or {}).get(info.name, (*path, info.encode_name))
        yield from _value(document, shape(info.type), getattr(struct, info.name), place)


def _value(document: Document, wanted: Shape, value: Any, path: KeyPath) -> Iterator[Setting]:
    if isinstance(value, msgspec.Struct):
        yield from _struct(document, value, path)
    elif isinstance(value, list | tuple) and value and isinstance(value[0], msgspec.Struct):
        for index, item in enumerate(value):
            yield from _struct(document, item, (*path, index))
    else:
        yield Setting(path, as_written(wanted, value), _origin(document, wanted, path))


def _origin(document: Document, wanted: Shape, path: KeyPath) -> Origin:
    if document.get(path) is not None:
        return document.origin(path)
    if wanted.secret and isinstance(path[-1], str):
        file = (*path[:-1], path[-1] + FILE_SUFFIX)
        if document.get(file) is not None:
            return document.origin(file)
    return DEFAULT


def as_toml(settings: list[Setting]) -> str:
    """The settings as a TOML file, each with its origin as a comment; unset keys as comments."""
    lines: list[str] = []
    table: KeyPath = ()
    opened: set[KeyPath] = set()
    for setting in _tables_together(settings):
        if setting.path[:-1] != table:
            table = setting.path[:-1]
            lines += [*([""] if lines else []), *_headers(table, opened)]
        key = format_key(str(setting.path[-1]))
        if setting.value is None:
            lines.append(f"# {key} is not set")
        else:
            lines.append(f"{key} = {toml_value(setting.value)}  # {setting.origin}")
    return "\n".join(lines) + "\n"


def _tables_together(settings: list[Setting]) -> list[Setting]:
    """In an order that TOML can have: what stands directly in a table comes without a break."""
    tables: dict[KeyPath, list[Setting]] = {}
    for setting in settings:
        tables.setdefault(setting.path[:-1], []).append(setting)
    return [setting for table in tables.values() for setting in table]


def _headers(table: KeyPath, opened: set[KeyPath]) -> list[str]:
    """The table's header, after those of array items around it that have nothing of their own."""
    around = [table[:depth] for depth in range(1, len(table)) if isinstance(table[depth - 1], int)]
    new = [path for path in (*around, table) if path not in opened]
    opened.update(new)
    return list(map(_header, new))


def _header(table: KeyPath) -> str:
    keys = ".".join(format_key(step) for step in table if isinstance(step, str))
    return f"[[{keys}]]" if isinstance(table[-1], int) else f"[{keys}]"


def toml_value(value: Any) -> str:
    """A plain value as TOML, on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, dict):
        pairs = (f"{format_key(key)} = {toml_value(item)}" for key, item in value.items())
        return "{ " + ", ".join(pairs) + " }" if value else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return str(value) if isinstance(value, int | float) else str(value).replace(" ", "T")
