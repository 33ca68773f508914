"""When to advertise on one interface: the timers and limits of RFC 4861 6.2.4 and 6.2.6.

Pure arithmetic on monotonic seconds; whoever owns it sends what is due, and says so.
"""

import random
from dataclasses import dataclass, field

MAX_INITIAL_RTR_ADVERT_INTERVAL = 16.0
MAX_INITIAL_RTR_ADVERTISEMENTS = 3
MAX_FINAL_RTR_ADVERTISEMENTS = 3
FINAL_DELAY_SECONDS = 0.2
"""Between final ones: a stop has no time for MIN_DELAY_BETWEEN_RAS, and nobody asks for them."""
MIN_DELAY_BETWEEN_RAS = 3.0
MAX_RA_DELAY_TIME = 0.5
RETRY_SECONDS = 1.0
UNICASTS_MAX = 64
"""Hosts that wait for an answer of their own; with more, all are told at once."""
NEVER = float("inf")


@dataclass
class Schedule:
    """``multicast_due`` is when all hosts are told next; ``unicasts``, who is told alone."""

    interval_min: float
    interval_max: float
    random: random.Random
    multicast_due: float = NEVER
    unicasts: dict[bytes, float] = field(default_factory=dict)
    last: float = -NEVER
    """When all hosts were told."""
    _initial: int = 0

    @property
    def due(self) -> float:
        """When something is to be sent next."""
        return min(self.multicast_due, min(self.unicasts.values(), default=NEVER))

    def changed(self, now: float) -> None:
        """What is told has begun or changed: tell it soon, and a few times (6.2.4)."""
        self._initial = MAX_INITIAL_RTR_ADVERTISEMENTS
        self._tell_all_by(now + self._delay(), now)

    def soon(self, now: float) -> None:
        """Tell all as soon as the limit of 6.2.6 allows."""
        self._tell_all_by(now, now)

    def solicited(self, now: float, host: bytes) -> bool:
        """A host asks (6.2.6); ``host`` is its address where it is to be told alone, else empty.

        False says that nothing was added, since what is due already answers it.
        """
        when = now + self._delay()
        if host and (host in self.unicasts or len(self.unicasts) < UNICASTS_MAX):
            return self.unicasts.setdefault(host, when) == when
        return self._tell_all_by(when, now)

    def sent_to_all(self, now: float) -> None:
        """All were told: each sending starts the interval anew (6.2.4)."""
        self.last = now
        # Whoever waited for an answer of its own has it with this one.
        self.unicasts.clear()
        interval = self.random.uniform(self.interval_min, self.interval_max)
        if self._initial:
            self._initial -= 1
        if self._initial:
            interval = min(interval, MAX_INITIAL_RTR_ADVERT_INTERVAL)
        self.multicast_due = now + interval

    def failed(self, now: float) -> None:
        """It could not be sent."""
        self.multicast_due = now + RETRY_SECONDS

    def hosts_due(self, now: float) -> list[bytes]:
        """The hosts to be told alone now; they are taken off the list."""
        found = [host for host, when in self.unicasts.items() if when <= now]
        for host in found:
            del self.unicasts[host]
        return found

    def _tell_all_by(self, when: float, now: float) -> bool:
        if now < self.last + MIN_DELAY_BETWEEN_RAS:
            when = self.last + MIN_DELAY_BETWEEN_RAS + self._delay()
        if when >= self.multicast_due:
            return False
        self.multicast_due = when
        return True

    def _delay(self) -> float:
        """So that routers on one link do not speak all at once."""
        return self.random.uniform(0, MAX_RA_DELAY_TIME)
