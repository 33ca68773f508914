"""The configuration page of the documentation, from the structs that decode it."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from msgspec import NODEFAULT
from msgspec.structs import FieldInfo, fields

from microdns.config.aswritten import default_of
from microdns.config.describe import bounds, kind_of, written
from microdns.config.effective import toml_value
from microdns.config.layout import CORE_SECTIONS, Layout
from microdns.config.schema import first_paragraph
from microdns.config.types import (
    Shape,
    choices,
    is_array,
    is_struct,
    is_table,
    item_type,
    members,
    shape,
    table_types,
)

INTRODUCTION = """\
# Configuration

MicroDNS reads one TOML file. Every key is listed here with its type, bounds and default; a key that
is not listed is a mistake, and so is a value out of bounds: `microdns check` reports all of them at
once, each with its line. The tables are generated from the sources.

- **Overrides.** `MICRODNS_DNS__AUTH__LISTEN=127.0.0.1:5300` in the environment and
  `--set dns.auth.listen=127.0.0.1:5300` on the command line set one key each: two underscores
  between levels in a variable's name, one within a key. Values are TOML (`true`, `5`, `["a", "b"]`)
  or else plain text. The file yields to the environment, the environment to `--set`.
- **Secrets** (marked so) may come from a file: `api_key_file = "/run/secrets/key"` in place of
  `api_key`. They are never shown in messages, logs or dumps.
- **Paths** that are relative start from the folder of the configuration file.
- **Durations** are `"90s"`, `"1h30m"`, `"7d"` or seconds; **sizes** are `"64MiB"` or bytes.
- **Sections** of plugins that are not installed are ignored, unless they are enabled: then the
  start fails with the name of the package to install.
"""

HEAD = "| key | type | bounds | default | description |\n|---|---|---|---|---|"


@dataclass(frozen=True)
class Table:
    """One table of keys: what the TOML header is, and the struct that decodes it."""

    header: str
    struct: type[msgspec.Struct]
    left_out: frozenset[str] = frozenset()


def config_page(layout: Layout) -> str:
    """The page, in Markdown, for the kernel and the plugins of ``layout``."""
    parts = [INTRODUCTION]
    for path, struct in CORE_SECTIONS.items():
        parts += _section(path, struct, "the kernel")
    for name, section in sorted(layout.sections.items(), key=lambda item: item[1].path):
        parts += _section(
            section.path, section.type, f"the plugin {name}", frozenset(section.elsewhere)
        )
        for info in fields(section.type):
            place = section.elsewhere.get(info.name)
            if place is not None:
                for table in _inner(info, place):
                    parts += _described(table, 3)
    return "\n\n".join(part.rstrip("\n") for part in parts) + "\n"


def _section(
    path: str, struct: type[msgspec.Struct], owner: str, left_out: frozenset[str] = frozenset()
) -> Iterator[str]:
    yield from _described(Table(f"[{path}]", struct, left_out), 2, f"Read by {owner}.")
    for info in fields(struct):
        if info.name not in left_out:
            for table in _inner(info, f"{path}.{info.encode_name}"):
                yield from _described(table, 3)


def _described(table: Table, depth: int, more: str = "") -> Iterator[str]:
    yield f"{'#' * depth} `{table.header}`"
    text = " ".join(part for part in (first_paragraph(table.struct), more) if part)
    if text:
        yield text
    rows = [_row(info) for info in fields(table.struct) if info.name not in table.left_out]
    yield "\n".join([HEAD, *rows]) if rows else "No keys."


def _inner(info: FieldInfo, path: str) -> Iterator[Table]:
    """The tables of structs within a field, each before those within it."""
    found = _held_struct(shape(info.type))
    if found is None:
        return
    pattern, struct = found
    yield Table(pattern.format(path), struct)
    for inner in fields(struct):
        yield from _inner(inner, f"{path}.{inner.encode_name}")


def _held_struct(wanted: Shape) -> tuple[str, type[msgspec.Struct]] | None:
    """The struct that a field holds, and how its TOML header is made from the path."""
    for member in members(wanted.base) or (wanted.base,):
        base = shape(member).base
        if is_struct(base):
            return "[{}]", base
        if is_array(base) and is_struct(shape(item_type(base)).base):
            return "[[{}]]", shape(item_type(base)).base
        if is_table(base) and is_struct(shape(table_types(base)[1]).base):
            return "[{}.NAME]", shape(table_types(base)[1]).base
    return None


def _row(info: FieldInfo) -> str:
    wanted = shape(info.type)
    description = str(wanted.meta("description") or "")
    if wanted.secret:
        description += f" Secret; or `{info.encode_name}_file`."
    cells = (
        f"`{info.encode_name}`",
        kind_of(wanted),
        _bounds(wanted),
        _default(info, wanted),
        description.strip(),
    )
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _bounds(wanted: Shape) -> str:
    if choices(wanted.base):
        return ", ".join(f"`{written(choice)}`" for choice in choices(wanted.base))
    text = bounds(wanted).strip().removeprefix("of ").removeprefix("from ")
    pattern = wanted.meta("pattern")
    return text.replace(f"matching {pattern}", f"`{pattern}`") if pattern else text


def _default(info: FieldInfo, wanted: Shape) -> str:
    default = default_of(info)
    if default is NODEFAULT:
        return "**required**"
    if default is None or wanted.secret:
        return "unset"
    return f"`{toml_value(default)}`"
