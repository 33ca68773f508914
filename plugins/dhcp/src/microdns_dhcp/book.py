"""The lease book: every lease of every subnet, in the store and in memory.

Whatever changes a lease goes through ``commit``: one transaction for any number of changes, each
with its event.  Memory follows by a tap on the journal: once a change is durable, and before
whoever made it goes on, the arenas know it.  So what a client was told is always on disk, and one
path keeps memory right, whoever made the change.
"""

import gc
import logging
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, groupby, islice
from operator import attrgetter
from typing import Any

import anyio
import anyio.lowlevel
import msgspec

from microdns.bus import Bus
from microdns.events import Entry, Event, Principal
from microdns.store import Reader, Store
from microdns_dhcp.arena import Arena, Subnet
from microdns_dhcp.events import (
    LEASE_EVENTS,
    LeaseAbandoned,
    LeaseDeclined,
    LeaseDeleted,
    LeaseExpired,
    LeaseGranted,
    LeaseReleased,
    LeaseRenewed,
)
from microdns_dhcp.keeping import ImageKeeper
from microdns_dhcp.leaseclock import LeaseClock
from microdns_dhcp.model import (
    ACTIVE,
    DECLINED,
    ENDED,
    EXPIRED,
    INFINITE,
    LEASES,
    RELEASED,
    Binding,
    Lease,
    lease_key,
)
from microdns_dhcp.routes import PREFIX_OCTETS, route_events
from microdns_dhcp.wheel import Wheel

replace = msgspec.structs.replace

_state = attrgetter("state")
_expires = attrgetter("expires")

EXPIRED_AT_ONCE = 500
PURGED_AT_ONCE = 500


class Change:
    """One event about one lease, and what becomes of it in the store (None: deleted)."""

    __slots__ = ("event", "lease")

    def __init__(self, event: Event, lease: Lease | None) -> None:
        self.event = event
        self.lease = lease


def leases_of(reader: Reader, family: int | None = None) -> Iterator[Lease]:
    """All leases that a reader sees, by address."""
    prefixes = {4: (b"\x04",), 6: (b"\x10", b"\x11")}.get(family or 0, (b"",))
    for prefix in prefixes:
        yield from reader.scan(LEASES, prefix)


class LeaseBook:
    """Service of the foundation: where leases are looked up and changed."""

    def __init__(
        self,
        store: Store,
        clock: LeaseClock,
        actor: Principal,
        log: logging.Logger,
        image: ImageKeeper,
    ) -> None:
        self.clock = clock
        self.arenas: dict[str, Arena] = {}
        self.strays: dict[bytes, Binding] = {}
        """Bindings whose address lies in no subnet now."""
        self._store = store
        self._actor = actor
        self._log = log
        self._image = image
        self._untimed: deque[list[Binding]] = deque()
        """Bindings read at the start that are not in the wheel yet."""
        self._wheel: Wheel[Binding] = Wheel()
        self._expiring = anyio.Lock()
        self._ended: deque[tuple[int, bytes]] = deque()
        self._ranges: dict[int, tuple[list[int], list[Arena]]] = {4: ([], []), 16: ([], [])}
        self._counts: dict[str, int] = {}
        self._untap: Callable[[], None] = lambda: None

    # -- subnets

    def arena_of(self, address: bytes) -> Arena | None:
        """The arena whose subnet holds an address (or prefix)."""
        octets = 4 if len(address) == 4 else 16
        firsts, arenas = self._ranges[octets]
        number = int.from_bytes(address[:octets], "big")
        at = bisect_right(firsts, number) - 1
        if at >= 0 and number <= arenas[at].subnet.last:
            return arenas[at]
        return None

    def configure(self, family: int, subnets: Iterable[Subnet]) -> None:
        """These are the subnets of a family from now on; leases stay with their addresses.

        Arenas of subnets that have not changed are left alone.  Offers of the others are
        forgotten: their clients ask again.
        """
        wanted = {subnet.id: subnet for subnet in subnets}
        homeless = self._retire(family, wanted)
        fresh = [Arena(subnet) for subnet in wanted.values() if subnet.id not in self.arenas]
        self.arenas.update((arena.subnet.id, arena) for arena in fresh)
        self._index(family)
        self._settle(homeless, fresh)

    def _retire(self, family: int, wanted: dict[str, Subnet]) -> list[Binding]:
        """Take out arenas that are gone or have changed; gives their bindings, and strays."""
        homeless: list[Binding] = []
        for arena in list(self.arenas.values()):
            if arena.subnet.family != family:
                continue
            subnet = wanted.get(arena.subnet.id)
            if subnet is None or not arena.refresh(subnet):
                del self.arenas[arena.subnet.id]
                homeless.extend(arena.all_bindings())
        octets = [4] if family == 4 else [16, 17]
        strays = [each for each in self.strays.values() if len(each.address) in octets]
        for binding in strays:
            del self.strays[binding.address]
        return homeless + strays

    def _index(self, family: int) -> None:
        arenas = [arena for arena in self.arenas.values() if arena.subnet.family == family]
        arenas.sort(key=lambda arena: arena.subnet.first)
        firsts = [arena.subnet.first for arena in arenas]
        self._ranges[4 if family == 4 else 16] = (firsts, arenas)

    def _settle(self, homeless: list[Binding], fresh: list[Arena]) -> None:
        """Bring bindings to the arenas that are new; none of them has any yet."""
        homeless.sort(key=lambda binding: lease_key(binding.address))
        for arena, bindings in self._by_arena([homeless]):
            if arena is None:
                self.strays.update((binding.address, binding) for binding in bindings)
            else:
                arena.load(bindings)
        for arena in fresh:
            arena.loaded()

    # -- starting

    def start(self, bus: Bus) -> None:
        """Read all leases into the arenas, and follow the journal from here on.

        Runs when all subnets are known, and before anything can change a lease.
        """
        enabled = gc.isenabled()
        # Bindings are no garbage, and looking for some among a million takes seconds.
        gc.disable()
        try:
            self._load()
            gc.freeze()  # nor are they later, and other garbage is found without looking at them
        finally:
            if enabled:
                gc.enable()
        self._untap = bus.tap(self._follow, types=LEASE_EVENTS)

    async def keep_image(self) -> None:
        """Write the image of the leases from time to time, until cancelled."""
        await self._image.run(self)

    async def close(self) -> None:
        """Follow the journal no longer, and make the next start a quick one."""
        self._untap()
        gc.unfreeze()
        await self._image.save(self, stopping=True)

    def _load(self) -> None:
        ended: list[Binding] = []
        for arena, bindings in self._by_arena(self._image.load() or self._all_read()):
            timed = bindings
            if not ENDED.isdisjoint(map(_state, bindings)):
                timed = [each for each in bindings if each.state not in ENDED]
                ended.extend(each for each in bindings if each.state in ENDED)
            self._untimed.append(timed)
            if arena is None:
                self.strays.update((binding.address, binding) for binding in bindings)
            else:
                arena.load(bindings)
        for arena in self.arenas.values():
            arena.loaded()
        ended.sort(key=_expires)
        self._ended.extend((each.expires, each.address) for each in ended)

    def _all_read(self) -> Iterator[list[Binding]]:
        """All bindings from the store, in order."""
        for bindings in self._store.load_as(LEASES, Binding):
            self._image.read_instead(bindings)
            yield bindings

    def _by_arena(
        self, chunks: Iterable[list[Binding]]
    ) -> Iterator[tuple[Arena | None, list[Binding]]]:
        """Bindings in order of their keys, in groups of one arena, which come in this order too.

        Most chunks lie in one arena from end to end.
        """
        for chunk in chunks:
            if not chunk:
                continue
            first, last = chunk[0].address, chunk[-1].address
            arena = self.arena_of(first)
            if arena is not None and len(first) == len(last) and self.arena_of(last) is arena:
                yield arena, chunk
            else:
                for arena, group in groupby(chunk, lambda each: self.arena_of(each.address)):
                    yield arena, list(group)

    # -- looking

    def binding(self, address: bytes) -> Binding | None:
        """Who has, or last had, an address."""
        arena = self.arena_of(address)
        return self.strays.get(address) if arena is None else arena.binding(address)

    def all_bindings(self) -> Iterable[Binding]:
        """The bindings of all addresses that have one, in no order."""
        return chain(
            self.strays.values(), *(arena.all_bindings() for arena in self.arenas.values())
        )

    def lease(self, address: bytes) -> Lease | None:
        """The whole lease of an address."""
        return self._store.get(LEASES, lease_key(address))

    def leases(self, family: int | None = None) -> Iterator[Lease]:
        """All leases, by address."""
        return leases_of(self._store, family)

    # -- changing

    async def commit(
        self, changes: Sequence[Change], actor: Principal | None = None, dry_run: bool = False
    ) -> None:
        """Make changes durable, all or none; memory knows them when this returns.

        Raises StorageFault, and then nothing has happened.
        """
        async with self._store.transaction(actor or self._actor, dry_run) as tx:
            put, emit = tx.put, tx.emit
            for change in changes:
                lease, event = change.lease, change.event
                if lease is not None:
                    put(LEASES, lease)
                else:
                    assert isinstance(event, LeaseDeleted)  # noqa: S101  (the only one without)
                    lease = event.before
                    tx.delete(LEASES, lease_key(lease.address))
                emit(event)
                if len(lease.address) == PREFIX_OCTETS:
                    for route in route_events(event):
                        emit(route)

    def grant(self, lease: Lease, arena: Arena | None = None) -> Change:
        """The change by which a client gets or keeps an address, in ``arena`` if that is known."""
        address = lease.address
        known = self.binding(address) if arena is None else arena.binding(address)
        if known is None:
            return Change(LeaseGranted(lease=lease), lease)
        before = self.lease(address)
        if before is not None and before.state == ACTIVE and before.client == lease.client:
            lease = replace(lease, started=before.started)
            return Change(LeaseRenewed(lease=lease, before=before), lease)
        return Change(LeaseGranted(lease=lease, before=before), lease)

    def release(self, before: Lease) -> Change:
        """The change by which a client gives its address back."""
        lease = replace(before, state=RELEASED, expires=self.clock.now())
        return Change(LeaseReleased(lease=lease, before=before), lease)

    def expire(self, before: Lease) -> Change:
        """The change by which a lease, or a quarantine, ends."""
        lease = replace(before, state=EXPIRED, expires=self.clock.now())
        return Change(LeaseExpired(lease=lease, before=before), lease)

    def quarantine(self, lease: Lease, before: Lease | None) -> Change:
        """The change that keeps an address from everybody; the state says for which reason."""
        kind = LeaseDeclined if lease.state == DECLINED else LeaseAbandoned
        return Change(kind(lease=lease, before=before), lease)

    def delete(self, before: Lease, purged: bool = False) -> Change:
        """The change by which a lease is forgotten."""
        return Change(LeaseDeleted(before=before, purged=purged), None)

    # -- as time passes

    async def expire_due(self) -> int:
        """End leases whose time is up; returns how many.

        When it returns they have all ended, also those that another caller had begun to end.
        """
        async with self._expiring:
            return await self._expire_due()

    async def _read_on(self) -> None:
        """What the start has left, since no client needs to wait for it."""
        while self._untimed:
            self._wheel.add_all(self._untimed.popleft(), _expires, INFINITE)
            await anyio.lowlevel.checkpoint()
        for arena in list(self.arenas.values()):
            while arena.read_on():
                await anyio.lowlevel.checkpoint()

    async def _expire_due(self) -> int:
        await self._read_on()
        now = self.clock.now()
        expired = 0
        while due := self._wheel.due(now, EXPIRED_AT_ONCE):
            changes = [change for each in due if (change := self._expiry(each, now))]
            if changes:
                try:
                    await self.commit(changes)
                except BaseException:
                    for each in due:  # nothing happened: try again later
                        self._wheel.add(now + 5, each)
                    raise
                expired += len(changes)
        for arena in self.arenas.values():
            arena.expire_offers(now)
        return expired

    def _expiry(self, timed: Binding, now: int) -> Change | None:
        """The end of the lease that a timer stood for; None when it went on or ended since."""
        binding = self.binding(timed.address)
        if binding is None or binding.state in ENDED or binding.expires == INFINITE:
            return None
        if binding.expires > now:
            self._wheel.add(binding.expires, binding)
            return None
        arena = self.arena_of(timed.address)
        if arena is not None and timed.address in arena.held:
            self._wheel.add(now + 1, binding)  # being renewed at this moment
            return None
        lease = self.lease(timed.address)
        return None if lease is None else self.expire(lease)

    async def purge(self, retention_seconds: float) -> int:
        """Forget leases that ended longer ago than that; returns how many."""
        horizon = self.clock.now() - int(retention_seconds)
        purged = 0
        while self._ended and self._ended[0][0] <= horizon:
            changes = list(islice(self._purgeable(horizon), PURGED_AT_ONCE))
            if changes:
                await self.commit(changes)
                purged += len(changes)
        return purged

    def _purgeable(self, horizon: int) -> Iterator[Change]:
        while self._ended and self._ended[0][0] <= horizon:
            ended, address = self._ended.popleft()
            binding = self.binding(address)
            if binding is None or binding.state not in ENDED or binding.expires != ended:
                continue
            lease = self.lease(address)
            if lease is not None:
                yield self.delete(lease, purged=True)

    # -- following the journal

    def _follow(self, entries: list[Entry]) -> None:
        counts = self._counts
        for entry in entries:
            event: Any = entry.event
            counts[entry.type] = counts.get(entry.type, 0) + 1
            if type(event) is LeaseDeleted:
                self._removed(event.before.address)
            else:
                self._put(event.lease)

    def _put(self, lease: Lease) -> None:
        address, state, expires = lease.address, lease.state, lease.expires
        arena = self.arena_of(address)
        self._image.changed.add(address)
        before = self.strays.get(address) if arena is None else arena.binding(address)
        timed = before is not None and before.state not in ENDED and before.expires <= expires
        if arena is None:
            binding = self.strays[address] = Binding(address, lease.client, state, expires)
        else:
            binding = arena.put(address, lease.client, state, expires)
        if state in ENDED:
            self._ended.append((expires, address))
        elif not timed and expires != INFINITE:
            self._wheel.add(expires, binding)

    def _removed(self, address: bytes) -> None:
        self._image.changed.add(address)
        arena = self.arena_of(address)
        if arena is None:
            self.strays.pop(address, None)
        else:
            arena.remove(address)

    def count(self, kind: type[Event]) -> int:
        """How many events of a kind have been followed since the start."""
        return self._counts.get(str(kind.__struct_config__.tag), 0)
