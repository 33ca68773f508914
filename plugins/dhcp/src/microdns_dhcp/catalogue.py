"""What may be given to whom: pools, reservations, classes and options of all families.

Two sources are joined.  The configuration file declares its part at every start, in memory only
(``source = "config"``, read-only through operations); operations keep theirs in the store.  A
flavour compiles what it finds here into a plan of its own, and again at every change: ``listen``.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import msgspec

from microdns.bus import Bus
from microdns.clock import Clock
from microdns.errors import Conflict, Invalid, NotFound, Problem
from microdns.events import Entry, Event
from microdns.operations import Call
from microdns.store import Collection, Store
from microdns_dhcp.arena import Subnet
from microdns_dhcp.events import (
    CATALOGUE_EVENTS,
    ClassCreated,
    ClassDeleted,
    ClassUpdated,
    GlobalOptionsChanged,
    PoolCreated,
    PoolDeleted,
    PoolUpdated,
    ReservationCreated,
    ReservationDeleted,
    ReservationUpdated,
)
from microdns_dhcp.identifiers import Key, keys_of
from microdns_dhcp.model import (
    CLASSES,
    CONFIG,
    GLOBALS,
    POOLS,
    RESERVATIONS,
    ClientClass,
    Family,
    GlobalOptions,
    Pool,
    Reservation,
    address_octets,
)
from microdns_dhcp.rules import (
    pool_clashes,
    pool_problems,
    reservation_clashes,
    reservation_problems,
)

replace = msgspec.structs.replace

T = TypeVar("T", bound=msgspec.Struct)

Check = Callable[[Any], Iterable[Problem]]
"""A flavour's own look at a pool, reservation or class: its options, its expression."""


class Catalogue:
    """Service of the foundation: the present pools, reservations, classes and options."""

    def __init__(self, store: Store, bus: Bus, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._declared: dict[Family, list[Any]] = {}
        self._checks: dict[Family, Check] = {}
        self._listeners: list[tuple[Family, Callable[[], None]]] = []
        self._pools: dict[str, Pool] = {pool.id: pool for pool in store.scan(POOLS)}
        self._reservations = {each.id: each for each in store.scan(RESERVATIONS)}
        self._classes = {(each.family, each.name): each for each in store.scan(CLASSES)}
        self._globals = {each.family: each for each in store.scan(GLOBALS)}
        self._by_key: dict[tuple[Family, Key], dict[str, Reservation]] = {}
        self._by_address: dict[str, str] = {}
        for reservation in self._reservations.values():
            self._remember(reservation)
        self.close = bus.tap(self._follow, types=CATALOGUE_EVENTS)

    # -- the file's part

    def declare(
        self,
        family: Family,
        *,
        pools: Iterable[Pool] = (),
        reservations: Iterable[Reservation] = (),
        classes: Iterable[ClientClass] = (),
        options: GlobalOptions | None = None,
        check: Check | None = None,
    ) -> None:
        """Take over what the configuration of a flavour says, in place of what it said before.

        ``check`` finds what is wrong, for that flavour, with things that operations bring.
        """
        self.retract(family)
        declared: list[Any] = [*pools, *reservations, *classes, *([options] if options else [])]
        self._declared[family] = declared
        if check is not None:
            self._checks[family] = check
        for each in declared:
            self._set(each)
        self._tell(family)

    def retract(self, family: Family) -> None:
        """Forget what the configuration of a flavour said."""
        for each in self._declared.pop(family, ()):
            self._unset(each)
        self._checks.pop(family, None)
        options = self._store.get(GLOBALS, bytes((family,)))
        if options is not None:
            self._globals[family] = options

    def listen(self, family: Family, changed: Callable[[], None]) -> Callable[[], None]:
        """Call ``changed`` after every change of a family; what is returned ends that."""
        listener = (family, changed)
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # -- looking

    def pools(self, family: Family | None = None) -> list[Pool]:
        """Pools, those of the file first."""
        return [pool for pool in self._pools.values() if family in (None, pool.family)]

    def reservations(self, family: Family | None = None) -> list[Reservation]:
        return [each for each in self._reservations.values() if family in (None, each.family)]

    def classes(self, family: Family | None = None) -> list[ClientClass]:
        return [each for each in self._classes.values() if family in (None, each.family)]

    def options(self, family: Family) -> GlobalOptions:
        """What all clients of a family are told."""
        return self._globals.get(family) or GlobalOptions(family=family)

    def reserved_for(self, family: Family, key: Key) -> Iterable[Reservation]:
        """The reservations of a client known by this identifier."""
        found = self._by_key.get((family, key))
        return found.values() if found else ()

    def subnets(self, family: Family) -> list[Subnet]:
        """The networks that the pools of a family lie in."""
        by_subnet: dict[str, list[Pool]] = {}
        for pool in self.pools(family):
            by_subnet.setdefault(pool.subnet, []).append(pool)
        reserved = frozenset(
            address_octets(text)
            for each in self.reservations(family)
            for text in (each.ip, each.prefix)
            if text
        )
        return [
            Subnet(id=subnet, family=family, pools=tuple(pools), reserved=within(reserved, subnet))
            for subnet, pools in by_subnet.items()
        ]

    def pool(self, id: str) -> Pool:
        """Raises NotFound."""
        return _found(self._pools.get(id), f"no pool {id}")

    def reservation(self, id: str) -> Reservation:
        """Raises NotFound."""
        return _found(self._reservations.get(id), f"no reservation {id}")

    def client_class(self, family: Family, name: str) -> ClientClass:
        """Raises NotFound."""
        return _found(self._classes.get((family, name)), f"no class {name} for IPv{family}")

    # -- changing, by operation

    async def put_pool(self, call: Call, pool: Pool, before: Pool | None) -> Pool:
        """Create a pool, or put it in place of ``before``.  Raises Invalid, Conflict."""
        problems = list(pool_problems(pool)) or list(pool_clashes(pool, self._pools.values()))
        self._raise(problems or self._checked(pool))
        now = self._clock.time_ns()
        pool = replace(pool, created_ns=before.created_ns if before else now, updated_ns=now)
        event: Event = PoolCreated(pool=pool)
        if before is not None:
            _writable(before)
            event = PoolUpdated(before=before, after=pool)
        await self._write(call, POOLS, pool, event)
        return pool

    async def delete_pool(self, call: Call, id: str) -> None:
        """Raises NotFound, Conflict for a pool of the file.  Its leases run out by themselves."""
        pool = _writable(self.pool(id))
        await self._delete(call, POOLS, id.encode(), PoolDeleted(pool=pool))

    async def put_reservation(
        self, call: Call, reservation: Reservation, before: Reservation | None
    ) -> Reservation:
        """Create a reservation, or put it in place of ``before``.  Raises Invalid, Conflict."""
        pools = self.pools(reservation.family)
        problems = list(reservation_problems(reservation, pools))
        if not problems:
            problems = list(reservation_clashes(reservation, self._rivals(reservation)))
        self._raise(problems or self._checked(reservation))
        now = self._clock.time_ns()
        created = before.created_ns if before else now
        reservation = replace(reservation, created_ns=created, updated_ns=now)
        event: Event = ReservationCreated(reservation=reservation)
        if before is not None:
            _writable(before)
            event = ReservationUpdated(before=before, after=reservation)
        await self._write(call, RESERVATIONS, reservation, event)
        return reservation

    async def delete_reservation(self, call: Call, id: str) -> None:
        """Raises NotFound, Conflict for a reservation of the file."""
        found = _writable(self.reservation(id))
        event = ReservationDeleted(reservation=found)
        await self._delete(call, RESERVATIONS, id.encode(), event)

    async def put_class(
        self, call: Call, client_class: ClientClass, before: ClientClass | None
    ) -> ClientClass:
        """Create a class, or put it in place of ``before``.  Raises Invalid, Conflict."""
        self._raise(self._checked(client_class))
        now = self._clock.time_ns()
        created = before.created_ns if before else now
        client_class = replace(client_class, created_ns=created, updated_ns=now)
        event: Event = ClassCreated(client_class=client_class)
        if before is not None:
            _writable(before)
            event = ClassUpdated(before=before, after=client_class)
        await self._write(call, CLASSES, client_class, event)
        return client_class

    async def delete_class(self, call: Call, family: Family, name: str) -> None:
        """Raises NotFound, Conflict for a class of the file."""
        found = _writable(self.client_class(family, name))
        key = CLASSES.key(found)
        await self._delete(call, CLASSES, key, ClassDeleted(client_class=found))

    async def put_options(self, call: Call, options: GlobalOptions) -> GlobalOptions:
        """Set what all clients of a family are told.  Raises Invalid; Conflict if the file says."""
        before = self._globals.get(options.family)
        if before is not None:
            _writable(before)
        self._raise(self._checked(options))
        options = replace(options, updated_ns=self._clock.time_ns())
        await self._write(
            call, GLOBALS, options, GlobalOptionsChanged(before=before, after=options)
        )
        return options

    def _rivals(self, reservation: Reservation) -> list[Reservation]:
        rivals = {
            each.id: each
            for key in keys_of(reservation)
            for each in self.reserved_for(reservation.family, key)
        }
        for text in (reservation.ip, reservation.prefix):
            holder = self._by_address.get(text)
            if holder is not None:
                rivals[holder] = self._reservations[holder]
        return list(rivals.values())

    def _checked(self, thing: Any) -> list[Problem]:
        check = self._checks.get(thing.family)
        return list(check(thing)) if check is not None else []

    @staticmethod
    def _raise(problems: Sequence[Problem]) -> None:
        if problems:
            raise Invalid.of(*problems)

    async def _write(
        self, call: Call, collection: Collection[Any], value: Any, event: Event
    ) -> None:
        async with self._store.transaction(call.principal, call.dry_run) as tx:
            tx.put(collection, value, call.if_version)
            tx.emit(event)

    async def _delete(
        self, call: Call, collection: Collection[Any], key: bytes, event: Event
    ) -> None:
        async with self._store.transaction(call.principal, call.dry_run) as tx:
            tx.delete(collection, key, call.if_version)
            tx.emit(event)

    # -- following the journal

    def _follow(self, entries: list[Entry]) -> None:
        families: set[Family] = set()
        for entry in entries:
            families.add(self._apply(entry.event))
        for family in families:
            self._tell(family)

    def _apply(self, event: Any) -> Family:
        match event:
            case PoolDeleted(pool=gone) | ReservationDeleted(reservation=gone):
                self._unset(gone)
                thing: Any = gone
            case ClassDeleted(client_class=thing):
                self._unset(thing)
            case PoolCreated(pool=thing) | ReservationCreated(reservation=thing):
                self._set(thing)
            case ClassCreated(client_class=thing):
                self._set(thing)
            case _:
                if event.before is not None:
                    self._unset(event.before)
                thing = event.after
                self._set(thing)
        family: Family = thing.family
        return family

    def _tell(self, family: Family) -> None:
        for wanted, changed in list(self._listeners):
            if wanted == family:
                changed()

    def _set(self, thing: Any) -> None:
        match thing:
            case Pool():
                self._pools[thing.id] = thing
            case Reservation():
                self._reservations[thing.id] = thing
                self._remember(thing)
            case ClientClass():
                self._classes[thing.family, thing.name] = thing
            case GlobalOptions():
                self._globals[thing.family] = thing

    def _unset(self, thing: Any) -> None:
        match thing:
            case Pool():
                self._pools.pop(thing.id, None)
            case Reservation():
                self._reservations.pop(thing.id, None)
                self._forget(thing)
            case ClientClass():
                self._classes.pop((thing.family, thing.name), None)
            case GlobalOptions():
                self._globals.pop(thing.family, None)

    def _remember(self, reservation: Reservation) -> None:
        for key in keys_of(reservation):
            of_client = self._by_key.setdefault((reservation.family, key), {})
            of_client[reservation.id] = reservation
        for text in filter(None, (reservation.ip, reservation.prefix)):
            self._by_address[text] = reservation.id

    def _forget(self, reservation: Reservation) -> None:
        for key in keys_of(reservation):
            of_client = self._by_key.get((reservation.family, key), {})
            of_client.pop(reservation.id, None)
            if not of_client:
                self._by_key.pop((reservation.family, key), None)
        for text in (reservation.ip, reservation.prefix):
            self._by_address.pop(text, None)


def within(addresses: Iterable[bytes], subnet: str) -> frozenset[bytes]:
    """Those of the addresses, and prefixes, that lie in a subnet."""
    bounds = Subnet(id=subnet, family=4)
    octets = 16 if ":" in subnet else 4
    low, high = bounds.first.to_bytes(octets, "big"), bounds.last.to_bytes(octets, "big")
    longest = octets + (octets == 16)
    return frozenset(
        each
        for each in addresses
        if octets <= len(each) <= longest and low <= each[:octets] <= high
    )


def _found(thing: T | None, otherwise: str) -> T:
    if thing is None:
        raise NotFound(otherwise)
    return thing


def _writable(thing: T) -> T:
    """The thing itself; raises Conflict when the file declares it."""
    if getattr(thing, "source", "") == CONFIG:
        raise Conflict("it is declared in the configuration file: change it there")
    return thing
