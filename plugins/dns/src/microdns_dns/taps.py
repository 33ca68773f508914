"""The seam for who wants to see every query and its answer: dnstap.

Frames wait in rings of a fixed size, one a thread of the engine and one of the Python path; what
finds no room is dropped and counted.  While no tap is open, nothing is noted at all.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from microdns.errors import Conflict
from microdns_dns.dnstap import Exchange, frames_of

BUFFER_BYTES_MIN: Final = 64 << 10
"""At the least: the Python path's frames may hold a message of 64 KiB over TCP, and its query."""


class Source(Protocol):
    """A thread of the engine: see ``Worker``."""

    def open_tap(self, head: bytes, one_in: int, size: int) -> None: ...
    def close_tap(self) -> None: ...
    def take_frames(self, size_max: int) -> tuple[bytes, int]: ...
    def tap_is_empty(self) -> bool: ...
    @property
    def frames_dropped(self) -> int: ...


class Ring(Protocol):
    """Frames of what does not pass a thread of the engine: over TCP, or answered in Python."""

    def tell(self, exchange: Exchange) -> None: ...
    def take(self, size_max: int) -> tuple[bytes, int]: ...
    def is_empty(self) -> bool: ...
    @property
    def dropped(self) -> int: ...


class PlainRing:
    """Where there is no engine: what ``engine/tap.pyx`` does, in Python."""

    def __init__(self, head: bytes, one_in: int, size: int) -> None:
        self.dropped = 0
        self._head = head
        self._one_in = one_in
        self._room = size
        self._passed = 0
        self._frames: deque[bytes] = deque()

    def tell(self, exchange: Exchange) -> None:
        """Tell of an exchange, if it is one of the sample and there is room."""
        self._passed += 1
        if self._passed < self._one_in:
            return
        self._passed = 0
        frames = frames_of(self._head, exchange)
        size = sum(map(len, frames))
        if size > self._room:
            self.dropped += len(frames)
            return
        self._frames.extend(frames)
        self._room -= size

    def take(self, size_max: int) -> tuple[bytes, int]:
        """Whole frames of at most so many octets, or the first alone, and how many they are."""
        taken: list[bytes] = []
        size = 0
        while self._frames and (not taken or size + len(self._frames[0]) <= size_max):
            size += len(self._frames[0])
            taken.append(self._frames.popleft())
        self._room += size
        return b"".join(taken), len(taken)

    def is_empty(self) -> bool:
        """Whether there is nothing to take."""
        return not self._frames


MakeRing = Callable[[bytes, int, int], Ring]
"""Of ``head``, ``one_in``, and octets."""


class Tap:
    """Frames of what is asked and answered, from now until ``close``.

    ``head`` begins each frame (``dnstap.head_of``); one exchange in ``one_in`` of a source is told
    of; ``buffer_bytes`` may wait from each source.
    """

    def __init__(
        self, taps: "Taps", make_ring: MakeRing, head: bytes, one_in: int, buffer_bytes: int
    ) -> None:
        self._taps = taps
        self._settings = head, one_in, buffer_bytes
        self._own = make_ring(head, one_in, buffer_bytes)
        self._woken = asyncio.Event()
        self._dropped = 0
        self._dropped_before: dict[Source, int] = {}
        self._turn = 0

    @property
    def dropped(self) -> int:
        """Messages that found no room, so far."""
        fresh = (source.frames_dropped - then for source, then in self._dropped_before.items())
        return self._dropped + self._own.dropped + sum(fresh)

    def note(self, exchange: Exchange) -> None:
        """An exchange that no thread of the engine has told of."""
        self._own.tell(exchange)
        self._woken.set()

    def take(self, size_max: int) -> tuple[bytes, int]:
        """Whole frames up to so many octets, or one alone, and how many; no octets: none wait.

        Sources have their turns, so that a busy one does not hide the others.
        """
        takers = [source.take_frames for source in self._dropped_before]
        takers.append(self._own.take)
        for step in range(len(takers)):
            place = (self._turn + step) % len(takers)
            octets, frames = takers[place](size_max)
            if frames:
                self._turn = place + 1
                return octets, frames
        return b"", 0

    async def wait(self) -> None:
        """Until there is something to take."""
        while True:
            self._woken.clear()
            if not self._own.is_empty():
                return
            if not all(source.tap_is_empty() for source in self._dropped_before):
                return
            await self._woken.wait()

    def close(self) -> None:
        """Note nothing more; what was not taken is lost, and counted."""
        for source in list(self._dropped_before):
            self.leave(source)
        self._dropped += sum(iter(lambda: self._own.take(1 << 30)[1], 0))
        self._taps.closed(self)

    def wake(self) -> None:
        """A source that was empty has something."""
        self._woken.set()

    def join(self, source: Source) -> None:
        """Take frames of this one, too."""
        self._dropped_before[source] = source.frames_dropped
        source.open_tap(*self._settings)

    def leave(self, source: Source) -> None:
        """This one ends."""
        if source in self._dropped_before:
            source.close_tap()
            self._dropped += source.frames_dropped - self._dropped_before.pop(source)


class Taps:
    """Where a tap is opened; there is one at most."""

    def __init__(self, make_ring: MakeRing = PlainRing) -> None:
        self._make_ring = make_ring
        self.tap: Tap | None = None
        """Or None: then nothing is noted."""
        self._sources: list[Source] = []

    def open(self, head: bytes, *, one_in: int = 1, buffer_bytes: int) -> Tap:
        """Note exchanges from now on; raises ``Conflict`` when somebody does so already."""
        if self.tap is not None:
            raise Conflict("queries are tapped already")
        self.tap = Tap(self, self._make_ring, head, one_in, buffer_bytes)
        for source in self._sources:
            self.tap.join(source)
        return self.tap

    def closed(self, tap: Tap) -> None:
        """That one is closed."""
        if self.tap is tap:
            self.tap = None

    def add(self, source: Source) -> None:
        """A thread of the engine begins."""
        self._sources.append(source)
        if self.tap is not None:
            self.tap.join(source)

    def remove(self, source: Source) -> None:
        """It has ended."""
        self._sources.remove(source)
        if self.tap is not None:
            self.tap.leave(source)

    def wake(self) -> None:
        """A source that was empty may have something."""
        if self.tap is not None:
            self.tap.wake()
