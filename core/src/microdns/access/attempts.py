"""Slows down whoever guesses keys."""

from collections import OrderedDict

from microdns.clock import Clock
from microdns.errors import Throttled

CLIENTS_MAX = 10_000


class AttemptLimiter:
    """Counts failed attempts per client; beyond ``failures_max`` in a window, it refuses.

    Remembers the last ``CLIENTS_MAX`` clients that failed, so that its memory is bounded.
    """

    def __init__(
        self, clock: Clock, *, failures_max: int = 10, window_seconds: float = 60.0
    ) -> None:
        self._clock = clock
        self._failures_max = failures_max
        self._window_seconds = window_seconds
        self._failures: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self.refused = 0
        """Attempts refused since the start."""

    def check(self, client: str) -> None:
        """Raise ``Throttled`` while the client has failed too often."""
        begin, count = self._failures.get(client, (0.0, 0))
        if count < self._failures_max:
            return
        left = begin + self._window_seconds - self._clock.monotonic()
        if left <= 0:
            del self._failures[client]
            return
        self.refused += 1
        raise Throttled(f"too many failed attempts; try again in {left:.0f} s")

    def failed(self, client: str) -> None:
        """Note a failed attempt."""
        now = self._clock.monotonic()
        begin, count = self._failures.pop(client, (now, 0))
        if now - begin >= self._window_seconds:
            begin, count = now, 0
        self._failures[client] = (begin, count + 1)
        if len(self._failures) > CLIENTS_MAX:
            self._failures.popitem(last=False)
