"""Many new values at once: sorted files that the database takes over, in place of a batch.

A batch passes through the log and a memtable; a million values would need hundreds of megabytes of
memory at one time, and stand the loop still.  A sorted file is written row by row and linked in.

What is linked in is there at once and durable by itself, and belongs to a transaction that may yet
fail.  So its ranges are noted, durably, before; the transaction's batch removes the note.  A note
that is found at an opening stands for a transaction that never was: its ranges are emptied.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from microdns.errors import Conflict
from microdns.store.engine import Batch, Engine, Family, Row, SortedFile
from microdns.store.keys import after_prefix, uint
from microdns.store.meta import BULK
from microdns.store.table import END, VALUE, Table, encode, index_head, walk


class Note(msgspec.Struct, array_like=True, frozen=True):
    """What a transaction is about to link into a family: from each start to before each end."""

    family: str
    ranges: list[tuple[bytes, bytes]]


_decode = msgspec.msgpack.Decoder(Note).decode


class Bulk:
    """New values of one collection, on their way in; made by ``Transaction.bulk``.

    The rows are laid out by the caller, as ``table`` says: those of a value begin with
    ``VALUE`` and its key, and hold ``version`` and the value as msgpack; those of a unique index
    begin with ``index_head``, then the escaped index key and ``END``, and hold the key.  Keys are
    new by construction, and nothing else may lie between the first and the last of an index, nor
    between those of the values.
    """

    def __init__(self, table: Table[Any], version: bytes, engine: Engine, folder: Path) -> None:
        self.version = version
        """What the value of each row begins with."""
        self.value_prefix = VALUE
        self.index_ending = END
        self._table = table
        self._engine = engine
        self._folder = folder
        self._files: list[SortedFile] = []
        self._kind: str | None = None
        self._number = int.from_bytes(version, "big")
        self.key = BULK + uint(self._number)
        """Of the note in the meta family."""

    def index_head(self, name: str) -> bytes:
        """What the rows of an index begin with; raises LookupError for one not declared."""
        return index_head(self._table.index(name).name)

    def add(self, kind: str, rows: Iterable[Row]) -> int:
        """Add rows, each after the one before, all of a ``kind`` (values, an index) in a run.

        Returns how many octets they have.  Raises StorageFault.
        """
        if kind != self._kind:
            self._kind = kind
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / f"{self._number}-{len(self._files)}.sst"
            self._files.append(self._engine.sorted_file(path))
        return self._files[-1].extend(rows)

    def note(self) -> tuple[bytes, bytes]:
        """The row of the meta family that has to be durable before ``link``.

        Raises Conflict when something lies in the ranges already.
        """
        ranges = [file.finish() for file in self._files]
        view = self._table.family.cursor()
        for start, end in ranges:
            if next(walk(view, start, end), None) is not None:
                raise Conflict(f"{self._table.name} has something of the new values already")
        return self.key, encode(Note(self._table.family.name, ranges))

    def link(self) -> None:
        """Make the rows part of the database, all at once; raises StorageFault."""
        self._engine.ingest(self._table.family, [file.path for file in self._files])

    def discard(self) -> None:
        """Remove what is left of the files."""
        for file in self._files:
            file.discard()


def undo_unfinished(engine: Engine, meta: Family) -> int:
    """Remove what was linked in for transactions that never were; how many there were."""
    view = meta.cursor()
    notes = list(walk(view, BULK, after_prefix(BULK) or b""))
    view.close()
    if not notes:
        return 0
    batch = Batch()
    for key, raw in notes:
        note = _decode(raw)
        for start, end in note.ranges:
            batch.delete_range(engine.family(note.family), start, end)
        batch.update(meta, [(key, None)])
    engine.write(batch)
    return len(notes)
