"""What a lease should have in DNS, before anybody looks at what is there."""

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from microdns.errors import NotFound
from microdns_dhcp.catalogue import Catalogue
from microdns_dhcp.model import ACTIVE, INFINITE, Lease, Reservation
from microdns_dns import names
from microdns_registration.config import RegistrationConfig
from microdns_registration.model import BLOCKED, RESERVED
from microdns_registration.names import (
    GeneratedNames,
    cut_of_subnet,
    host_label,
    host_name,
    reverse_cut,
)


class Place(msgspec.Struct, frozen=True):
    """A zone, and whether it may be made: ``name`` on the wire, ``text`` absolute."""

    name: bytes
    text: str
    make: bool


class Wish(msgspec.Struct, frozen=True, gc=False):
    """What a lease should have: the first of ``hosts`` (relative to the zone) that it can.

    ``reserved`` says that the first is a reservation's.  ``barred`` and ``because`` tell of a name
    that policy refuses.  Without ``forward`` the client registers its address itself, and
    ``target`` is the name that its PTR gives.
    """

    hosts: tuple[str, ...]
    ttl: int
    reserved: bool = False
    barred: str = ""
    because: str = ""
    forward: bool = True
    target: str = ""


@dataclass
class Policy:
    """The configuration, applied to leases; ``stale`` is to be called when pools change."""

    config: RegistrationConfig
    catalogue: Catalogue
    _places: dict[tuple[str, str], Place | None] = field(default_factory=dict)
    _reserved: dict[str, set[str]] | None = None

    def __post_init__(self) -> None:
        config = self.config
        self._generated = GeneratedNames(config.generated_name)
        self._blocked = frozenset(config.blocked_names)
        explicit = [config.reverse_zone_v4, config.reverse_zone_v6]
        places = [_place(zone, config.create_zones) for zone in explicit if zone]
        self._reverse = [place for place in places if place is not None]

    def listen(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Forget what was derived from pools and reservations when they change, and tell."""

        def stale() -> None:
            self._places.clear()
            self._reserved = None
            changed()

        ends = [self.catalogue.listen(4, stale), self.catalogue.listen(6, stale)]

        def end() -> None:
            for each in ends:
                each()

        return end

    # -- where

    def forward(self, lease: Lease) -> Place | None:
        """The zone for a lease's name: its pool's, its subnet's, the one for all."""
        key = lease.pool, lease.subnet
        if key not in self._places:
            self._places[key] = self._find_forward(lease)
        return self._places[key]

    def _find_forward(self, lease: Lease) -> Place | None:
        pools = [pool for pool in self.catalogue.pools() if pool.subnet == lease.subnet]
        pools.sort(key=lambda pool: pool.id != lease.pool)  # its own one first
        named = [pool.zone for pool in pools if pool.zone] + [self.config.forward_zone]
        place = next((_place(zone, self.config.create_zones) for zone in named if zone), None)
        if place is not None:
            return place
        domains = [pool.domain for pool in pools if pool.domain]
        return _place(domains[0], make=False) if domains else None

    def declared_reverse(self, reverse: bytes) -> Place | None:
        """The configured zone that a reverse name lies in."""
        for place in self._reverse:
            if names.is_subdomain(reverse, place.name):
                return place
        return None

    def cut(self, lease: Lease) -> Place:
        """The reverse zone to be made for a lease where there is none."""
        config = self.config
        bits = config.reverse_cut_v4 if lease.family == 4 else config.reverse_cut_v6
        name = reverse_cut(lease.address, bits or cut_of_subnet(lease.subnet))
        return Place(name, names.to_text(name), config.create_zones)

    # -- what

    def wish(self, lease: Lease | None, place: Place | None) -> Wish | None:
        """What a lease should have with ``place`` as its zone; None for nothing."""
        if lease is None or lease.state != ACTIVE or len(lease.address) == 17:
            return None
        if lease.dns == "none" and self.config.obey_no_update:
            return None
        if lease.dns == "client":
            return Wish((), self.ttl(lease), forward=False, target=_absolute(lease.fqdn))
        if place is None:
            return None
        reservation = self._reservation(lease)
        if reservation is not None and reservation.hostname:
            own = host_name(reservation.hostname, place.text)
            return self._with_generated(lease, own, reserved=True)
        return self._of_client(lease)

    def _of_client(self, lease: Lease) -> Wish:
        own = self._said(lease) if self.config.client_names else ""
        because = self._refusal(lease, own) if own else ""
        if because:
            return self._with_generated(lease, "", barred=own, because=because)
        return self._with_generated(lease, own)

    def _said(self, lease: Lease) -> str:
        """The name that the client gave itself."""
        return host_label(lease.fqdn) or host_label(lease.hostname)

    def _refusal(self, lease: Lease, label: str) -> str:
        if label in self._blocked:
            return BLOCKED
        generated = self._generated
        if generated.like(label) and label != generated.name(lease.address, lease.hardware):
            return BLOCKED
        owners = self._reserved_names().get(label)
        return RESERVED if owners and lease.reservation not in owners else ""

    def _with_generated(
        self, lease: Lease, own: str, *, reserved: bool = False, barred: str = "", because: str = ""
    ) -> Wish:
        hosts = [own] if own else []
        if self.config.generate:
            generated = self._generated.name(lease.address, lease.hardware)
            hosts += [generated] if generated != own else []
        return Wish(tuple(hosts), self.ttl(lease), reserved and bool(own), barred, because)

    def ttl(self, lease: Lease) -> int:
        """The TTL of a lease's records, in seconds."""
        config = self.config
        if not config.ttl_percent:
            return config.default_ttl
        if lease.duration == INFINITE:
            return config.ttl_max
        share = lease.duration * config.ttl_percent // 100
        return max(config.ttl_min, min(config.ttl_max, share))

    def _reservation(self, lease: Lease) -> Reservation | None:
        if not lease.reservation:
            return None
        try:
            return self.catalogue.reservation(lease.reservation)
        except NotFound:
            return None

    def _reserved_names(self) -> dict[str, set[str]]:
        """The ids of the reservations that have each name (its first label)."""
        if self._reserved is None:
            self._reserved = {}
            for each in self.catalogue.reservations():
                if each.hostname:
                    self._reserved.setdefault(host_label(each.hostname), set()).add(each.id)
        return self._reserved


def _place(zone: str, make: bool) -> Place | None:
    try:
        return Place(names.fold(names.from_text(zone)), names.to_text(names.from_text(zone)), make)
    except ValueError:
        return None  # a pool's `domain` may be any text


def _absolute(fqdn: str) -> str:
    """A whole name that a client gave, or nothing where it gave none."""
    if "." not in fqdn.strip("."):
        return ""
    try:
        return names.to_text(names.from_input(fqdn))
    except ValueError:
        return ""
