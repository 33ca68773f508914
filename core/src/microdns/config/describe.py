"""Types and values in an operator's words."""

from typing import Any

from microdns.config.paths import quote
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

_NAMES = {
    bool: "true or false",
    int: "an integer",
    float: "a number",
    str: "a string",
    dict: "a table",
    Any: "any value",
}
_KIND_OF = {bool: "boolean", int: "integer", float: "number", str: "string", Any: "any"}
SHOWN_MAX = 60


def describe(wanted: Shape) -> str:
    """``an integer from 1 to 65535``, ``one of "debug", "info"``, ``an array (of strings)``."""
    if wanted.form is not None:
        return wanted.form.expects + bounds(wanted)
    base = wanted.base
    if choices(base):
        return "one of " + ", ".join(map(written, choices(base)))
    if members(base):
        return " or ".join(describe(shape(member)) for member in members(base)) + bounds(wanted)
    if is_struct(base):
        return "a table"
    if is_array(base):
        return f"an array{bounds(wanted)}, each {describe(shape(item_type(base)))}"
    if is_table(base):
        return f"a table{bounds(wanted)}, each value {describe(shape(table_types(base)[1]))}"
    return _NAMES.get(base, getattr(base, "__name__", str(base))) + bounds(wanted)


def kind_of(wanted: Shape) -> str:
    """The type in few words, without bounds: ``integer``, ``array of string``, ``duration``."""
    base = wanted.base
    if wanted.form is not None:
        return wanted.form.kind
    if choices(base):
        return kind(choices(base)[0]).partition(" ")[2]
    if members(base):
        return " or ".join(kind_of(shape(member)) for member in members(base))
    if is_struct(base):
        return "table"
    if is_array(base):
        return f"array of {kind_of(shape(item_type(base)))}"
    if is_table(base):
        return f"table of {kind_of(shape(table_types(base)[1]))}"
    return _KIND_OF.get(base, getattr(base, "__name__", str(base)))


def bounds(wanted: Shape) -> str:
    """`` from 1 to 65535``, `` of at most 63 characters``; empty without bounds."""
    low, high = wanted.meta("ge"), wanted.meta("le")
    above, below = wanted.meta("gt"), wanted.meta("lt")
    parts = [
        _range(_in_form(wanted, low), _in_form(wanted, high)),
        f" above {_in_form(wanted, above)}" if above is not None else "",
        f" below {_in_form(wanted, below)}" if below is not None else "",
        f" in steps of {wanted.meta('multiple_of')}" if wanted.meta("multiple_of") else "",
        _length(wanted),
        f" matching {wanted.meta('pattern')}" if wanted.meta("pattern") else "",
    ]
    return "".join(parts)


def _in_form(wanted: Shape, bound: Any) -> str | None:
    if bound is None:
        return None
    return str(bound) if wanted.form is None else str(wanted.form.write(bound))


def _range(low: str | None, high: str | None) -> str:
    if low is not None and high is not None:
        return f" from {low} to {high}"
    if low is not None:
        return f" of at least {low}"
    return f" of at most {high}" if high is not None else ""


def _length(wanted: Shape) -> str:
    span = _range(*(None if length is None else str(length) for length in _lengths(wanted)))
    if not span:
        return ""
    unit = "characters" if wanted.base is str else "items"
    return f"{span.replace(' from', ' of')} {unit}"


def _lengths(wanted: Shape) -> tuple[int | None, int | None]:
    return wanted.meta("min_length"), wanted.meta("max_length")


def written(value: Any) -> str:
    """A value as TOML, on one line and short enough for a message."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quote(value if len(value) <= SHOWN_MAX else value[:SHOWN_MAX] + "…")
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, int) and value.bit_length() > 256:
        return "a huge integer"
    return str(value)


def kind(value: Any) -> str:
    """The TOML type of a value, without the value itself: what may be said of a secret."""
    for python_type, name in _KINDS:
        if isinstance(value, python_type):
            return name
    return "a date or time"


_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "a boolean"),
    (str, "a string"),
    (int, "an integer"),
    (float, "a number"),
    (dict, "a table"),
    (list, "an array"),
)
