"""How much of the journal is kept, in steps of constant cost.

The journal is seen as segments.  A mark stands at the first entry of each, and says when it was
written and how many bytes were written to the journal before it, ever.  So what a limit asks to
remove is found among a few marks in memory, and one range deletion removes it, however many
entries it holds.  What is removed is whole segments: the limits are kept to within one of them.
"""

from collections import deque
from collections.abc import Iterable

import msgspec

from microdns.store.options import StoreOptions

SEGMENT_ENTRIES = 1024
SEGMENT_BYTES = 1 << 20
_SEGMENTS_PER_AGE = 16
_SEGMENT_SECONDS_MAX = 3600.0


class Mark(msgspec.Struct, array_like=True, frozen=True):
    """The start of a segment."""

    sequence: int
    time_ns: int
    bytes_before: int


class Retention:
    """The segments of a journal, and which of them may go."""

    def __init__(self, options: StoreOptions) -> None:
        self._age_ns = None
        self._bytes_max = options.journal_bytes_max
        age_seconds = options.journal_age_seconds
        span = _SEGMENT_SECONDS_MAX
        if age_seconds is not None:
            self._age_ns = int(age_seconds * 1e9)
            span = min(span, age_seconds / _SEGMENTS_PER_AGE)
        self._span_ns = int(span * 1e9)
        self._segment_bytes = SEGMENT_BYTES
        if self._bytes_max is not None:
            self._segment_bytes = max(1, min(SEGMENT_BYTES, self._bytes_max // _SEGMENTS_PER_AGE))
        self._marks: deque[Mark] = deque()
        self._written = 0
        self._newest_ns = 0

    def load(self, marks: Iterable[Mark]) -> None:
        """Start from the marks found on disk."""
        self._marks = deque(marks)
        last = self._marks[-1] if self._marks else Mark(0, 0, 0)
        self._written = last.bytes_before
        self._newest_ns = last.time_ns

    @property
    def last_mark(self) -> Mark | None:
        """Where the open segment starts."""
        return self._marks[-1] if self._marks else None

    @property
    def bytes(self) -> int:
        """Size of what is left."""
        return self._written - self._marks[0].bytes_before if self._marks else 0

    @property
    def oldest_ns(self) -> int:
        """When the oldest segment left was begun."""
        return self._marks[0].time_ns if self._marks else 0

    def add(self, sequence: int, time_ns: int, octets: int) -> Mark | None:
        """Count what a transaction adds from ``sequence`` on; returns the mark that it begins."""
        mark = None
        last = self.last_mark
        if last is not None and last.sequence == sequence:
            self._marks.pop()  # an empty segment begins when its first entry comes
        if (
            last is None
            or sequence == last.sequence
            or sequence - last.sequence >= SEGMENT_ENTRIES
            or self._written - last.bytes_before >= self._segment_bytes
            or time_ns - last.time_ns >= self._span_ns
        ):
            mark = Mark(sequence, time_ns, self._written)
            self._marks.append(mark)
        self._written += octets
        self._newest_ns = max(self._newest_ns, time_ns)
        return mark

    def fills(self, octets: int) -> bool:
        """Whether a transaction of this size is a segment by itself."""
        return octets >= self._segment_bytes

    def end(self, sequence: int) -> Mark | None:
        """Close the open segment before ``sequence``, the next entry, if it has any entry."""
        last = self.last_mark
        if last is None or last.sequence == sequence:
            return None
        mark = Mark(sequence, self._newest_ns, self._written)
        self._marks.append(mark)
        return mark

    def expired(self, now_ns: int) -> bool:
        """Whether even the newest entry is past its age."""
        return self._age_ns is not None and self._newest_ns < now_ns - self._age_ns

    def cut(self, now_ns: int) -> tuple[Mark, Mark] | None:
        """Drop the oldest segment if it may go: its mark, and the next one, which is now first."""
        if len(self._marks) < 2:
            return None
        first, second = self._marks[0], self._marks[1]
        too_old = self._age_ns is not None and second.time_ns < now_ns - self._age_ns
        too_big = (
            self._bytes_max is not None
            and self.bytes > self._bytes_max
            and self._written > second.bytes_before  # the last entries stay, however large
        )
        if not (too_old or too_big):
            return None
        self._marks.popleft()
        return first, second
