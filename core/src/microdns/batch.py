"""Items that come together, and what has been made of them, for all who get the same ones."""

from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")
M = TypeVar("M")


class Batch(Generic[T]):
    """Several items of a stream, in order; many streams may be given the same batch.

    What costs something to make of them, and is the same for all, is made once: see ``made``.
    """

    __slots__ = ("_made", "items")

    def __init__(self, items: tuple[T, ...]) -> None:
        self.items = items
        self._made: dict[Hashable, Any] = {}

    def made(self, key: Hashable, make: Callable[[tuple[T, ...]], M]) -> M:
        """What ``make`` makes of the items; asked again with the same ``key``, the same object."""
        if key not in self._made:
            self._made[key] = make(self.items)
        return cast("M", self._made[key])
