"""Single answers, for a live view: nothing is taken while nobody looks."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from microdns_dns.protection.prefixes import octets_of

SAMPLES_MAX: Final = 4_096
"""Samples of the Python path that wait to be looked at; older ones make room."""
Sample = tuple[int, bytes, bytes, int, int]
"""How many queries it stands for, folded name, the client's 16 octets, type, rcode."""


class Samples:
    """Samples of all paths; nothing is taken while nobody looks."""

    def __init__(self) -> None:
        self.watchers = 0
        self.sources: list[Callable[[], Iterable[Sample]]] = []
        """The engine's, read when somebody looks."""
        self.switches: list[Callable[[bool], None]] = []
        """Told when the first comes to look, and when the last has gone."""
        self._taken: deque[Sample] = deque(maxlen=SAMPLES_MAX)

    def add(self, name: bytes, host: str, qtype: int, rcode: int) -> None:
        """Note an answer of the Python path, if anybody looks."""
        if self.watchers:
            self._taken.append((1, name, octets_of(host), qtype, rcode))

    def take(self) -> list[Sample]:
        """What came since the last time."""
        found = [sample for source in self.sources for sample in source()]
        while self._taken:
            found.append(self._taken.popleft())
        return found

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Samples are taken meanwhile."""
        self.watchers += 1
        self._switch()
        try:
            yield
        finally:
            self.watchers -= 1
            self._switch()

    def _switch(self) -> None:
        for switch in self.switches:
            switch(self.watchers > 0)
