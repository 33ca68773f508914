"""An engine whose disk fails when it is told to."""

import contextlib
from collections.abc import Iterable, Iterator
from typing import ClassVar

from microdns.errors import StorageFault
from microdns.store.engine import Batch, Engine


class FaultyEngine(Engine):
    """``broken`` names the calls that fail: ``write``, ``flush``, ``probe``, ``open``."""

    broken: ClassVar[set[str]] = set()

    def write(self, batch: Batch) -> None:
        self._fail("write")
        super().write(batch)

    def flush_wal(self) -> None:
        self._fail("flush")
        super().flush_wal()

    def probe(self) -> None:
        self._fail("probe")
        super().probe()

    def open(self, names: Iterable[str] = ()) -> None:
        self._fail("open")
        super().open(names)

    def _fail(self, call: str) -> None:
        if call in self.broken:
            raise StorageFault(f"can't {call}: Input/output error")


@contextlib.contextmanager
def breaking(*calls: str) -> Iterator[set[str]]:
    """Let these calls fail inside the block; the set may be changed meanwhile."""
    FaultyEngine.broken.update(calls)
    try:
        yield FaultyEngine.broken
    finally:
        FaultyEngine.broken.clear()
