"""The DHCPv6 server as RFC 8415 section 18.3 has it: one visible step per message.

``handle`` takes a datagram: parse, check that it is for us (section 16), find the client's link,
its classes and reservation, then the step of its message type.  Each step ends in a named outcome,
which is counted.  Nothing here waits; what must be durable goes through the commit queue, which
sends the reply afterwards.
"""

import logging
from collections.abc import Callable, Sequence
from functools import partial

from microdns_dhcp.arena import Arena
from microdns_dhcp.book import LeaseBook
from microdns_dhcp.catalogue import Catalogue
from microdns_dhcp.commit import CommitQueue, Part
from microdns_dhcp.config import DhcpConfig
from microdns_dhcp.links import Source6
from microdns_dhcp.model import ACTIVE, DECLINED, INFINITE, Lease, Pool, client6
from microdns_dhcp6 import delivery
from microdns_dhcp6.assign import Assigned, Assigner
from microdns_dhcp6.classify import vendor_class
from microdns_dhcp6.config import Dhcp6Config
from microdns_dhcp6.exchange import Exchange, Served
from microdns_dhcp6.message import (
    ADVERTISE,
    CONFIRM,
    DECLINE,
    DUID_OCTETS_MAX,
    INFORMATION_REQUEST,
    MESSAGE_NAMES,
    NO_BINDING,
    NOT_ON_LINK,
    ORO,
    PREFERENCE,
    RAPID_COMMIT,
    REBIND,
    RELEASE,
    RENEW,
    REPLY,
    REQUEST,
    SERVER_ID,
    SOLICIT,
    SUCCESS,
    USE_MULTICAST,
    VENDOR_CLASS,
    Malformed,
    ia_of,
    parse,
    status,
    tlv,
)
from microdns_dhcp6.metrics import Dhcp6Metrics
from microdns_dhcp6.names import ClientName, client_name
from microdns_dhcp6.plan import Plan
from microdns_dhcp6.template import Template, renewal_times

TEXT_OCTETS_MAX = 128
"""Of a client's texts that are kept with its lease."""
LINKS_MAX = 1_000
"""Links of relayed clients whose subnets are remembered."""
DECLINES_SHARE = 4
"""One part in so many of a subnet's addresses may be in quarantine because clients say so."""

SURELY_FITS = 512
"""Octets of IAs and settings for which there is always room, whatever relay agents add (of 9 with
interface ids of usual length)."""

_FOR_ANYONE = frozenset({SOLICIT, CONFIRM, REBIND})
_FOR_US = frozenset({REQUEST, RENEW, RELEASE, DECLINE})
_RAPID = tlv(RAPID_COMMIT, b"")
_KINDS = tuple(bytes((kind,)) for kind in range(len(MESSAGE_NAMES)))
"""The first octet of a message, by its type."""

Outcome = str


class Server:
    """Answers requests out of a lease book."""

    def __init__(
        self,
        book: LeaseBook,
        catalogue: Catalogue,
        config: Dhcp6Config,
        shared: DhcpConfig,
        metrics: Dhcp6Metrics,
        duid: bytes,
        log: logging.Logger,
    ) -> None:
        self.queue = CommitQueue(book, metrics.batch, metrics.commit_seconds, log)
        self._book = book
        self._catalogue = catalogue
        self._config = config
        self._shared = shared
        self._metrics = metrics
        self._duid = duid
        self._server_id = tlv(SERVER_ID, duid)
        preference = config.preference
        self._preference = tlv(PREFERENCE, bytes((preference,))) if preference else b""
        self._steps: dict[int, Callable[[Exchange], Outcome]] = {
            SOLICIT: self._solicit,
            REQUEST: self._request,
            CONFIRM: self._confirm,
            RENEW: self._renew,
            REBIND: self._rebind,
            RELEASE: self._release,
            DECLINE: self._decline,
            INFORMATION_REQUEST: self._inform,
        }
        self.refresh()

    def refresh(self) -> None:
        """Compile the catalogue anew."""
        config = self._config
        self._plan = Plan(self._catalogue, config.identify_reservations_by, config.lease_time_secs)
        self._book.configure(6, self._catalogue.subnets(6))
        self._assigner = Assigner(self._book, self._plan, self.queue)
        self._everywhere = tuple(
            arena
            for arena in self._book.arenas.values()
            if arena.subnet.family == 6 and all(map(_anywhere, arena.subnet.pools))
        )
        self._links: dict[bytes, tuple[Arena, ...]] = {}

    # -- a datagram

    def handle(self, data: bytes, source: Source6, served: Served, unicast: bool) -> None:
        """Answer a datagram that came by an interface; never raises for what is in it."""
        try:
            message = parse(data)
            step = self._steps.get(message.type)
            if step is None:
                raise Malformed("its message type is none that servers take")
        except Malformed:
            self._metrics.malformed.value += 1
            return
        exchange = Exchange(message, source, served)
        outcome = self._not_for_us(exchange, unicast) or self._identify(exchange) or step(exchange)
        self._metrics.count(MESSAGE_NAMES[message.type], outcome)

    def _not_for_us(self, exchange: Exchange, unicast: bool) -> Outcome:
        """Section 16: an outcome for messages that are to be discarded."""
        message = exchange.message
        kind = message.type
        server_id = message.options.get(SERVER_ID)
        if kind == INFORMATION_REQUEST:
            if message.ias:
                return "invalid"
        elif not 3 <= len(exchange.duid) <= DUID_OCTETS_MAX:
            return "no-client"
        if kind in _FOR_US:
            if server_id is None:
                return "invalid"
        elif kind in _FOR_ANYONE and server_id is not None:
            return "invalid"
        if server_id is not None and server_id != self._duid:
            if kind == REQUEST:
                self._withdraw(exchange)
            return "other-server"
        if unicast and not message.relays:
            return self._refuse_unicast(exchange)
        return ""

    def _refuse_unicast(self, exchange: Exchange) -> Outcome:
        """Sections 16 and 18.3.2: nobody was told that this server takes unicast."""
        if exchange.message.type in _FOR_US:
            self._send(exchange, REPLY, status(USE_MULTICAST, "use the multicast address"))
            return "use-multicast"
        return "unicast"

    def _withdraw(self, exchange: Exchange) -> None:
        """The client took another server's offer."""
        exchange.link_arenas = self._arenas(exchange)
        for ia in exchange.message.ias:
            client = client6(ia.kind, ia.iaid, exchange.duid)
            for arena in exchange.link_arenas:
                arena.withdraw(client)

    def _identify(self, exchange: Exchange) -> Outcome:
        """Who asks, and where; an outcome when the request is not answered at all."""
        if exchange.message.relays and not self._relay_allowed(exchange):
            return "relay-refused"
        exchange.link_arenas = self._arenas(exchange)
        if not exchange.link_arenas:
            return "no-subnet"
        self._plan.identify(exchange)
        if exchange.classes and _dropped(exchange):
            return "dropped"
        return ""

    def _relay_allowed(self, exchange: Exchange) -> bool:
        networks = self._config.relays_allowed
        if not networks:
            return True
        number = int.from_bytes(delivery.octets(exchange.source), "big")
        return any(
            int(network.network_address) <= number <= int(network.broadcast_address)
            for network in networks
        )

    def _arenas(self, exchange: Exchange) -> tuple[Arena, ...]:
        """The subnets of the client's link (section 13.1)."""
        link = exchange.link
        if not link:
            return exchange.served.arenas
        found = self._links.get(link)
        if found is None:
            if len(self._links) >= LINKS_MAX:
                self._links.clear()
            found = self._links[link] = self._linked_arenas(link)
        return found

    def _linked_arenas(self, link: bytes) -> tuple[Arena, ...]:
        here = self._book.arena_of(link)
        named = [self._book.arenas.get(subnet) for subnet in self._plan.relays.get(link, ())]
        found = [arena for arena in (here, *named) if arena is not None]
        if not found:
            return ()
        return tuple(dict.fromkeys((*found, *self._everywhere)))

    def arenas_of(self, served: Served) -> tuple[Arena, ...]:
        """Subnets of an interface: those that name it, those that it has an address in, and
        prefixes that are for clients of any link."""
        name = served.interface.name
        found = [
            arena
            for arena in self._book.arenas.values()
            if arena.subnet.family == 6
            and any(pool.interface == name for pool in arena.subnet.pools)
        ]
        for address in served.addresses:
            arena = self._book.arena_of(address)
            if arena is not None and all(p.interface in ("", name) for p in arena.subnet.pools):
                found.append(arena)
        return tuple(dict.fromkeys((*found, *self._everywhere)))

    # -- SOLICIT, REQUEST

    def _solicit(self, exchange: Exchange) -> Outcome:
        """Section 18.3.1: advertise what the client would get, or lease it at once."""
        if not exchange.message.ias:
            return "no-ia"
        rapid = RAPID_COMMIT in exchange.message.options and self._config.rapid_commit
        if rapid and self._queue_full(exchange):
            return "busy"
        assigned = self._assigner.choose(exchange)
        if rapid and _any_found(assigned):
            self._assigner.claim_chosen(exchange, assigned)
            return self._grant(exchange, assigned, "rapid-reply", _RAPID)
        until = self._book.clock.now() + int(self._shared.offer_time)
        for each in assigned:
            if each.arena is not None:
                each.arena.offer(each.client, each.item, until)
        name = client_name(exchange.message, self._config.fqdn_override)
        self._answer(exchange, ADVERTISE, assigned, name, self._preference)
        return "advertise" if _any_found(assigned) else "no-address"

    def _request(self, exchange: Exchange) -> Outcome:
        """Section 18.3.2: lease what was advertised, or what is left."""
        if not exchange.message.ias:
            return "no-ia"
        if self._queue_full(exchange):
            return "busy"
        assigned = self._assigner.request(exchange)
        return self._grant(exchange, assigned, "reply")

    # -- CONFIRM, RENEW, REBIND

    def _confirm(self, exchange: Exchange) -> Outcome:
        """Section 18.3.3: whether the client's addresses fit the link it is on now."""
        addresses = [item for ia in exchange.message.ias for item in ia.items]
        if not addresses:
            return "no-address"
        fits = all(
            self._assigner.arena_on_link(exchange, address) is not None for address in addresses
        )
        if not fits and not self._config.authoritative:
            return "silent"
        code, text = (SUCCESS, "") if fits else (NOT_ON_LINK, "no addresses of this link")
        self._send(exchange, REPLY, status(code, text))
        return "confirmed" if fits else "not-on-link"

    def _renew(self, exchange: Exchange) -> Outcome:
        """Section 18.3.4: prolong what the client has."""
        return self._prolong(exchange, known_only=False)

    def _rebind(self, exchange: Exchange) -> Outcome:
        """Section 18.3.5: the same, by a server that the client may not have it from."""
        return self._prolong(exchange, known_only=not self._config.authoritative)

    def _prolong(self, exchange: Exchange, known_only: bool) -> Outcome:
        if not exchange.message.ias:
            return "no-ia"
        if self._queue_full(exchange):
            return "busy"
        assigned = self._assigner.prolong(exchange, known_only)
        if known_only and not any(each.item for each in assigned):
            return "silent"
        return self._grant(exchange, assigned, "reply")

    # -- RELEASE, DECLINE, INFORMATION-REQUEST

    def _release(self, exchange: Exchange) -> Outcome:
        """Section 18.3.7.  It must come from where the client was heard last, so that a
        neighbour can't release what it merely knows of."""
        return self._give_up(exchange, "released", self._released)

    def _decline(self, exchange: Exchange) -> Outcome:
        """Section 18.3.8: somebody uses the address; keep it from everybody for a while."""
        return self._give_up(exchange, "declined", self._declined)

    def _give_up(
        self, exchange: Exchange, outcome: Outcome, change: Callable[[Arena, Lease], Part]
    ) -> Outcome:
        """End the client's leases that a message names; tell it of those that are not its."""
        if self._queue_full(exchange):
            return "busy"
        parts: list[Part] = []
        unknown = b""
        spoofed = False
        for ia in exchange.message.ias:
            client = client6(ia.kind, ia.iaid, exchange.duid)
            found = self._own_leases(exchange, client, ia.items)
            if not found:
                unknown += ia_of(ia.kind, ia.iaid, 0, 0, status(NO_BINDING, "no such binding"))
            for arena, lease in found:
                if lease.peer and lease.peer != exchange.peer:
                    spoofed = True
                else:
                    parts.append(change(arena, lease))
        if spoofed:
            return "spoofed"
        body = status(SUCCESS) + unknown
        if not parts:
            self._send(exchange, REPLY, body)
            return "no-binding"
        self.queue.add_all(tuple(parts), partial(self._send, exchange, REPLY, body))
        return outcome

    def _own_leases(
        self, exchange: Exchange, client: bytes, items: Sequence[bytes]
    ) -> list[tuple[Arena, Lease]]:
        """Active leases of this client among the addresses it names."""
        found = []
        for item in dict.fromkeys(items):
            arena = self._assigner.arena_on_link(exchange, item)
            binding = None if arena is None else arena.binding(item)
            if arena is None or binding is None or item in self.queue.in_flight:
                continue
            if binding.state != ACTIVE or binding.client != client:
                continue
            lease = self._book.lease(item)
            if lease is not None:
                found.append((arena, lease))
        return found

    def _released(self, arena: Arena, lease: Lease) -> Part:
        return arena, lease.address, self._book.release(lease)

    def _declined(self, arena: Arena, lease: Lease) -> Part:
        """Only so many addresses may be declined: beyond that share of the subnet it is taken as a
        release, so that nobody can decline all of them away.  Prefixes can't be in use twice."""
        size = sum(pool.free.size for pool in arena.pools)
        too_many = arena.quarantined >= max(1, size // DECLINES_SHARE)
        if too_many or len(lease.address) != 16:
            return self._released(arena, lease)
        now = self._book.clock.now()
        kept = Lease(
            address=lease.address,
            client=b"",
            state=DECLINED,
            expires=now + int(self._shared.quarantine),
            subnet=arena.subnet.id,
            started=now,
            renewed=now,
            duration=int(self._shared.quarantine),
            hardware=lease.hardware,
        )
        return arena, lease.address, self._book.quarantine(kept, lease)

    def _inform(self, exchange: Exchange) -> Outcome:
        """Section 18.3.6: the client has an address from elsewhere, and wants the rest."""
        name = client_name(exchange.message, self._config.fqdn_override)
        self._answer(exchange, REPLY, (), name)
        return "reply"

    # -- leases and replies

    def _queue_full(self, exchange: Exchange) -> bool:
        """Whether no change can be taken now, or one of the same client waits already: whoever
        asks again before its lease is on disk must not get another."""
        queue = self.queue
        if queue.in_flight:
            for ia in exchange.message.ias:
                if client6(ia.kind, ia.iaid, exchange.duid) in queue.clients:
                    return True
                for item in ia.items:
                    if item in queue.in_flight:
                        return True
        return queue.full

    def _grant(
        self, exchange: Exchange, assigned: Sequence[Assigned], outcome: Outcome, extra: bytes = b""
    ) -> Outcome:
        """Put leases on their way to the disk; the reply follows them."""
        name = client_name(exchange.message, self._config.fqdn_override)
        reply = partial(self._answer, exchange, REPLY, assigned, name, extra)
        parts = self._parts(exchange, assigned, name)
        if not parts:
            reply()
            return "no-address" if outcome == "reply" else outcome
        self.queue.add_all(parts, reply)
        return outcome

    def _parts(
        self, exchange: Exchange, assigned: Sequence[Assigned], name: ClientName
    ) -> tuple[Part, ...]:
        """The changes by which a client gets what was found for it."""
        found: list[Part] = []
        for each in assigned:
            if each.arena is not None:
                change = self._book.grant(self._lease(exchange, each, name), each.arena)
                found.append((each.arena, each.item, change))
        return tuple(found)

    def _lease(self, exchange: Exchange, assigned: Assigned, name: ClientName) -> Lease:
        arena, template, pool = assigned.arena, assigned.template, assigned.pool
        assert arena is not None  # noqa: S101  (what is granted has an arena)
        assert template is not None  # noqa: S101  (and a template)
        now = self._book.clock.now()
        valid = template.valid
        message = exchange.message
        reservation = exchange.reservation
        hostname = name.hostname
        if reservation is not None and reservation.hostname:
            hostname = reservation.hostname
        kept_class = vendor_class(exchange) if VENDOR_CLASS in message.options else None
        return Lease(
            address=assigned.item,
            client=assigned.client,
            state=ACTIVE,
            expires=INFINITE if valid == INFINITE else now + valid,
            subnet=arena.subnet.id,
            started=now,
            renewed=now,
            duration=valid,
            hardware=exchange.find_hardware(),
            hostname=hostname,
            fqdn=name.fqdn,
            dns=name.dns,
            relay=exchange.link,
            circuit_id=exchange.interface_id[:TEXT_OCTETS_MAX],
            remote_id=exchange.remote_id[:TEXT_OCTETS_MAX],
            vendor_class=(kept_class or "")[:TEXT_OCTETS_MAX],
            interface=exchange.served.interface.name,
            reservation="" if reservation is None else reservation.id,
            pool="" if pool is None else pool.id,
            iaid=int.from_bytes(assigned.client[1:5], "big"),
            preferred=template.preferred,
            peer=exchange.peer,
        )

    def _answer(
        self,
        exchange: Exchange,
        kind: int,
        assigned: Sequence[Assigned],
        name: ClientName,
        extra: bytes = b"",
    ) -> None:
        """Make an ADVERTISE or REPLY with IAs and settings (section 18.3.10), and send it."""
        if len(assigned) == 1 and assigned[0].template is not None:
            # Nearly all of them.
            template = assigned[0].template
            body = assigned[0].octets(*template.times) + extra + name.answer
        else:
            template, (t1, t2) = self._told(exchange, assigned)
            body = b"".join([each.octets(t1, t2) for each in assigned]) + extra + name.answer
        requested = exchange.message.options.get(ORO, b"")
        options = template.ready(requested)
        octets = len(body) + len(options)
        if octets > SURELY_FITS and octets > delivery.room(exchange, self._server_id):
            options, cut = delivery.fitting(
                template.wanted(requested),
                delivery.room(exchange, self._server_id) - len(body),
            )
            self._metrics.cut.value += cut
        self._send(exchange, kind, body + options)

    def _told(
        self, exchange: Exchange, assigned: Sequence[Assigned]
    ) -> tuple[Template, tuple[int, int]]:
        """The settings of a reply, and T1 and T2, which are the same for all of its IAs, so that
        the client renews them together (section 18.2.4)."""
        granted = [each.template for each in assigned if each.template is not None]
        if not granted:
            return self._plan.template(exchange, exchange.link_arenas[0], None), (0, 0)
        return granted[0], renewal_times(min(each.preferred for each in granted))

    def _send(self, exchange: Exchange, kind: int, body: bytes) -> None:
        message = exchange.message
        head = _KINDS[kind] + message.xid + message.client_id
        try:
            delivery.send(exchange, head + self._server_id + body)
        except OSError:
            self._metrics.unsent.value += 1  # no route, no buffer: the client asks again


def _anywhere(pool: Pool) -> bool:
    """Whether a pool delegates prefixes to clients of any link."""
    return pool.kind == "prefix" and not pool.interface and not pool.relays


def _dropped(exchange: Exchange) -> bool:
    """Whether a class of the client says that it is not answered."""
    return any(each.drop for each in exchange.classes)


def _any_found(assigned: Sequence[Assigned]) -> bool:
    """Whether any IA gets an address or prefix."""
    return any(each.item for each in assigned)
