"""A field's annotation, taken apart once: the plain type, its bounds, and our markers."""

import enum
import types
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import Meta
from msgspec.structs import FieldInfo, fields

from microdns.config.fields import Form, Secret


@dataclass(frozen=True)
class Shape:
    """What a value must be.

    ``base`` is the annotation without ``Annotated`` and ``None``; ``optional`` says that the field
    may be left unset (TOML itself has no null).
    """

    base: Any
    metas: tuple[Meta, ...] = ()
    form: Form | None = None
    secret: bool = False
    optional: bool = False

    @cached_property
    def bounded(self) -> Any:
        """``base`` with its bounds, as msgspec checks them."""
        return with_metas(self.base, self.metas)

    def meta(self, name: str) -> Any:
        """The value of one ``Meta`` argument, the outermost that gives one; or None."""
        for meta in reversed(self.metas):
            value = getattr(meta, name)
            if value is not None:
                return value
        return None


def with_metas(base: Any, metas: tuple[Meta, ...]) -> Any:
    """``Annotated[base, *metas]``."""
    for meta in metas:
        base = Annotated[base, meta]
    return base


def shape(annotation: Any) -> Shape:
    """Take an annotation apart."""
    metas: tuple[Meta, ...] = ()
    form: Form | None = None
    secret = optional = False
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *extras = get_args(annotation)
            metas = (*(extra for extra in extras if isinstance(extra, Meta)), *metas)
            form = form or next((extra for extra in extras if isinstance(extra, Form)), None)
            secret = secret or any(isinstance(extra, Secret) for extra in extras)
        elif hasattr(annotation, "__supertype__"):
            annotation = annotation.__supertype__
        elif types.NoneType in members(annotation):
            optional = True
            annotation = Union[  # noqa: UP007  (the members are known at run time only)
                tuple(member for member in members(annotation) if member is not types.NoneType)
            ]
        else:
            return Shape(annotation, metas, form, secret, optional)


@cache
def struct_fields(struct: type[msgspec.Struct]) -> tuple[tuple[FieldInfo, Shape], ...]:
    """The fields of a struct with their shapes; remembered, since arrays hold many alike."""
    return tuple((info, shape(info.type)) for info in fields(struct))


def members(annotation: Any) -> tuple[Any, ...]:
    """The members of a union; none for any other type."""
    if get_origin(annotation) in (Union, types.UnionType):
        return get_args(annotation)
    return ()


def is_struct(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, msgspec.Struct)


def is_array(annotation: Any) -> bool:
    """Whether any number of items of one type is meant (``tuple[X, Y]`` is a value of its own)."""
    kind = get_origin(annotation) or annotation
    if kind is tuple and get_args(annotation):
        return get_args(annotation)[-1] is Ellipsis
    return kind in (list, tuple, set, frozenset)


def is_table(annotation: Any) -> bool:
    return (get_origin(annotation) or annotation) is dict


def item_type(annotation: Any) -> Any:
    """The type of an array's items (``tuple[X, ...]``, ``list[X]``, ``frozenset[X]``)."""
    arguments = [item for item in get_args(annotation) if item is not Ellipsis]
    return arguments[0] if len(arguments) == 1 else Any


def table_types(annotation: Any) -> tuple[Any, Any]:
    """The key and value types of a ``dict``."""
    arguments = get_args(annotation)
    return (arguments[0], arguments[1]) if arguments else (str, Any)


def choices(annotation: Any) -> tuple[Any, ...]:
    """What a Literal or an Enum allows, as written; empty for any other type."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return tuple(member.value for member in annotation)
    return ()
