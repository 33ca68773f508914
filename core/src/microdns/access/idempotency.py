"""A write that is sent again is answered again, and not done again.

The client makes up a key for each write (``draft-ietf-httpapi-idempotency-key-header``).  Answers
are kept in memory for a day, within bounds: a restart forgets them.
"""

import asyncio
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from microdns.clock import Clock
from microdns.errors import Invalid

KEY = re.compile(r"[!-~]{1,255}")
"""What keys look like."""
KEPT_SECONDS = 86_400
ANSWERS_MAX = 10_000
BYTES_MAX = 16 << 20

R = TypeVar("R")


@dataclass
class _Kept(Generic[R]):
    """A write under its key; ``lock`` is held while it is done."""

    digest: bytes
    until: float
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    answer: R | None = None
    size: int = 0


class Idempotency(Generic[R]):
    """Remembers the answers to writes that have a key; one for each interface."""

    def __init__(self, clock: Clock, size_of: Callable[[R], int]) -> None:
        """``size_of`` gives the octets of an answer."""
        self._clock = clock
        self._size_of = size_of
        self._kept: OrderedDict[tuple[str, str], _Kept[R]] = OrderedDict()
        self._bytes = 0

    async def once(
        self, who: str, key: str | None, digest: bytes, run: Callable[[], Awaitable[R]]
    ) -> R:
        """``run()``'s answer, or the one that it had when it was run for this key of this caller.

        Raises ``Invalid`` when the key was used for another request, which is one of another
        ``digest``.  Errors are not kept.
        """
        if key is None:
            return await run()
        kept = self._under((who, key), digest)
        async with kept.lock:
            if kept.answer is None:
                kept.answer = await run()
                if self._kept.get((who, key)) is kept:  # not forgotten meanwhile
                    kept.size = self._size_of(kept.answer)
                    self._bytes += kept.size
                    self._trim()
            return kept.answer

    def _under(self, name: tuple[str, str], digest: bytes) -> _Kept[R]:
        now = self._clock.monotonic()
        kept = self._kept.get(name)
        if kept is not None and kept.until <= now:
            self._forget(name)
            kept = None
        if kept is None:
            kept = self._kept[name] = _Kept(digest, now + KEPT_SECONDS)
            self._trim()
        if kept.digest != digest:
            raise Invalid("this Idempotency-Key was used for another request")
        return kept

    def _trim(self) -> None:
        while len(self._kept) > ANSWERS_MAX or self._bytes > BYTES_MAX:
            self._forget(next(iter(self._kept)))

    def _forget(self, name: tuple[str, str]) -> None:
        self._bytes -= self._kept.pop(name).size
