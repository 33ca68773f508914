"""The free addresses of one range, in the order in which they are given out.

Three kinds, told apart without a table of the range:

- fresh: never given out; everything from a cursor on, but for runs taken out of turn;
- released: given back, kept in the order in which that happened;
- held: neither.

Fresh ones go first, then the one that was released longest ago.  Every step costs the same however
large and however full the range is, and memory follows the addresses touched: a run of addresses
taken ahead of the cursor is stepped over at once, through its end points.
"""

from collections import OrderedDict
from collections.abc import Iterable

HOLE_MAX = 4096
"""While rebuilding: a gap up to this size counts as released long ago, a larger one as fresh."""


class FreeAddresses:
    """Addresses ``first`` to ``last`` (as integers, inclusive)."""

    __slots__ = (
        "_ahead",
        "_ahead_count",
        "_cursor",
        "_released",
        "_run_ends",
        "_run_starts",
        "first",
        "last",
    )

    def __init__(self, first: int, last: int) -> None:
        self.first = first
        self.last = last
        self._cursor = first
        self._ahead: set[int] = set()
        """Addresses taken ahead of the cursor; those it has passed since mean nothing."""
        self._ahead_count = 0
        self._run_ends: dict[int, int] = {}
        """Start of each run of them to its end, and back."""
        self._run_starts: dict[int, int] = {}
        self._released: OrderedDict[int, None] = OrderedDict()

    def __contains__(self, address: int) -> bool:
        return self.first <= address <= self.last

    @property
    def size(self) -> int:
        """How many addresses the range has."""
        return self.last - self.first + 1

    @property
    def free(self) -> int:
        """How many of them can be taken now."""
        return self.last - self._cursor + 1 - self._ahead_count + len(self._released)

    def is_free(self, address: int) -> bool:
        """Whether ``take_at(address)`` would succeed."""
        if address in self._released:
            return True
        return self._cursor <= address <= self.last and address not in self._ahead

    def take(self) -> int | None:
        """The address unused for longest; None when there is none."""
        if self._cursor <= self.last:
            address = self._cursor
            self._advance(address + 1)
            return address
        if self._released:
            return self._released.popitem(last=False)[0]
        return None

    def take_at(self, address: int) -> bool:
        """Take this one; False when it is held already, or outside the range."""
        if address in self._released:
            del self._released[address]
            return True
        if not self._cursor <= address <= self.last or address in self._ahead:
            return False
        if address == self._cursor:
            self._advance(address + 1)
        else:
            self._take_ahead(address)
        return True

    def release(self, address: int) -> None:
        """Give back an address that was taken; it becomes the last to be given out again.

        One ahead of the cursor stays in its run, so that the cursor steps over it.
        """
        if address in self and not self.is_free(address):
            self._released[address] = None

    def rebuild(self, taken: Iterable[int]) -> None:
        """Note these addresses of the range as taken; they come in ascending order.

        Small gaps before one were addresses once in use and forgotten since (nothing is known of
        them any more), so they are kept as released, which needs no set of all that follow.
        """
        cursor = self._cursor
        if isinstance(taken, range) and taken.start == cursor and not self._ahead_count:
            self._cursor = taken.stop
            return
        for address in taken:
            if address == cursor:
                cursor += 1
                continue
            self._cursor = cursor
            if cursor < address and not self._ahead_count and address - cursor <= HOLE_MAX:
                self._released.update(dict.fromkeys(range(cursor, address)))
                self._cursor = address + 1
            else:
                self.take_at(address)
            cursor = self._cursor
        self._cursor = cursor

    def _advance(self, cursor: int) -> None:
        """Move the cursor, over a run of taken addresses if one begins there."""
        end = self._run_ends.pop(cursor, None)
        if end is not None:
            del self._run_starts[end]
            self._ahead_count -= end + 1 - cursor
            cursor = end + 1
            if not self._ahead_count:
                self._ahead.clear()
        self._cursor = cursor

    def _take_ahead(self, address: int) -> None:
        """Add an address to the runs ahead of the cursor, joining its neighbours'."""
        self._ahead.add(address)
        self._ahead_count += 1
        start = self._run_starts.pop(address - 1, address)
        end = self._run_ends.pop(address + 1, address)
        if start != address:
            del self._run_ends[start]
        if end != address:
            del self._run_starts[end]
        self._run_ends[start] = end
        self._run_starts[end] = start
