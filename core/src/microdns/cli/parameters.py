"""An operation's input struct as command-line arguments and options.

Required fields are arguments in order; optional ones are options.
"""

import json
from typing import Any

import click
import msgspec
from msgspec import inspect


def parameters(
    struct: type[msgspec.Struct], arguments: tuple[str, ...] = ()
) -> list[click.Parameter]:
    """click's parameters for the fields of a struct; ``arguments`` names optional ones by place."""
    required = [field for field in _fields(struct) if field.required]
    placed = [field for field in _fields(struct) if field.name in arguments]
    options = [
        field for field in _fields(struct) if not field.required and field.name not in arguments
    ]
    by_place = [*required, *placed]
    return [
        *(_argument(field, last=field is by_place[-1]) for field in by_place),
        *map(_option, options),
    ]


def values_given(struct: type[msgspec.Struct], given: dict[str, Any]) -> dict[str, Any]:
    """click's values as the struct's JSON form, without what was left out."""
    return {
        field.encode_name: _list_or_value(given[field.name])
        for field in _fields(struct)
        if given.get(field.name) not in (None, ())
    }


def _fields(struct: type[msgspec.Struct]) -> tuple[inspect.Field, ...]:
    info = inspect.type_info(struct)
    return info.fields if isinstance(info, inspect.StructType) else ()


def _list_or_value(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _argument(field: inspect.Field, *, last: bool) -> click.Argument:
    kind, _ = _described(field.type)
    many = last and isinstance(kind, inspect.ListType)
    return click.Argument(
        [field.name],
        type=_click_type(kind.item_type if many and isinstance(kind, inspect.ListType) else kind),
        nargs=-1 if many else 1,
        required=field.required,
        metavar=_metavar(field, many),
    )


def _metavar(field: inspect.Field, many: bool) -> str:
    name = field.encode_name.upper() + ("..." if many else "")
    return name if field.required else f"[{name}]"


def _option(field: inspect.Field) -> click.Option:
    kind, description = _described(field.type)
    flag = "--" + field.encode_name.replace("_", "-")
    if isinstance(kind, inspect.BoolType):
        name = [field.name, f"{flag}/--no-{flag[2:]}"]
        return click.Option(name, default=None, help=description)
    if isinstance(kind, inspect.ListType):
        item, _ = _described(kind.item_type)
        return click.Option(
            [field.name, flag], type=_click_type(item), multiple=True, help=description
        )
    return click.Option([field.name, flag], type=_click_type(kind), help=description)


def _described(kind: inspect.Type) -> tuple[inspect.Type, str]:
    """The type below metadata and ``| None``, and its description."""
    description = ""
    while True:
        if isinstance(kind, inspect.Metadata):
            description = (kind.extra_json_schema or {}).get("description", description)
            kind = kind.type
        elif isinstance(kind, inspect.UnionType):
            others = [
                each
                for each in kind.types
                if not isinstance(each, (inspect.NoneType, inspect.CustomType))
            ]
            if len(others) != 1:
                return kind, description
            kind = others[0]
        else:
            return kind, description


def _click_type(kind: inspect.Type) -> click.ParamType[Any]:
    kind, _ = _described(kind)
    if isinstance(kind, inspect.StrType):
        return click.STRING
    if isinstance(kind, inspect.IntType):
        return click.IntRange(kind.ge, kind.le)
    if isinstance(kind, inspect.FloatType):
        return click.FLOAT
    if isinstance(kind, inspect.BoolType):
        return click.BOOL
    if isinstance(kind, inspect.LiteralType):
        return click.Choice([str(value) for value in kind.values])
    if isinstance(kind, inspect.EnumType):
        return click.Choice([str(member.value) for member in kind.cls])
    return JsonType()


class JsonType(click.ParamType[Any]):
    """A structured value, typed as JSON; what is no JSON is taken as text."""

    name = "json"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            return value
