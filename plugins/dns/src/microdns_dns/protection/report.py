"""Saying that responses are limited: once in a while, not for each."""

import logging
from typing import Final

from microdns.clock import Clock
from microdns_dns.logevents import RATE_LIMITED
from microdns_dns.metrics import DnsMetrics

EVERY_SECONDS: Final = 60.0


class LimitReport:
    """Looks at what was counted, and logs what is new, at most once a minute."""

    def __init__(self, metrics: DnsMetrics, clock: Clock, log: logging.Logger) -> None:
        self._metrics = metrics
        self._clock = clock
        self._log = log
        self._told = (0.0, 0.0, 0.0)
        self._next = 0.0

    def tell(self) -> None:
        """Log if there is something new to say, and the time for it has come."""
        now = self._clock.monotonic()
        if now < self._next:
            return
        self._metrics.bring()
        total = self._metrics.limited_total()
        if total == self._told:
            return
        dropped, slipped, logged = (
            int(now - before) for now, before in zip(total, self._told, strict=True)
        )
        RATE_LIMITED(
            self._log,
            "responses over the rates of dns.rate_limit: %d dropped, %d truncated, %d only logged",
            dropped,
            slipped,
            logged,
            dropped=dropped,
            slipped=slipped,
            logged=logged,
        )
        self._told, self._next = total, now + EVERY_SECONDS
