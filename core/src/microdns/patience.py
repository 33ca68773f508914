"""Time limits that a machine which stands still does not use up.

A limit in one piece is over when the machine wakes up, before anything could be done in it.  In
parts, such a pause costs one of them.
"""

from collections.abc import Callable, Iterator
from typing import Final

PARTS: Final = 10


def parts_of(seconds: float) -> Iterator[float]:
    """The parts of a time limit, in seconds, each to be waited for by itself."""
    return iter([seconds / PARTS] * PARTS)


def wait_in_parts(wait: Callable[[float], object], seconds: float) -> None:
    """Wait for up to ``seconds`` by a call that returns at once when it need not wait any more."""
    for part in parts_of(seconds):
        wait(part)
