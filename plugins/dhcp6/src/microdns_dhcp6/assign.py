"""Which address or prefix each IA of a message gets (RFC 8415 sections 18.3.1 to 18.3.5).

What is chosen is held for the client in its arena: the caller commits it, offers it, or lets go.
"""

from collections.abc import Callable

from microdns_dhcp.arena import Arena
from microdns_dhcp.book import LeaseBook
from microdns_dhcp.commit import CommitQueue
from microdns_dhcp.model import ACTIVE, Pool, address_octets, client6
from microdns_dhcp6.exchange import Exchange
from microdns_dhcp6.message import (
    IA_PD,
    IA_TA,
    NO_ADDRS,
    NO_BINDING,
    NO_PREFIX,
    NOT_ON_LINK,
    Ia,
    ia_of,
    ia_with,
    item_octets,
    status,
)
from microdns_dhcp6.plan import Plan
from microdns_dhcp6.template import Template


class Assigned:
    """What becomes of one IA: ``item`` with its arena and template, or a ready status."""

    __slots__ = ("arena", "client", "gone", "ia", "item", "pool", "refusal", "template")

    def __init__(self, ia: Ia, client: bytes) -> None:
        self.ia = ia
        self.client = client
        self.item = b""
        self.arena: Arena | None = None
        self.template: Template | None = None
        self.pool: Pool | None = None
        self.refusal = b""
        self.gone: tuple[bytes, ...] = ()
        """Addresses that the client is to stop using."""

    def octets(self, t1: int, t2: int) -> bytes:
        """The IA option of the reply."""
        ia = self.ia
        template = self.template
        if template is None:
            ended = b"".join([item_octets(ia.kind, item, 0, 0) for item in self.gone])
            return ia_of(ia.kind, ia.iaid, 0, 0, ended or self.refusal)
        if not self.gone:
            return ia_with(ia.kind, ia.iaid, t1, t2, self.item, template.preferred, template.valid)
        parts = item_octets(ia.kind, self.item, template.preferred, template.valid)
        parts += b"".join([item_octets(ia.kind, item, 0, 0) for item in self.gone])
        return ia_of(ia.kind, ia.iaid, t1, t2, parts)


NOTHING = {
    True: status(NO_PREFIX, "no prefixes available"),
    False: status(NO_ADDRS, "no addresses available"),
}
"""By whether it is a prefix that was asked for."""
_NOT_ON_LINK = status(NOT_ON_LINK, "not of this link")
_NO_BINDING = status(NO_BINDING, "no such binding")


class Assigner:
    """Finds addresses and prefixes for the IAs of a message."""

    def __init__(self, book: LeaseBook, plan: Plan, queue: CommitQueue) -> None:
        self._book = book
        self._plan = plan
        self._queue = queue

    def choose(self, exchange: Exchange) -> list[Assigned]:
        """For a SOLICIT: whatever suits each IA best."""
        return self._each(exchange, self._choose)

    def request(self, exchange: Exchange) -> list[Assigned]:
        """For a REQUEST: what each IA names if that can be, else something else."""
        return self._each(exchange, self._request)

    def prolong(self, exchange: Exchange, known_only: bool) -> list[Assigned]:
        """For a RENEW or REBIND; ``known_only`` leaves alone what this server has not leased."""
        return self._each(
            exchange, lambda x, each, reserved: self._prolong(x, each, reserved, known_only)
        )

    def claim_chosen(self, exchange: Exchange, assigned: list[Assigned]) -> None:
        """What ``choose`` found is to be leased at once."""
        for each in assigned:
            if each.arena is not None:
                self._hold(exchange, each)

    def _each(
        self, exchange: Exchange, find: Callable[[Exchange, Assigned, bytes], None]
    ) -> list[Assigned]:
        ias = exchange.message.ias
        reservation = exchange.reservation
        if len(ias) == 1 and reservation is None and ias[0].kind != IA_TA:
            # Nearly all of them.
            only = Assigned(ias[0], client6(ias[0].kind, ias[0].iaid, exchange.duid))
            find(exchange, only, b"")
            return [only]
        found = []
        left = {IA_PD: b"", 3: b""}
        if reservation is not None:
            # One address and one prefix: for the first IA of its kind.
            left[IA_PD] = address_octets(reservation.prefix) if reservation.prefix else b""
            left[3] = address_octets(reservation.ip) if reservation.ip else b""
        seen: set[bytes] = set()
        for ia in ias:
            client = client6(ia.kind, ia.iaid, exchange.duid)
            if client in seen:
                continue  # the same IA twice: the first counts
            seen.add(client)
            each = Assigned(ia, client)
            if ia.kind == IA_TA:
                each.refusal = NOTHING[False]  # temporary addresses are the client's own affair
            else:
                reserved, left[ia.kind] = left[ia.kind], b""
                find(exchange, each, reserved)
            found.append(each)
        return found

    # -- one IA

    def _choose(self, exchange: Exchange, each: Assigned, reserved: bytes) -> None:
        if reserved:
            arena = self.arena_on_link(exchange, reserved)
            if arena is not None and arena.claim_reserved(each.client, reserved):
                self._settle(exchange, each, arena, reserved)
                return
        wanted = each.ia.items[0] if each.ia.items else b""
        allowed = _allowed(exchange, each.ia, self._plan.by_class)
        if each.ia.kind == IA_PD and wanted and self._choose_length(exchange, each, wanted[16]):
            return
        for arena in exchange.link_arenas:
            item = arena.choose(each.client, wanted, allowed)
            if item is not None:
                self._settle(exchange, each, arena, item)
                return
        each.refusal = NOTHING[each.ia.kind == IA_PD]

    def _choose_length(self, exchange: Exchange, each: Assigned, length: int) -> bool:
        """A prefix of the length that the client wishes for, if there is any (section 18.3.1)."""
        allowed = _allowed(exchange, each.ia, self._plan.by_class)
        for arena in exchange.link_arenas:
            known = arena.clients.get(each.client)
            if known is not None and known.state == ACTIVE:
                return False  # it goes on with what it has
            if all(kept.pool.delegated_length != length for kept in arena.pools):
                continue
            item = arena.choose(
                each.client,
                each.ia.items[0],
                lambda pool: pool.delegated_length == length and allowed(pool),
            )
            if item is not None:
                self._settle(exchange, each, arena, item)
                return True
        return False

    def _request(self, exchange: Exchange, each: Assigned, reserved: bytes) -> None:
        for item in each.ia.items:
            if item == bytes(len(item)) or (len(item) == 17 and not any(item[:16])):
                continue  # a wish for a length, or for none in particular
            arena = self.arena_on_link(exchange, item)
            if arena is None:
                if each.ia.kind == IA_PD:
                    continue  # prefixes are of no link: another will do
                each.refusal = _NOT_ON_LINK
                return
            if reserved and item != reserved and self._is_free(arena, each.client, reserved):
                break
            own = arena.clients.get(each.client)
            if own is not None and own.state == ACTIVE and own.address != item:
                break  # it has another one already, and is to go on with that
            if item == reserved:
                claimed = arena.claim_reserved(each.client, item)
            else:
                claimed = self._claim(exchange, each, arena, item)
            if claimed:
                self._settle(exchange, each, arena, item)
                return
        self._choose(exchange, each, reserved)
        if each.arena is not None:
            self._hold(exchange, each)

    def _prolong(
        self, exchange: Exchange, each: Assigned, reserved: bytes, known_only: bool
    ) -> None:
        gone: list[bytes] = []
        for item in each.ia.items:
            arena = self.arena_on_link(exchange, item)
            if arena is None:
                gone.append(item)
                continue
            if known_only and not self._has(arena, each.client, item):
                continue
            if each.arena is not None:
                gone.append(item)  # one address an IA
            elif reserved and item != reserved and self._is_free(arena, each.client, reserved):
                gone.append(item)  # there is one of its own for it now
            elif (item == reserved and arena.claim_reserved(each.client, item)) or (
                item != reserved and self._claim(exchange, each, arena, item)
            ):
                self._settle(exchange, each, arena, item)
            elif self._has(arena, each.client, item):
                gone.append(item)  # of a pool that is not for it any more
        if each.arena is None and gone and not known_only:
            self._choose(exchange, each, reserved)
            if each.arena is not None:
                self._hold(exchange, each)
        each.gone = tuple(gone)
        if each.arena is None and not gone:
            each.refusal = _NO_BINDING

    # -- looking and holding

    def arena_on_link(self, exchange: Exchange, item: bytes) -> Arena | None:
        """The arena of an address or prefix, if it belongs to the client's link."""
        if len(exchange.link_arenas) == 1:
            (arena,) = exchange.link_arenas
            number = int.from_bytes(item[:16], "big")
            return arena if arena.subnet.first <= number <= arena.subnet.last else None
        found = self._book.arena_of(item)
        return found if found in exchange.link_arenas else None

    def _claim(self, exchange: Exchange, each: Assigned, arena: Arena, item: bytes) -> bool:
        return arena.claim(each.client, item, _allowed(exchange, each.ia, self._plan.by_class))

    def _hold(self, exchange: Exchange, each: Assigned) -> None:
        """What ``choose`` found is going to be leased: it is no offer any more."""
        arena = each.arena
        assert arena is not None  # noqa: S101  (only for what was found)
        if each.item in arena.subnet.reserved:
            return
        if not self._claim(exchange, each, arena, each.item):
            self._refuse(each, NOTHING[each.ia.kind == IA_PD])

    def _settle(self, exchange: Exchange, each: Assigned, arena: Arena, item: bytes) -> None:
        found = arena.pool_of(item)
        each.arena = arena
        each.item = item
        each.pool = None if found is None else found.pool
        each.template = self._plan.template(exchange, arena, each.pool)

    @staticmethod
    def _refuse(each: Assigned, refusal: bytes) -> None:
        each.arena = each.template = each.pool = None
        each.item = b""
        each.refusal = refusal

    @staticmethod
    def _has(arena: Arena, client: bytes, item: bytes) -> bool:
        binding = arena.binding(item)
        return binding is not None and binding.state == ACTIVE and binding.client == client

    @staticmethod
    def _is_free(arena: Arena, client: bytes, item: bytes) -> bool:
        binding = arena.binding(item)
        return binding is None or binding.state != ACTIVE or binding.client == client


def _allowed(exchange: Exchange, ia: Ia, by_class: bool) -> Callable[[Pool], bool]:
    """Whether a pool is for this IA of the client."""
    kind = _is_prefix if ia.kind == IA_PD else _is_address
    if not by_class:
        return kind
    return lambda pool: kind(pool) and exchange.allowed(pool)


def _is_prefix(pool: Pool) -> bool:
    return pool.kind == "prefix"


def _is_address(pool: Pool) -> bool:
    return pool.kind == "address"
