"""What a transaction has written so far, or a view of the past, laid over what is stored.

Scans inside a transaction must see its own writes in key order.  Keys are therefore kept sorted,
in buckets, so that adding one costs the same after a hundred thousand; and only from the first
scan on, since most transactions never scan.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from microdns.store.engine import Row

if TYPE_CHECKING:
    from microdns.store.table import Table

_BUCKET_MAX = 512
_ABSENT: Any = object()


class SortedKeys:
    """A sorted set of keys, added one at a time (each once)."""

    __slots__ = ("_buckets", "_highest")

    def __init__(self, keys: Iterable[bytes] = ()) -> None:
        ordered = sorted(keys)
        half = _BUCKET_MAX // 2
        self._buckets = [ordered[at : at + half] for at in range(0, len(ordered), half)]
        self._highest = [bucket[-1] for bucket in self._buckets]

    def add(self, key: bytes) -> None:
        """Add a key that is not in the set."""
        if not self._buckets:
            self._buckets.append([key])
            self._highest.append(key)
            return
        at = min(bisect_left(self._highest, key), len(self._buckets) - 1)
        bucket = self._buckets[at]
        insort(bucket, key)
        self._highest[at] = bucket[-1]
        if len(bucket) > _BUCKET_MAX:
            self._split(at)

    def between(self, low: bytes, high: bytes) -> list[bytes]:
        """Keys with ``low <= key < high``, in order."""
        found: list[bytes] = []
        for bucket in self._buckets[bisect_left(self._highest, low) :]:
            start, end = bisect_left(bucket, low), bisect_left(bucket, high)
            found.extend(bucket[start:end])
            if end < len(bucket):
                break
        return found

    def _split(self, at: int) -> None:
        bucket = self._buckets[at]
        half = len(bucket) // 2
        self._buckets[at : at + 1] = [bucket[:half], bucket[half:]]
        self._highest[at : at + 1] = [bucket[half - 1], bucket[-1]]


class Overlay:
    """Rows laid over one table; None stands for a deleted one.

    ``stored`` reads the rows below, by default those of the latest state.
    """

    __slots__ = ("_keys", "_stored", "rows", "table")

    def __init__(
        self, table: "Table[Any]", stored: Callable[[bytes], bytes | None] | None = None
    ) -> None:
        self.table = table
        self.rows: dict[bytes, bytes | None] = {}
        self._stored = stored or table.family.get
        self._keys: SortedKeys | None = None

    def read(self, key: bytes) -> bytes | None:
        """A row as it is seen from above."""
        raw = self.rows.get(key, _ABSENT)
        return self._stored(key) if raw is _ABSENT else raw

    def write(self, key: bytes, raw: bytes | None) -> None:
        """Put a row, or delete it."""
        if self._keys is not None and key not in self.rows:
            self._keys.add(key)
        self.rows[key] = raw

    def write_all(self, rows: list[Row]) -> None:
        """Put many rows."""
        if self._keys is not None:
            for key, _ in rows:
                if key not in self.rows:
                    self._keys.add(key)
        self.rows.update(rows)

    def between(self, low: bytes, high: bytes) -> list[tuple[bytes, bytes | None]]:
        """The rows written with ``low <= key < high``, in order."""
        if self._keys is None:
            self._keys = SortedKeys(self.rows)
        return [(key, self.rows[key]) for key in self._keys.between(low, high)]


def merged(
    stored: Iterator[Row], written: list[tuple[bytes, bytes | None]], reverse: bool
) -> Iterator[Row]:
    """Stored rows with the written ones over them; all three in the same order."""
    over = deque(written)
    for row in stored:
        while over and over[0][0] != row[0] and (over[0][0] > row[0]) == reverse:
            yield from _kept(*over.popleft())
        if over and over[0][0] == row[0]:
            yield from _kept(*over.popleft())
        else:
            yield row
    for key, raw in over:
        yield from _kept(key, raw)


def _kept(key: bytes, raw: bytes | None) -> tuple[Row, ...]:
    return () if raw is None else ((key, raw),)
