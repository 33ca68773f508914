"""What happens to leases, and to what they are made from."""

from typing import Any

from microdns.events import Event
from microdns.store import Collection, Past
from microdns_dhcp.model import (
    LEASES,
    ClientClass,
    GlobalOptions,
    Lease,
    Pool,
    Reservation,
    lease_key,
)
from microdns_dhcp.shown import (
    class_line,
    lease_line,
    lease_values,
    options_line,
    pool_line,
    reservation_line,
)


class LeaseEvent(Event, frozen=True, kw_only=True):
    """What happened to one lease; ``lease`` is what it has become, where it is not forgotten."""

    tells = (LEASES,)

    def undo(self, past: Past, collection: Collection[Any], only: str) -> None:
        """``only`` is an address or delegated prefix, as ``Lease.text`` has it."""
        lease, before = getattr(self, "lease", None), getattr(self, "before", None)
        if lease is not None and only in ("", lease.text):
            past.remove(LEASES, lease_key(lease.address))
        if before is not None and only in ("", before.text):
            past.put(LEASES, before)

    def headline(self) -> str:
        lease = getattr(self, "lease", None) or getattr(self, "before", None)
        return lease_line(lease) if isinstance(lease, Lease) else ""

    def values(self) -> dict[str, Any]:
        return {
            name: lease_values(value) if isinstance(value, Lease) else value
            for name, value in super().values().items()
        }


class LeaseGranted(LeaseEvent, frozen=True, kw_only=True, tag="lease.granted"):
    """A client got an address; ``before`` is the address's last lease, if one is remembered."""

    lease: Lease
    before: Lease | None = None


class LeaseRenewed(LeaseEvent, frozen=True, kw_only=True, tag="lease.renewed"):
    """The same client goes on; its name or relay may differ from before."""

    lease: Lease
    before: Lease


class LeaseReleased(LeaseEvent, frozen=True, kw_only=True, tag="lease.released"):
    """The client, or an operator for it, gave the address back."""

    lease: Lease
    before: Lease


class LeaseExpired(LeaseEvent, frozen=True, kw_only=True, tag="lease.expired"):
    """Its time ran out, or an operator ended it; also the end of a quarantine."""

    lease: Lease
    before: Lease


class LeaseDeclined(LeaseEvent, frozen=True, kw_only=True, tag="lease.declined"):
    """The client found the address in use: nobody gets it until ``lease.expires``."""

    lease: Lease
    before: Lease | None = None


class LeaseAbandoned(LeaseEvent, frozen=True, kw_only=True, tag="lease.abandoned"):
    """A probe of ours found the address in use: nobody gets it until ``lease.expires``."""

    lease: Lease
    before: Lease | None = None


class LeaseDeleted(LeaseEvent, frozen=True, kw_only=True, tag="lease.deleted"):
    """Forgotten: by an operator, or (``purged``) because it ended long ago."""

    before: Lease
    purged: bool = False


class RouteDelegated(Event, frozen=True, kw_only=True, tag="route.delegated"):
    """A prefix was delegated: routers need a route to it by its client, or by the relay agent
    that the client is behind.  ``expires`` is in seconds of Unix time but for jumps of the clock;
    4294967295 for a prefix delegated for ever."""

    prefix: str
    via: str
    interface: str
    expires: int
    link: str = ""
    """Link address of the relay agent; empty on our own link."""

    def headline(self) -> str:
        return f"{self.prefix} via {self.via} on {self.interface}"


class RouteWithdrawn(Event, frozen=True, kw_only=True, tag="route.withdrawn"):
    """A delegated prefix is its client's no more: the route is to go."""

    prefix: str
    via: str
    interface: str
    link: str = ""

    def headline(self) -> str:
        return f"{self.prefix} via {self.via} on {self.interface}"


class PoolCreated(Event, frozen=True, kw_only=True, tag="pool.created"):
    pool: Pool

    def headline(self) -> str:
        return pool_line(self.pool)


class PoolUpdated(Event, frozen=True, kw_only=True, tag="pool.updated"):
    before: Pool
    after: Pool

    def headline(self) -> str:
        return pool_line(self.after)


class PoolDeleted(Event, frozen=True, kw_only=True, tag="pool.deleted"):
    pool: Pool

    def headline(self) -> str:
        return pool_line(self.pool)


class PoolUtilisation(Event, frozen=True, kw_only=True, tag="pool.utilisation"):
    """A pool's use crossed a threshold: ``level`` is ``normal``, ``high`` or ``exhausted``."""

    pool: str
    subnet: str
    level: str
    used: int
    size: int

    def headline(self) -> str:
        return f"{self.subnet}: {self.level}, {self.used} of {self.size} in use"


class ReservationCreated(Event, frozen=True, kw_only=True, tag="reservation.created"):
    reservation: Reservation

    def headline(self) -> str:
        return reservation_line(self.reservation)


class ReservationUpdated(Event, frozen=True, kw_only=True, tag="reservation.updated"):
    before: Reservation
    after: Reservation

    def headline(self) -> str:
        return reservation_line(self.after)


class ReservationDeleted(Event, frozen=True, kw_only=True, tag="reservation.deleted"):
    reservation: Reservation

    def headline(self) -> str:
        return reservation_line(self.reservation)


class ClassCreated(Event, frozen=True, kw_only=True, tag="dhcp_class.created"):
    client_class: ClientClass

    def headline(self) -> str:
        return class_line(self.client_class)


class ClassUpdated(Event, frozen=True, kw_only=True, tag="dhcp_class.updated"):
    before: ClientClass
    after: ClientClass

    def headline(self) -> str:
        return class_line(self.after)


class ClassDeleted(Event, frozen=True, kw_only=True, tag="dhcp_class.deleted"):
    client_class: ClientClass

    def headline(self) -> str:
        return class_line(self.client_class)


class GlobalOptionsChanged(Event, frozen=True, kw_only=True, tag="dhcp_options.changed"):
    before: GlobalOptions | None
    after: GlobalOptions

    def headline(self) -> str:
        return options_line(self.after)


LEASE_EVENTS: tuple[type[Event], ...] = (
    LeaseGranted,
    LeaseRenewed,
    LeaseReleased,
    LeaseExpired,
    LeaseDeclined,
    LeaseAbandoned,
    LeaseDeleted,
)
CATALOGUE_EVENTS: tuple[type[Event], ...] = (
    PoolCreated,
    PoolUpdated,
    PoolDeleted,
    ReservationCreated,
    ReservationUpdated,
    ReservationDeleted,
    ClassCreated,
    ClassUpdated,
    ClassDeleted,
    GlobalOptionsChanged,
)
EVENTS: tuple[type[Event], ...] = (
    *LEASE_EVENTS,
    *CATALOGUE_EVENTS,
    PoolUtilisation,
    RouteDelegated,
    RouteWithdrawn,
)
