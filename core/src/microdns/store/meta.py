"""What the store keeps about itself: one family of named numbers and small records."""

from microdns.store.engine import Batch, Engine, Family
from microdns.store.keys import after_prefix, uint
from microdns.store.table import walk

META = "kernel.meta"
JOURNAL = "journal"
OWN_FAMILIES = (META, JOURNAL)

FORMAT = b"format"
"""How everything here is laid out; raised when older code could not read it."""
FORMAT_NUMBER = 1

OLDEST = b"journal.oldest"
"""Sequence of the oldest journal entry left."""
MARK = b"journal.mark/"
"""And a sequence: the start of a journal segment."""
UNJOURNALED = b"unjournaled"
"""Version last given to writes of collections that are not journaled."""
MIGRATION = b"migration/"
"""And an owner: the number of its last migration applied."""
INDEXES = b"indexes/"
"""And a collection: its indexes that are complete."""

BULK = b"bulk/"
"""And a version: rows that a transaction links in before it is written; see ``bulk``."""


def number(meta: Family, key: bytes) -> int:
    """The number under ``key``, 0 when there is none."""
    return int.from_bytes(meta.get(key) or b"", "big")


def put_number(batch: Batch, meta: Family, key: bytes, value: int) -> None:
    """Write a number."""
    batch.put(meta, key, uint(value))


def applied_migrations(meta: Family) -> dict[str, int]:
    """The last migration applied, by owner."""
    rows = walk(meta.cursor(), MIGRATION, after_prefix(MIGRATION) or b"")
    return {row[len(MIGRATION) :].decode(): int.from_bytes(raw, "big") for row, raw in rows}


def last_sequence(engine: Engine) -> int:
    """Sequence of the last journal entry ever written, 0 before the first."""
    rows = engine.family(JOURNAL).cursor().descending(b"", None, 1)
    if rows:
        return int.from_bytes(rows[0][0], "big")
    return max(0, number(engine.family(META), OLDEST) - 1)
