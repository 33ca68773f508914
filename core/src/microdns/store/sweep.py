"""Very many values on their way out: ranges of rows, in place of a deletion for each.

A range costs the same for any number of rows, in the batch and in memory.  What lies in it is not
looked at any more, so whoever asks for one has to know that all of it goes.
"""

from collections.abc import Iterator
from typing import Any

from microdns.store.engine import Batch, Row
from microdns.store.keys import after_prefix
from microdns.store.table import VALUE, VALUES_END, Table, index_prefix, walk


class Sweep:
    """Removes values of one collection by ranges; made by ``Transaction.sweep``."""

    def __init__(self, table: Table[Any]) -> None:
        self._table = table
        self._ranges: list[tuple[bytes, bytes]] = []
        self._rows: list[bytes] = []

    def values(self, prefix: bytes) -> None:
        """All values whose key starts with ``prefix``; their index rows have to go as well."""
        low = VALUE + prefix
        self._ranges.append((low, after_prefix(low) or VALUES_END))

    def index_rows(self, name: str, first: bytes, last: bytes) -> Iterator[Row]:
        """What a unique index has from one key to another, both included, for looking."""
        return walk(self._table.family.cursor(), *self._between(name, first, last))

    def index_range(self, name: str, first: bytes, last: bytes) -> None:
        """All of that goes."""
        self._ranges.append(self._between(name, first, last))

    def index_key(self, name: str, key: bytes) -> None:
        """The row of one key of a unique index goes."""
        self._rows.append(index_prefix(self._table.index(name), key))

    def put_into(self, batch: Batch) -> None:
        """Add all of it to a batch."""
        for low, high in self._ranges:
            batch.delete_range(self._table.family, low, high)
        batch.update(self._table.family, ((row, None) for row in self._rows))

    def _between(self, name: str, first: bytes, last: bytes) -> tuple[bytes, bytes]:
        index = self._table.index(name)
        return index_prefix(index, first), index_prefix(index, last) + b"\0"
