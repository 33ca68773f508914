"""Building the indexes that a collection declares and the store does not have yet.

The meta family says which indexes of a collection are complete.  One that is new, or declares
another revision, is cleared and built from the values; it counts as complete with its last batch,
so an interruption means starting again.  Indexes no longer declared are removed.
"""

import asyncio
import logging
from collections.abc import Callable
from itertools import islice
from typing import Any

import msgspec

from microdns.errors import StorageFault
from microdns.store import logevents
from microdns.store.collection import Index
from microdns.store.engine import Batch, Family
from microdns.store.meta import INDEXES
from microdns.store.table import (
    INDEX,
    VALUE,
    VALUES_END,
    Table,
    encode,
    index_family_bounds,
    index_prefix,
    walk,
)

_SLICE_VALUES = 1000

_decode_built = msgspec.msgpack.Decoder(dict[str, tuple[bool, int]]).decode

log = logging.getLogger("microdns.store")

Submit = Callable[[Batch], "asyncio.Future[None]"]


async def build_indexes(table: Table[Any], meta: Family, submit: Submit) -> None:
    """Make the stored indexes those that the collection declares.

    Raises StorageFault when values that are there already contradict a unique index.
    """
    key = INDEXES + table.name.encode()
    built = _decode_built(meta.get(key) or b"\x80")
    wanted = {name: (index.unique, index.revision) for name, index in table.indexes.items()}
    if built == wanted:
        return
    missing = [index for name, index in table.indexes.items() if built.get(name) != wanted[name]]
    gone = [name for name in built if name not in wanted]
    batch = Batch()
    for name in [*gone, *(index.name for index in missing)]:
        batch.delete_range(table.family, *index_family_bounds(name))
    complete = {name: state for name, state in built.items() if wanted.get(name) == state}
    batch.put(meta, key, encode(complete))
    await submit(batch)
    if missing:
        names = ", ".join(index.name for index in missing)
        logevents.INDEXING(log, "building indexes of %s: %s", table.name, names)
        await _fill(table, missing, submit)
    batch = Batch()
    batch.put(meta, key, encode(wanted))
    await submit(batch)


def forget_indexes(batch: Batch, meta: Family, family: Family) -> None:
    """Have the indexes of a family built anew when it is next declared."""
    batch.delete_range(family, INDEX, VALUE)
    batch.update(meta, [(INDEXES + family.name.encode(), None)])


async def _fill(table: Table[Any], indexes: list[Index[Any]], submit: Submit) -> None:
    values = walk(table.family.cursor(), VALUE, VALUES_END)
    while part := list(islice(values, _SLICE_VALUES)):
        rows: dict[bytes, bytes] = {}
        for row, raw in part:
            value = table.load(raw)
            for index in indexes:
                for index_key in index.of(value):
                    _add(table, index, index_key, row[1:], rows)
        batch = Batch()
        batch.update(table.family, rows.items())
        await submit(batch)


def _add(
    table: Table[Any], index: Index[Any], index_key: bytes, key: bytes, rows: dict[bytes, bytes]
) -> None:
    row = index_prefix(index, index_key)
    if not index.unique:
        rows[row + key] = key
        return
    other = rows.get(row) or table.family.get(row)
    if other is not None and other != key:
        raise StorageFault(
            f"the index {index.name} of {table.name} can't be unique: {other!r} and {key!r} share"
            f" {index_key!r}"
        )
    rows[row] = key
