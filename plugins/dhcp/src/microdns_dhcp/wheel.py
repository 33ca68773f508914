"""A timer wheel: things to do at whole seconds, found without looking at the others.

Slots are made when something falls into them, so that a lease of ten years costs as much as one
of ten minutes.  A heap of the slots' times keeps a long pause from being counted second by second.
"""

import heapq
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Wheel(Generic[T]):
    """Items by the second at which they are due."""

    def __init__(self) -> None:
        self._slots: dict[int, list[T]] = {}
        self._times: list[int] = []

    def add(self, when: int, item: T) -> None:
        """Have ``item`` come out of ``due`` once ``when`` is reached."""
        slot = self._slots.get(when)
        if slot is None:
            self._slots[when] = [item]
            heapq.heappush(self._times, when)
        else:
            slot.append(item)

    def add_all(self, items: Sequence[T], when_of: Callable[[T], int], never: int) -> None:
        """``add`` for many, each at ``when_of`` it, but for those of which that is ``never``."""
        slots = self._slots
        for when, item in zip(map(when_of, items), items, strict=True):
            try:
                slots[when].append(item)
            except KeyError:
                if when != never:
                    self.add(when, item)

    def due(self, now: int, limit: int) -> list[T]:
        """Items whose time has come, the earliest first, at most about ``limit`` of them."""
        found: list[T] = []
        while self._times and self._times[0] <= now and len(found) < limit:
            slot = self._slots[self._times[0]]
            room = limit - len(found)
            found.extend(slot[:room])
            if room < len(slot):
                del slot[:room]
            else:
                del self._slots[heapq.heappop(self._times)]
        return found

    def __len__(self) -> int:
        return sum(map(len, self._slots.values()))
