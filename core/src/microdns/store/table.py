"""How the values of one collection, and its indexes, lie in its column family.

====================================================  ===========================
row key                                               row value
====================================================  ===========================
``v`` key                                             version (8 bytes), msgpack
``i`` index name, 00, escaped index key, 00 01, key   key
``i`` index name, 00, escaped index key, 00 01        key (of a unique index)
====================================================  ===========================
"""

from collections.abc import Iterator
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from microdns.errors import StorageFault
from microdns.store.collection import Collection, Index
from microdns.store.engine import Family, Row
from microdns.store.keys import after_prefix, escape

T = TypeVar("T", bound=msgspec.Struct)

VALUE = b"v"
INDEX = b"i"
VERSION_OCTETS = 8
VALUES_END = b"w"

END = b"\x00\x01"
_CHUNK_FIRST = 16
_CHUNK_MAX = 1024

encode = msgspec.msgpack.Encoder().encode


class View(Protocol):
    """One instant of one column family."""

    def get(self, key: bytes) -> bytes | None: ...
    def ascending(self, start: bytes, end: bytes | None, limit: int) -> list[Row]: ...
    def descending(self, start: bytes, end: bytes | None, limit: int) -> list[Row]: ...


class Table(Generic[T]):
    """A collection together with the column family that holds it."""

    __slots__ = (
        "_decode",
        "_keeps",
        "_kept",
        "collection",
        "family",
        "indexes",
        "journaled",
        "key_of",
        "name",
        "plan",
    )

    def __init__(self, collection: Collection[T], family: Family) -> None:
        self.collection = collection
        self.family = family
        self.name = collection.name
        self.key_of = collection.key
        self.indexes = {index.name: index for index in collection.indexes}
        self.journaled = collection.journaled
        self.plan = [(index, index.of, index_head(index.name)) for index in collection.indexes]
        self._decode = msgspec.msgpack.Decoder(collection.type).decode
        self._keeps = collection.type.__struct_config__.frozen
        self._kept: tuple[bytes, T] | None = None
        """The row read last, and its value: changes of one thing read it again and again."""

    def load(self, raw: bytes) -> T:
        """The value in a row; raises StorageFault when it is not of the collection's type."""
        kept = self._kept
        if kept is not None and kept[0] == raw:
            return kept[1]
        try:
            value = self._decode(raw[VERSION_OCTETS:])
            if self._keeps:
                self._kept = (raw, value)
            return value
        except (msgspec.MsgspecError, TypeError, ValueError) as error:
            raise StorageFault(
                f"a value in {self.name} can't be read as {self.collection.type.__name__}: {error}"
            ) from error

    def index_rows(self, key: bytes, value: T) -> dict[bytes, Index[T]]:
        """Row keys under which the indexes find ``value``."""
        rows: dict[bytes, Index[T]] = {}
        for index, keys_of, head in self.plan:
            for index_key in keys_of(value):
                row = head + escape(index_key) + END
                rows[row if index.unique else row + key] = index
        return rows

    def index(self, name: str) -> Index[T]:
        """The index of that name; raises LookupError when the collection declares none."""
        try:
            return self.indexes[name]
        except KeyError:
            raise LookupError(f"collection {self.name} has no index {name!r}") from None


def version_of(raw: bytes) -> int:
    """The version in a row's value."""
    return int.from_bytes(raw[:VERSION_OCTETS], "big")


def value_bounds(prefix: bytes, start: bytes | None, reverse: bool) -> tuple[bytes, bytes]:
    """Row keys between which the values lie whose key has ``prefix``, from ``start`` on."""
    low = VALUE + prefix
    high = after_prefix(low) or VALUES_END
    if start is not None:
        if reverse:
            high = min(high, VALUE + start + b"\x00")
        else:
            low = max(low, VALUE + start)
    return low, high


def index_prefix(index: Index[Any], key: bytes) -> bytes:
    """What the row keys of one index key start with (or are, when it is unique)."""
    return index_head(index.name) + escape(key) + END


def index_bounds(index: Index[Any], key: bytes, prefix: bool) -> tuple[bytes, bytes]:
    """Row keys between which an index holds ``key``, or all keys that start with it."""
    low = index_head(index.name) + escape(key) + (b"" if prefix else END)
    return low, after_prefix(low) or VALUE


def index_family_bounds(name: str) -> tuple[bytes, bytes]:
    """Row keys between which all of an index lies."""
    head = index_head(name)
    return head, after_prefix(head) or VALUE


def walk(view: View, low: bytes, high: bytes, reverse: bool = False) -> Iterator[Row]:
    """Rows between the bounds, read from the view in chunks that grow."""
    size = _CHUNK_FIRST
    while True:
        read = view.descending if reverse else view.ascending
        chunk = read(low, high, size)
        yield from chunk
        if len(chunk) < size:
            return
        if reverse:
            high = chunk[-1][0]
        else:
            low = chunk[-1][0] + b"\x00"
        size = min(size * 4, _CHUNK_MAX)


def index_head(name: str) -> bytes:
    """What all row keys of an index start with."""
    return INDEX + name.encode() + b"\x00"
