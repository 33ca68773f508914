"""Repeated records, counted instead of written: no stream of packets can fill a disk with log.

Records of one event from one logger (or, for unnamed records, from one line of code) share an
allowance per window.  What goes beyond it is counted, and summed up when the window has passed.
"""

from collections import OrderedDict
from dataclasses import dataclass

WINDOW_SECONDS = 60.0
KEYS_MAX = 1_000

Key = tuple[str, ...]


@dataclass
class Window:
    """What happened to one key since ``start`` (monotonic seconds)."""

    key: Key
    level: int
    start: float
    written: int = 0
    held_back: int = 0


class RepeatLimiter:
    """Decides which records are written.  ``repeats_max`` 0 lets everything pass."""

    def __init__(self, repeats_max: int, window_seconds: float = WINDOW_SECONDS) -> None:
        self.repeats_max = repeats_max
        self.window_seconds = window_seconds
        self.held_back_total = 0
        self._windows: OrderedDict[Key, Window] = OrderedDict()

    def allows(self, key: Key, level: int, now: float) -> bool:
        """Whether to write a record; call ``passed`` first."""
        if self.repeats_max <= 0:
            return True
        window = self._windows.get(key)
        if window is None:
            window = self._windows[key] = Window(key, level, now)
        if window.written < self.repeats_max:
            window.written += 1
            return True
        window.held_back += 1
        self.held_back_total += 1
        return False

    def passed(self, now: float) -> list[Window]:
        """Forget windows that are over (and the oldest beyond ``KEYS_MAX``).

        Returns those that held something back: each is to be summed up in a record.
        """
        ended = []
        while self._windows:
            oldest = next(iter(self._windows.values()))
            over = now - oldest.start >= self.window_seconds
            if not over and len(self._windows) < KEYS_MAX:
                break
            self._windows.popitem(last=False)
            ended.append(oldest)
        return [window for window in ended if window.held_back]

    def end(self) -> list[Window]:
        """Forget all windows; returns those that held something back."""
        ended = [window for window in self._windows.values() if window.held_back]
        self._windows.clear()
        return ended
