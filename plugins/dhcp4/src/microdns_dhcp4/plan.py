"""What the catalogue says, compiled for answering: made anew when it changes."""

from collections.abc import Iterator
from typing import Any

from microdns.errors import Problem
from microdns_dhcp.catalogue import Catalogue
from microdns_dhcp.expression import BadExpression, Test
from microdns_dhcp.identifiers import CIRCUIT_ID, CLIENT_ID, HARDWARE, REMOTE_ID, keys_of
from microdns_dhcp.model import ClientClass, Pool, Reservation, Settings
from microdns_dhcp4.classify import compile_match
from microdns_dhcp4.exchange import Exchange
from microdns_dhcp4.message import names_field
from microdns_dhcp4.template import Template, values_of

TEMPLATES_MAX = 10_000
"""Kept templates: positions that clients are in."""
KINDS = {
    "mac": HARDWARE,
    "client_id": CLIENT_ID,
    "circuit_id": CIRCUIT_ID,
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
            (each, compile_match(each.match)) for each in catalogue.classes(4)
        ]
        present = {kind for each in catalogue.reservations(4) for kind, _ in keys_of(each)}
        self._kinds = tuple(KINDS[name] for name in identify_by if KINDS[name] in present)
        self._templates: dict[Position, Template] = {}
        self._plain: dict[str, Template] = {}
        """Those for clients of a pool that have neither reservation nor class."""
        self.by_class = any(pool.client_class for pool in catalogue.pools(4))
        """Whether any pool is kept for a class."""
        self.relays: dict[bytes, str] = {}
        """Relay agents outside of their clients' subnet, to that subnet."""
        for pool in catalogue.pools(4):
            for relay in pool.relays:
                self.relays[bytes(map(int, relay.split(".")))] = pool.subnet

    def identify(self, exchange: Exchange) -> None:
        """Find the classes of a client, and its reservation."""
        if self._classes:
            exchange.classes = tuple(each for each, test in self._classes if test(exchange))
        if self._kinds:
            exchange.reservation = self._reservation(exchange)

    def _reservation(self, exchange: Exchange) -> Reservation | None:
        """The client's reservation in its subnet; one without an address holds in all."""
        for kind in self._kinds:
            value = _identifier(exchange, kind)
            if not value:
                continue
            anywhere = None
            for each in self._catalogue.reserved_for(4, (kind, value)):
                if not each.ip:
                    anywhere = each
                elif _in_subnet(each, exchange):
                    return each
            if anywhere is not None:
                return anywhere
        return None

    def template(self, exchange: Exchange, pool: Pool | None) -> Template:
        """The parts of replies to this client with an address of that pool."""
        reservation = exchange.reservation
        if reservation is None and not exchange.classes and pool is not None:
            found = self._plain.get(pool.id)
            if found is None:
                found = self._plain[pool.id] = self._make(exchange, pool)
            return found
        position = (
            pool.id if pool is not None else exchange.arena.subnet.id,
            reservation.id if reservation is not None else "",
            tuple([each.name for each in exchange.classes]),
        )
        found = self._templates.get(position)
        if found is None:
            if len(self._templates) >= TEMPLATES_MAX:
                self._templates.clear()
            found = self._templates[position] = self._make(exchange, pool)
        return found

    def _make(self, exchange: Exchange, pool: Pool | None) -> Template:
        # An address outside of all ranges (reserved) is told what the subnet's first pool is.
        pools = exchange.arena.subnet.pools
        pool = pool or (pools[0] if pools else None)
        settings: list[Settings] = [*exchange.classes]
        if exchange.reservation is not None:
            settings.insert(0, exchange.reservation)
        if pool is not None:
            settings.append(pool)
        settings.append(self._catalogue.options(4))
        return Template(pool, settings, self._lease_time)


def _identifier(exchange: Exchange, kind: str) -> bytes:
    if kind == HARDWARE:
        return exchange.hardware
    if kind == CLIENT_ID:
        return exchange.message.options.get(61, b"")
    return exchange.circuit_id if kind == CIRCUIT_ID else exchange.remote_id


def _in_subnet(reservation: Reservation, exchange: Exchange) -> bool:
    address = bytes(map(int, reservation.ip.split(".")))
    for arena in exchange.link_arenas:
        if address in arena.subnet.reserved:
            exchange.arena = arena
            return True
    return False


def check(thing: Any) -> Iterator[Problem]:
    """What is wrong, for DHCPv4, with a pool, reservation, class or the options of all."""
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
        try:
            names_field(thing.server_name, thing.boot_file)
        except ValueError as error:
            yield Problem("boot_file", str(error))
