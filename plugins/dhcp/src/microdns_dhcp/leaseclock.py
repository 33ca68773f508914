"""The time that leases are counted in: the machine's, but for its jumps.

A lease is promised for so many seconds, whatever happens to the machine's clock.  So lease time
starts as Unix time and then follows the monotonic clock.  A jump of the wall clock, however
large, leaves lease time where it is and changes ``offset``, which is kept in the store: after a
restart lease time goes on from wall time plus offset, and never from before the last mark.
What passes while the process is down is taken from the wall clock; sleep of the machine is not
counted (leases last longer by it, never shorter).
"""

import msgspec

from microdns.clock import Clock
from microdns.store import Collection, Store

JUMP_SECONDS = 5
"""Differences up to this are drift, and followed."""
NS = 1_000_000_000


class ClockMark(msgspec.Struct, frozen=True):
    """``offset``: lease time minus wall time; ``seen``: lease time when it was written."""

    offset: int
    seen: int


CLOCK = Collection("dhcp.clock", ClockMark, key=lambda _mark: b"mark", journaled=False)


class LeaseClock:
    """Lease time in whole seconds."""

    def __init__(self, clock: Clock, mark: ClockMark | None = None) -> None:
        self._clock = clock
        self.offset = mark.offset if mark else 0
        """Lease time minus wall time, in seconds."""
        started = clock.time_ns() // NS + self.offset
        if mark and started < mark.seen:
            # The wall clock went back while nobody watched: go on from the mark.
            self.offset += mark.seen - started
            started = mark.seen
        self._base = started - clock.monotonic()

    def now(self) -> int:
        """Lease time."""
        return int(self._base + self._clock.monotonic())

    def wall(self, when: int) -> int:
        """Unix time for a lease time, by the machine's present clock."""
        return when - self.offset

    def check(self) -> int:
        """Follow the wall clock's drift; returns its jump in seconds, 0 for none."""
        offset = self.now() - self._clock.time_ns() // NS
        difference = offset - self.offset
        if abs(difference) <= JUMP_SECONDS:
            if difference < 0:  # forward only: lease time never goes back
                self._base -= difference
            return 0
        self.offset = offset
        return -difference

    def mark(self) -> ClockMark:
        """What to keep."""
        return ClockMark(self.offset, self.now())


async def save(store: Store, lease_clock: LeaseClock) -> None:
    """Keep the mark for the next start."""
    async with store.transaction() as tx:
        tx.put(CLOCK, lease_clock.mark())


def load(store: Store, clock: Clock) -> LeaseClock:
    """Lease time as it goes on from what was kept."""
    return LeaseClock(clock, store.get(CLOCK, b"mark"))
