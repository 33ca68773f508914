"""Reading typed values: the same four methods on the store, a snapshot and a transaction."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar

import msgspec

from microdns.store.collection import Collection
from microdns.store.table import (
    VALUE,
    VERSION_OCTETS,
    Table,
    View,
    index_bounds,
    index_prefix,
    value_bounds,
    version_of,
    walk,
)

T = TypeVar("T", bound=msgspec.Struct)

Tables = Mapping[Collection[Any], Table[Any]]


class Reader(ABC):
    """Typed reads over rows.  All raise StorageFault when the disk or the data fail."""

    __slots__ = ("_tables",)

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def get(self, collection: Collection[T], key: bytes) -> T | None:
        """The value under ``key``, or None."""
        table = self._table(collection)
        raw = self._row(table, VALUE + key)
        return None if raw is None else table.load(raw)

    def version(self, collection: Collection[T], key: bytes) -> int | None:
        """The version of the value under ``key``: the transaction that last wrote it."""
        raw = self._row(self._table(collection), VALUE + key)
        return None if raw is None else version_of(raw)

    def scan(
        self,
        collection: Collection[T],
        prefix: bytes = b"",
        *,
        start: bytes | None = None,
        reverse: bool = False,
        limit: int | None = None,
    ) -> Iterator[T]:
        """Values whose key starts with ``prefix``, in key order, as of the moment of the call.

        ``start`` is the first key wanted (inclusive; the highest one when ``reverse``).
        """
        table = self._table(collection)
        rows = self._rows(table, *value_bounds(prefix, start, reverse), reverse)
        load = table.load
        return (load(raw) for _, raw in (rows if limit is None else islice(rows, limit)))

    def scan_versions(
        self, collection: Collection[T], prefix: bytes = b""
    ) -> Iterator[tuple[T, int]]:
        """Like ``scan``, each value with its version: cheaper than asking for each."""
        table = self._table(collection)
        rows = self._rows(table, *value_bounds(prefix, None, False), False)
        load = table.load
        return ((load(raw), version_of(raw)) for _, raw in rows)

    def scan_rows(
        self, collection: Collection[Any], prefix: bytes = b"", size: int = 2048
    ) -> Iterator[list[tuple[bytes, bytes]]]:
        """Like ``scan``, but keys and values as msgpack, so many at a time.

        For code that looks at very many values without making an object of each.
        """
        rows = self._rows(self._table(collection), *value_bounds(prefix, None, False), False)
        while chunk := list(islice(rows, size)):
            yield [(row[len(VALUE) :], raw[VERSION_OCTETS:]) for row, raw in chunk]

    def find(
        self, collection: Collection[T], index_name: str, key: bytes, *, prefix: bool = False
    ) -> Iterator[T]:
        """Values that the index has under ``key`` (or under keys that start with it).

        They come in the order of index key, then key; with ``prefix``, a value with several
        matching index keys comes once for each.  Raises LookupError for an index not declared.
        """
        table = self._table(collection)
        index = table.index(index_name)
        if index.unique and not prefix:
            return self._find_unique(table, index_prefix(index, key))
        rows = self._found(table, *index_bounds(index, key, prefix))
        load = table.load
        return (load(raw) for raw in rows)

    def _find_unique(self, table: Table[T], row: bytes) -> Iterator[T]:
        key = self._row(table, row)
        raw = None if key is None else self._row(table, VALUE + key)
        return iter(()) if raw is None else iter((table.load(raw),))

    def _found(self, table: Table[Any], low: bytes, high: bytes) -> Iterator[bytes]:
        view = self._view(table)
        return (raw for _, key in walk(view, low, high) if (raw := view.get(VALUE + key)))

    def _rows(
        self, table: Table[Any], low: bytes, high: bytes, reverse: bool
    ) -> Iterator[tuple[bytes, bytes]]:
        return walk(self._view(table), low, high, reverse)

    def _table(self, collection: Collection[T]) -> Table[T]:
        try:
            return self._tables[collection]
        except KeyError:
            raise LookupError(
                f"collection {collection.name} is not declared to the store"
            ) from None

    @abstractmethod
    def _row(self, table: Table[Any], row: bytes) -> bytes | None:
        """One row's value at the reader's instant."""

    @abstractmethod
    def _view(self, table: Table[Any]) -> View:
        """The reader's instant of a whole table."""
