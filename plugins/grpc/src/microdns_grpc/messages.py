"""Messages as the plain values that operations take and give, and back.

A message's fields have the names of an input's or output's; one that ends with ``_json`` holds
text for the field without that ending.  A field that is not ``optional`` and has its zero value
counts as left out.
"""

import dataclasses
from collections.abc import Mapping
from functools import cache
from typing import Any

import betterproto2
import msgspec

from microdns.errors import Invalid, Problem
from microdns_grpc import wire
from microdns_grpc.wire import Malformed

JSON_ENDING = "_json"
Message = betterproto2.Message


@dataclasses.dataclass(frozen=True)
class Field:
    """One field of a message type; ``key`` is its name among an operation's values."""

    name: str
    key: str
    number: int
    wire: int
    json: bool
    optional: bool
    repeated: bool
    packed: bool
    map: bool
    nested: "Shape | None"


class Shape:
    """A message type, taken apart once."""

    def __init__(self, kind: type[Message]) -> None:
        self.kind = kind
        declared: Any = kind  # its subclasses are dataclasses, it is none
        self.fields = tuple(_field(kind, each) for each in dataclasses.fields(declared))
        self.by_number = {field.number: field for field in self.fields}
        self.keys = frozenset(field.key for field in self.fields)

    def parse(self, octets: bytes) -> Message:
        """A message; raises ``Malformed``."""
        wire.check(octets, self)
        try:
            return self.kind.parse(octets)
        except UnicodeDecodeError:
            raise Malformed("a text is not UTF-8") from None

    def values(self, message: Message, json_bytes_max: int) -> dict[str, Any]:
        """Plain values of a message; raises ``Invalid`` for JSON that is none, or too long."""
        found: dict[str, Any] = {}
        for field in self.fields:
            given = getattr(message, field.name)
            if given is None or (not field.optional and not field.nested and not given):
                continue
            if (field.repeated or field.map) and not given:
                continue
            found[field.key] = _value(field, given, json_bytes_max)
        return found

    def message(self, values: Mapping[str, Any]) -> Message:
        """A message with those of the values that it has fields for."""
        given: dict[str, Any] = {}
        for field in self.fields:
            value = values.get(field.key)
            if value is not None:
                given[field.name] = _written(field, value)
        return self.kind(**given)


@cache
def shape_of(kind: type[Message]) -> Shape:
    """The shape of a message type."""
    return Shape(kind)


def _field(kind: type[Message], declared: dataclasses.Field[Any]) -> Field:
    meta = betterproto2.FieldMetadata.get(declared)
    described: Any = kind  # what the library notes of a type is no part of its types
    composed = meta.proto_type in (betterproto2.TYPE_MESSAGE, betterproto2.TYPE_MAP)
    is_json = declared.name.endswith(JSON_ENDING)
    return Field(
        name=declared.name,
        key=declared.name.removesuffix(JSON_ENDING) if is_json else declared.name,
        number=meta.number,
        wire=_wire_type(meta.proto_type),
        json=is_json,
        optional=bool(meta.optional),
        repeated=bool(meta.repeated),
        packed=bool(meta.repeated) and meta.proto_type in betterproto2.PACKED_TYPES,
        map=meta.proto_type == betterproto2.TYPE_MAP,
        nested=shape_of(described._betterproto.cls_by_field[declared.name]) if composed else None,
    )


def _wire_type(proto_type: str) -> int:
    if proto_type in betterproto2.WIRE_VARINT_TYPES:
        return wire.VARINT
    if proto_type in betterproto2.WIRE_FIXED_64_TYPES:
        return wire.FIXED64
    return wire.FIXED32 if proto_type in betterproto2.WIRE_FIXED_32_TYPES else wire.DELIMITED


def _value(field: Field, given: Any, json_bytes_max: int) -> Any:
    if field.map:
        return dict(given)
    if field.repeated:
        return [
            _single(field, each, f"{field.name}[{number}]", json_bytes_max)
            for number, each in enumerate(given)
        ]
    return _single(field, given, field.name, json_bytes_max)


def _single(field: Field, given: Any, path: str, json_bytes_max: int) -> Any:
    if field.json:
        return from_json(given, path, json_bytes_max)
    return given if field.nested is None else field.nested.values(given, json_bytes_max)


def from_json(text: str, path: str, bytes_max: int) -> Any:
    """The value that a JSON text stands for; raises ``Invalid`` naming the field."""
    octets = text.encode()
    if len(octets) > bytes_max:
        raise Invalid.of(Problem(path, f"is longer than {bytes_max:,} octets"))
    try:
        return msgspec.json.decode(octets)
    except msgspec.DecodeError as error:
        raise Invalid.of(Problem(path, f"is not JSON: {error}")) from None
    except RecursionError:
        raise Invalid.of(Problem(path, "is nested too deeply")) from None


def to_json(value: Any) -> str:
    """A value as JSON text."""
    return msgspec.json.encode(value, enc_hook=str).decode()


def plain(value: Any) -> Any:
    """Structs and what is in them as plain values."""
    return msgspec.to_builtins(value, enc_hook=str)


def _written(field: Field, value: Any) -> Any:
    if field.map:
        return dict(value)
    if field.repeated:
        return [_written_single(field, each) for each in value]
    return _written_single(field, value)


def _written_single(field: Field, value: Any) -> Any:
    if field.json:
        return to_json(value)
    return value if field.nested is None else field.nested.message(value)
