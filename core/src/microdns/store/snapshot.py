"""One durable instant of everything, for readers that need more than one look."""

from typing import Any

from microdns.store.collection import Collection
from microdns.store.engine import Cursor
from microdns.store.reading import Reader, Tables
from microdns.store.table import Table


class Snapshot(Reader):
    """All collections as they were when it was made; ``sequence`` is the journal's end then.

    It holds files of the database until it is left, so leave it soon.
    """

    __slots__ = ("_cursors", "sequence")

    def __init__(self, tables: Tables, sequence: int) -> None:
        super().__init__(dict(tables))
        self.sequence = sequence
        self._cursors = {table: table.family.cursor() for table in tables.values()}

    async def unwind(self, collection: Collection[Any], only: str = "") -> None:
        """Bring a collection back to the snapshot's instant: it is there.

        Readers that may be asked ``as_of`` an earlier point call it before they read a collection:
        see ``Past``.
        """

    def close(self) -> None:
        """Let go of the instant; reads raise StorageFault from now on."""
        for cursor in self._cursors.values():
            cursor.close()

    def _row(self, table: Table[Any], row: bytes) -> bytes | None:
        return self._cursors[table].get(row)

    def _view(self, table: Table[Any]) -> Cursor:
        return self._cursors[table]
