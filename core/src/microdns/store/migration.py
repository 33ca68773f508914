"""Changes to stored data that a new version of the code needs.

Each owner (a plugin, or the kernel) numbers its migrations 1, 2, 3 … for ever; the number of the
last one applied is in the store.  Each is applied in one batch together with its number, so it has
happened or not.  There is no way back: code that knows fewer than the store has seen is refused.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from microdns.errors import StorageFault
from microdns.store.engine import Batch, Engine, Family
from microdns.store.indexing import forget_indexes
from microdns.store.keys import uint
from microdns.store.meta import MIGRATION, number, put_number
from microdns.store.table import VALUE, VALUES_END, VERSION_OCTETS, encode, walk


class Migrating:
    """What a migration works on: values as plain data, by collection name.

    Values are what msgpack makes of them (dicts or lists, str, bytes, numbers), since their type
    no longer exists.  Reads show the data as they were before the migration.
    """

    def __init__(self, engine: Engine, version: int) -> None:
        self._engine = engine
        self._version = uint(version, VERSION_OCTETS)
        self._written: dict[str, dict[bytes, bytes | None]] = {}

    def values(self, collection: str) -> Iterator[tuple[bytes, Any]]:
        """Every key and value, in key order; none when there is no such collection."""
        family = self._engine.families.get(collection)
        if family is not None:
            for row, raw in walk(family.cursor(), VALUE, VALUES_END):
                yield row[1:], msgspec.msgpack.decode(raw[VERSION_OCTETS:])

    def put(self, collection: str, key: bytes, value: Any) -> None:
        """Write a value; one that was there keeps its version."""
        before = self._engine.family(collection).get(VALUE + key)
        version = self._version if before is None else before[:VERSION_OCTETS]
        self._rows(collection)[VALUE + key] = version + encode(value)

    def delete(self, collection: str, key: bytes) -> None:
        """Delete the value under ``key``, if there is one."""
        self._rows(collection)[VALUE + key] = None

    def batch(self, meta: Family) -> Batch:
        """All that was written; the indexes concerned are to be built anew."""
        batch = Batch()
        for collection, rows in self._written.items():
            family = self._engine.family(collection)
            batch.update(family, rows.items())
            forget_indexes(batch, meta, family)
        return batch

    def _rows(self, collection: str) -> dict[bytes, bytes | None]:
        return self._written.setdefault(collection, {})


@dataclass(frozen=True)
class Migration:
    """A numbered, forward-only change to stored data: what it does in a line, and how."""

    number: int
    summary: str
    apply: Callable[[Migrating], None]


Migrations = Mapping[str, Iterable[Migration]]
"""The migrations that the code knows, by owner (an owner with none has an empty list)."""


def pending(meta: Family, migrations: Migrations) -> list[tuple[str, Migration]]:
    """Those not applied yet, in order.

    Raises StorageFault when the store has seen more than the code knows, and ValueError when an
    owner's numbers are not 1, 2, 3 ….
    """
    found: list[tuple[str, Migration]] = []
    for owner, known in migrations.items():
        ordered = sorted(known, key=lambda migration: migration.number)
        if [migration.number for migration in ordered] != list(range(1, len(ordered) + 1)):
            raise ValueError(f"the migrations of {owner} are not numbered 1, 2, 3 …")
        applied = number(meta, MIGRATION + owner.encode())
        if applied > len(ordered):
            raise StorageFault(
                f"the database was last used by a newer version of {owner} (its data are at"
                f" migration {applied}, this version knows {len(ordered)}): install that version"
                " or restore an older backup"
            )
        found += [(owner, migration) for migration in ordered[applied:]]
    return found


def apply(engine: Engine, meta: Family, owner: str, migration: Migration, version: int) -> Batch:
    """The batch that one migration amounts to, its number included."""
    migrating = Migrating(engine, version)
    migration.apply(migrating)
    batch = migrating.batch(meta)
    put_number(batch, meta, MIGRATION + owner.encode(), migration.number)
    return batch
