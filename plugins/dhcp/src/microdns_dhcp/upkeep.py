"""What happens to leases as time passes: expiry, purge, warnings, the clock's mark."""

import logging

import anyio

from microdns.clock import Clock
from microdns.errors import StorageFault
from microdns.events import Principal
from microdns.logs import LogEvents
from microdns.store import Store
from microdns_dhcp.arena import PoolInUse
from microdns_dhcp.book import LeaseBook
from microdns_dhcp.config import DhcpConfig
from microdns_dhcp.events import PoolUtilisation
from microdns_dhcp.leaseclock import save
from microdns_dhcp.metrics import DhcpMetrics

EVENTS = LogEvents("dhcp")
POOL_EXHAUSTED = EVENTS.error("pool.exhausted", "A pool has no free address left.")
POOL_HIGH = EVENTS.warn("pool.high", "A pool's use has passed `utilisation_high`.")
POOL_NORMAL = EVENTS.info("pool.normal", "A pool's use has fallen below `utilisation_normal`.")
CLOCK_JUMPED = EVENTS.warn(
    "clock.jumped",
    "The machine's clock was set. Leases are counted on as they were promised.",
)
UPKEEP_FAILED = EVENTS.error(
    "upkeep.failed",
    "Leases could not be expired or purged, which is tried again; or their time not be kept at the "
    "end, so that the next start goes on from the last mark, at most a minute earlier.",
)

TICK_SECONDS = 1.0
MARK_SECONDS = 60.0
_LEVELS = {"exhausted": POOL_EXHAUSTED, "high": POOL_HIGH, "normal": POOL_NORMAL}


class Upkeep:
    """The foundation's own task."""

    def __init__(
        self,
        book: LeaseBook,
        store: Store,
        clock: Clock,
        config: DhcpConfig,
        metrics: DhcpMetrics,
        actor: Principal,
        log: logging.Logger,
    ) -> None:
        self._book = book
        self._store = store
        self._clock = clock
        self._config = config
        self._metrics = metrics
        self._actor = actor
        self._log = log
        self._levels: dict[str, str] = {}
        self._next_purge = 0.0
        self._next_mark = 0.0

    async def run(self) -> None:
        """Tick until cancelled.  A fault of the store is waited out."""
        self._next_purge = self._clock.monotonic() + self._config.purge_interval
        while True:
            try:
                await self.tick()
            except StorageFault as error:
                UPKEEP_FAILED(self._log, "can't expire or purge leases: %s", error)
                await self._clock.sleep(MARK_SECONDS / 12)
            await self._clock.sleep(TICK_SECONDS)

    async def stop(self) -> None:
        """Keep lease time as it is now, so that the next start goes on from here."""
        self._book.clock.check()
        try:
            await save(self._store, self._book.clock)
        except StorageFault as error:
            UPKEEP_FAILED(
                self._log,
                "can't keep the time of leases, up to a minute is lived through again: %s",
                error,
            )

    async def tick(self) -> None:
        """One second's work."""
        await self._watch_clock()
        await self._book.expire_due()
        await self._watch_pools()
        now = self._clock.monotonic()
        if now >= self._next_purge:
            self._next_purge = now + self._config.purge_interval
            await self._book.purge(self._config.retention)
        await anyio.lowlevel.checkpoint()

    async def _watch_clock(self) -> None:
        jump = self._book.clock.check()
        now = self._clock.monotonic()
        if jump:
            self._metrics.clock_jumps.inc()
            CLOCK_JUMPED(self._log, "the clock was set by %+d s", jump, seconds=jump)
        if jump or now >= self._next_mark:
            self._next_mark = now + MARK_SECONDS
            await save(self._store, self._book.clock)

    async def _watch_pools(self) -> None:
        for arena in list(self._book.arenas.values()):
            for pool in arena.pools:
                level = self._level(pool)
                if level != self._levels.get(pool.pool.id, "normal"):
                    self._levels[pool.pool.id] = level
                    await self._tell(pool, level)

    def _level(self, pool: PoolInUse) -> str:
        """``exhausted``, ``high`` or ``normal``; between the thresholds it stays what it was."""
        free, size = pool.free.free, pool.free.size
        used = 100 * (size - free)
        if free == 0:
            return "exhausted"
        if used >= self._config.utilisation_high * size:
            return "high"
        if used < self._config.utilisation_normal * size:
            return "normal"
        before = self._levels.get(pool.pool.id, "normal")
        return "high" if before == "exhausted" else before

    async def _tell(self, pool: PoolInUse, level: str) -> None:
        used = pool.free.size - pool.free.free
        async with self._store.transaction(self._actor) as tx:
            tx.emit(
                PoolUtilisation(
                    pool=pool.pool.id,
                    subnet=pool.pool.subnet,
                    level=level,
                    used=used,
                    size=pool.free.size,
                )
            )
        _LEVELS[level](
            self._log,
            "pool %s is %s: %d of %d addresses in use",
            pool.pool.id,
            level,
            used,
            pool.free.size,
            pool=pool.pool.id,
            used=used,
            size=pool.free.size,
        )
