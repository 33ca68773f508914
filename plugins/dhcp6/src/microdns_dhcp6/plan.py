"""What the catalogue says, compiled for answering: made anew when it changes."""

from collections.abc import Iterator
from typing import Any

from microdns.errors import Problem
from microdns_dhcp.arena import Arena
from microdns_dhcp.catalogue import Catalogue
from microdns_dhcp.expression import BadExpression, Test
from microdns_dhcp.identifiers import CIRCUIT_ID, DUID, HARDWARE, REMOTE_ID, keys_of
from microdns_dhcp.model import ClientClass, Pool, Reservation, Settings, address_octets
from microdns_dhcp6.classify import compile_match
from microdns_dhcp6.exchange import Exchange
from microdns_dhcp6.template import Template, values_of

TEMPLATES_MAX = 10_000
"""Kept templates: positions that clients are in."""
KINDS = {
    "duid": DUID,
    "mac": HARDWARE,
    "interface_id": CIRCUIT_ID,
    "remote_id": REMOTE_ID,
}

Position = tuple[str, str, tuple[str, ...]]


class Plan:
    """Classes and reservations to look for, and the templates of replies."""

    def __init__(self, catalogue: Catalogue, identify_by: tuple[str, ...], lease_time: int) -> None:
        """``lease_time`` (seconds) holds where nothing in the catalogue says another."""
        self._catalogue = catalogue
        self._lease_time = lease_time
        self._classes: list[tuple[ClientClass, Test]] = [
            (each, compile_match(each.match)) for each in catalogue.classes(6)
        ]
        present = {kind for each in catalogue.reservations(6) for kind, _ in keys_of(each)}
        self._kinds = tuple(KINDS[name] for name in identify_by if KINDS[name] in present)
        self._templates: dict[Position, Template] = {}
        self._plain: dict[str, Template] = {}
        """Those for clients of a pool that have neither reservation nor class."""
        self.by_class = any(pool.client_class for pool in catalogue.pools(6))
        """Whether any pool is kept for a class."""
        self.relays: dict[bytes, list[str]] = {}
        """Link addresses outside of their subnet, to the subnets."""
        for pool in catalogue.pools(6):
            for relay in pool.relays:
                self.relays.setdefault(address_octets(relay), []).append(pool.subnet)

    def identify(self, exchange: Exchange) -> None:
        """Find the classes of a client, and its reservation."""
        if self._classes:
            exchange.classes = tuple(each for each, test in self._classes if test(exchange))
        if self._kinds:
            exchange.reservation = self._reservation(exchange)

    def _reservation(self, exchange: Exchange) -> Reservation | None:
        """The client's reservation on its link; one without an address holds on all."""
        for kind in self._kinds:
            value = _identifier(exchange, kind)
            if not value:
                continue
            anywhere = None
            for each in self._catalogue.reserved_for(6, (kind, value)):
                if not each.ip and not each.prefix:
                    anywhere = each
                elif _on_link(each, exchange):
                    return each
            if anywhere is not None:
                return anywhere
        return None

    def template(self, exchange: Exchange, arena: Arena | None, pool: Pool | None) -> Template:
        """The parts of replies to this client with an address of that pool."""
        reservation = exchange.reservation
        if reservation is None and not exchange.classes and pool is not None:
            found = self._plain.get(pool.id)
            if found is None:
                found = self._plain[pool.id] = self._make(exchange, arena, pool)
            return found
        subnet = "" if arena is None else arena.subnet.id
        position = (
            pool.id if pool is not None else subnet,
            reservation.id if reservation is not None else "",
            tuple([each.name for each in exchange.classes]),
        )
        found = self._templates.get(position)
        if found is None:
            if len(self._templates) >= TEMPLATES_MAX:
                self._templates.clear()
            found = self._templates[position] = self._make(exchange, arena, pool)
        return found

    def _make(self, exchange: Exchange, arena: Arena | None, pool: Pool | None) -> Template:
        # An address outside of all ranges (reserved) is told what the subnet's first pool is.
        pools = () if arena is None else arena.subnet.pools
        pool = pool or (pools[0] if pools else None)
        settings: list[Settings] = [*exchange.classes]
        if exchange.reservation is not None:
            settings.insert(0, exchange.reservation)
        if pool is not None:
            settings.append(pool)
        settings.append(self._catalogue.options(6))
        return Template(pool, settings, self._lease_time)


def _identifier(exchange: Exchange, kind: str) -> bytes:
    if kind == DUID:
        return exchange.duid
    if kind == HARDWARE:
        return exchange.find_hardware()
    return exchange.interface_id if kind == CIRCUIT_ID else exchange.remote_id


def _on_link(reservation: Reservation, exchange: Exchange) -> bool:
    """Whether what is reserved belongs to the client's link."""
    reserved = [address_octets(text) for text in (reservation.ip, reservation.prefix) if text]
    return any(each in arena.subnet.reserved for arena in exchange.link_arenas for each in reserved)


def check(thing: Any) -> Iterator[Problem]:
    """What is wrong, for DHCPv6, with a pool, reservation, class or the options of all."""
    if isinstance(thing, ClientClass):
        try:
            compile_match(thing.match)
        except BadExpression as error:
            yield Problem("match", str(error))
    if isinstance(thing, Settings):
        try:
            values_of(thing)
        except ValueError as error:
            yield Problem("options", str(error))
