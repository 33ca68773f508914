"""Holds back clients that ask too often."""

from collections import OrderedDict

from microdns.clock import Clock

CLIENTS_MAX = 10_000


class ClientRates:
    """A bucket of requests for each client address: it fills by ``per_second``, up to that many.

    Remembers the last ``CLIENTS_MAX`` clients, so that its memory is bounded.
    """

    def __init__(self, clock: Clock, per_second: int) -> None:
        self._clock = clock
        self._per_second = per_second
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str) -> bool:
        """Whether the client may ask once more now."""
        if not self._per_second:
            return True
        now = self._clock.monotonic()
        left, since = self._buckets.pop(client, (float(self._per_second), now))
        left = min(float(self._per_second), left + (now - since) * self._per_second)
        allowed = left >= 1
        self._buckets[client] = (left - 1 if allowed else left, now)
        if len(self._buckets) > CLIENTS_MAX:
            self._buckets.popitem(last=False)
        return allowed
