"""The DHCPv4 server as RFC 2131 section 4.3 has it: one visible step per message.

``handle`` takes a datagram: parse, find the client's link and subnet, its classes and reservation,
then the step of its message type.  Each step ends in a named outcome, which is counted.  Nothing
here waits; what must be durable goes through the commit queue, which sends the reply afterwards.
"""

import logging
from collections.abc import Callable
from functools import partial
from typing import Protocol

from microdns_dhcp.arena import Allowed, Arena
from microdns_dhcp.book import LeaseBook
from microdns_dhcp.catalogue import Catalogue
from microdns_dhcp.commit import CommitQueue
from microdns_dhcp.config import DhcpConfig
from microdns_dhcp.model import ACTIVE, DECLINED, INFINITE, Lease
from microdns_dhcp4 import delivery
from microdns_dhcp4.config import Dhcp4Config
from microdns_dhcp4.exchange import RELAY_INFORMATION, Exchange, Served, anyone
from microdns_dhcp4.message import (
    ACK,
    BOOTREQUEST,
    BROADCAST,
    DECLINE,
    DEFAULT_SIZE_MAX,
    DISCOVER,
    INFORM,
    IP_UDP_OCTETS,
    MESSAGE_NAMES,
    MESSAGE_OCTETS_MAX,
    NAK,
    NO_ADDRESS,
    OFFER,
    RELEASE,
    REQUEST,
    Malformed,
    Message,
    assemble,
    fit,
    pack_head,
    parse,
    tlv,
)
from microdns_dhcp4.metrics import Dhcp4Metrics
from microdns_dhcp4.names import ClientName, client_name
from microdns_dhcp4.plan import Plan
from microdns_dhcp4.template import Template, times
from microdns_dhcp4.values import show_text

REQUESTED_ADDRESS, LEASE_TIME, SERVER_ID, PARAMETERS, MESSAGE, SIZE_MAX = 50, 51, 54, 55, 56, 57
VENDOR_CLASS, CLIENT_ID, RAPID_COMMIT, FQDN, HOSTNAME, SUBNET_SELECTION = 60, 61, 80, 81, 12, 118
TEXT_OCTETS_MAX = 128
"""Of a client's texts that are kept with its lease."""
LINKS_MAX = 1_000
"""Links of relayed clients whose subnet is remembered."""
DECLINES_SHARE = 4
"""One part in so many of a subnet's addresses may be in quarantine because clients say so."""

Outcome = str


class ConflictCheck(Protocol):
    """See ``conflict``."""

    def check(self, exchange: Exchange, address: bytes) -> Outcome: ...


class Server:
    """Answers requests out of a lease book."""

    def __init__(
        self,
        book: LeaseBook,
        catalogue: Catalogue,
        config: Dhcp4Config,
        shared: DhcpConfig,
        metrics: Dhcp4Metrics,
        log: logging.Logger,
    ) -> None:
        self.queue = CommitQueue(book, metrics.batch, metrics.commit_seconds, log)
        self.conflicts: ConflictCheck | None = None
        """Looks whether addresses answer before they are offered, if that is configured."""
        self.own_addresses: set[bytes] = set()
        """Addresses of all interfaces served: server identifiers that clients may name."""
        self._book = book
        self._catalogue = catalogue
        self._config = config
        self._shared = shared
        self._metrics = metrics
        self._log = log
        self._steps: dict[int, Callable[[Exchange], Outcome]] = {
            DISCOVER: self._discover,
            REQUEST: self._request,
            DECLINE: self._decline,
            RELEASE: self._release,
            INFORM: self._inform,
        }
        self.refresh()

    def refresh(self) -> None:
        """Compile the catalogue anew."""
        config = self._config
        self._plan = Plan(self._catalogue, config.identify_reservations_by, config.lease_time_secs)
        self._book.configure(4, self._catalogue.subnets(4))
        self._links: dict[bytes, tuple[Arena, ...]] = {}

    # -- a datagram

    def handle(self, data: bytes, source: tuple[str, int], served: Served) -> None:
        """Answer a datagram that came by an interface; never raises for what is in it."""
        try:
            message = parse(data)
            exchange = Exchange(message, source, served)
            if message.op != BOOTREQUEST:
                raise Malformed("it is no request")
            step = self._steps.get(message.type)
            if step is None:
                raise Malformed("its message type is none that servers take")
            relay_information = message.options.get(RELAY_INFORMATION)
            if relay_information is not None:
                exchange.read_relay(relay_information)
        except Malformed:
            self._metrics.malformed.value += 1
            return
        outcome = self._identify(exchange) or step(exchange)
        self._metrics.count(MESSAGE_NAMES[message.type], outcome)

    def _identify(self, exchange: Exchange) -> Outcome:
        """Who asks, and where; an outcome when the request is not answered at all."""
        message = exchange.message
        client_id = message.options.get(CLIENT_ID)
        if client_id is not None and len(client_id) >= 2 and self._config.use_client_id:
            exchange.client = b"\1" + client_id
        elif not message.chaddr:
            return "no-client"
        if exchange.relay and not self._relay_allowed(exchange.relay):
            return "relay-refused"
        exchange.link_arenas = self._arenas(exchange)
        if not exchange.link_arenas:
            return "no-subnet"
        if exchange.server == NO_ADDRESS:
            return "no-server-address"
        exchange.arena = exchange.link_arenas[0]
        self._plan.identify(exchange)
        if exchange.classes and any(each.drop for each in exchange.classes):
            return "dropped"
        return ""

    def _relay_allowed(self, relay: bytes) -> bool:
        networks = self._config.relays_allowed
        if not networks:
            return True
        number = int.from_bytes(relay, "big")
        return any(
            int(network.network_address) <= number <= int(network.broadcast_address)
            for network in networks
        )

    def _arenas(self, exchange: Exchange) -> tuple[Arena, ...]:
        """The subnets of the client's link (RFC 2131 4.3.1, RFC 3011, RFC 3527)."""
        message = exchange.message
        if exchange.relay:
            link = exchange.link
        else:
            link = message.options.get(SUBNET_SELECTION, NO_ADDRESS)
            if len(link) != 4 or link == NO_ADDRESS:
                return self._direct_arenas(exchange)
        found = self._links.get(link)
        if found is None:
            found = self._links[link] = self._linked_arenas(link)
        return found

    def _linked_arenas(self, link: bytes) -> tuple[Arena, ...]:
        if len(self._links) >= LINKS_MAX:
            self._links.clear()
        arena = self._book.arena_of(link)
        if arena is None and link in self._plan.relays:
            arena = self._book.arenas.get(self._plan.relays[link])
        return () if arena is None else (arena,)

    def _direct_arenas(self, exchange: Exchange) -> tuple[Arena, ...]:
        """Subnets of a client without a relay: of the interface, or, when it renews from beyond
        a router, of its own address."""
        found = exchange.served.arenas
        ciaddr = exchange.message.ciaddr
        if ciaddr != NO_ADDRESS:
            arena = self._book.arena_of(ciaddr)
            if arena is not None and arena not in found:
                return (arena,)
        return found

    # -- DISCOVER

    def _discover(self, exchange: Exchange) -> Outcome:
        """RFC 2131 4.3.1: offer an address, or lease it at once (RFC 4039)."""
        address = self._choose(exchange)
        if address is None:
            return "no-address"
        if RAPID_COMMIT in exchange.message.options and self._config.rapid_commit:
            if address in self.queue.in_flight or self.queue.full:
                return "busy"
            if not self._claim(exchange, address):
                return "no-address"
            self._grant(exchange, address, rapid=True)
            return "rapid-ack"
        until = self._book.clock.now() + int(self._shared.offer_time)
        exchange.arena.offer(exchange.client, address, until)
        if self.conflicts is not None and self._is_new(exchange, address):
            return self.conflicts.check(exchange, address)
        self.make_offer(exchange, address)
        return "offer"

    def make_offer(self, exchange: Exchange, address: bytes) -> None:
        """Send the offer of an address that is held for the client."""
        template = self._template(exchange, address)
        lease_time = self._lease_time(exchange, template)
        self._reply(exchange, OFFER, address, template, times(lease_time))

    def discover_again(self, exchange: Exchange) -> None:
        """The address chosen was in use after all: choose another."""
        self._metrics.count("discover", self._discover(exchange))

    @staticmethod
    def _is_new(exchange: Exchange, address: bytes) -> bool:
        """Whether an address is new to the client: what it had last needs no check."""
        binding = exchange.arena.binding(address)
        return binding is None or binding.client != exchange.client

    def _choose(self, exchange: Exchange) -> bytes | None:
        """The address for a client that asks for any; it is held for it."""
        reserved = self._reserved(exchange)
        if reserved and exchange.arena.claim_reserved(exchange.client, reserved):
            return reserved
        wanted = exchange.message.options.get(REQUESTED_ADDRESS, b"")
        allowed = self._allowed(exchange)
        for arena in exchange.link_arenas:
            address = arena.choose(exchange.client, wanted, allowed)
            if address is not None:
                exchange.arena = arena
                return address
        return None

    def _reserved(self, exchange: Exchange) -> bytes:
        reservation = exchange.reservation
        if reservation is None or not reservation.ip:
            return b""
        return bytes(map(int, reservation.ip.split(".")))

    def _allowed(self, exchange: Exchange) -> Allowed:
        return exchange.allowed if self._plan.by_class else anyone

    def _claim(self, exchange: Exchange, address: bytes) -> bool:
        """Whether the client may lease this address; it is held for it if so."""
        reserved = self._reserved(exchange)
        if reserved:
            if address == reserved:
                return exchange.arena.claim_reserved(exchange.client, address)
            if self._is_free(exchange, reserved):
                return False  # it has an address of its own, and is to ask for that
        for arena in exchange.link_arenas:
            if arena.subnet.first <= int.from_bytes(address, "big") <= arena.subnet.last:
                exchange.arena = arena
                return arena.claim(exchange.client, address, self._allowed(exchange))
        return False

    @staticmethod
    def _is_free(exchange: Exchange, address: bytes) -> bool:
        binding = exchange.arena.binding(address)
        return binding is None or binding.state != ACTIVE or binding.client == exchange.client

    # -- REQUEST

    def _request(self, exchange: Exchange) -> Outcome:
        """RFC 2131 4.3.2: which of the four states the client is in, and its step."""
        message = exchange.message
        server_id = message.options.get(SERVER_ID)
        requested = message.options.get(REQUESTED_ADDRESS, b"")
        if server_id is not None:
            if server_id != exchange.server and server_id not in self.own_addresses:
                exchange.arena.withdraw(exchange.client)
                return "other-server"
            return self._selecting(exchange, requested or message.ciaddr)
        if len(requested) == 4 and message.ciaddr == NO_ADDRESS:
            return self._rebooting(exchange, requested)
        if message.ciaddr != NO_ADDRESS:
            return self._renewing(exchange, message.ciaddr)
        return "incomplete"

    def _selecting(self, exchange: Exchange, address: bytes) -> Outcome:
        """The client took our offer, which may have run out meanwhile."""
        if len(address) != 4:
            return "incomplete"
        if address in self.queue.in_flight or self.queue.full:
            return "busy"
        if not self._claim(exchange, address):
            return self._refuse(exchange, "address not available")
        self._grant(exchange, address)
        return "ack"

    def _rebooting(self, exchange: Exchange, address: bytes) -> Outcome:
        """INIT-REBOOT: the client remembers an address, and may be on another link by now."""
        if not self._on_link(exchange, address):
            # Surely wrong; but servers of other subnets may share this link (4.3.2).
            return self._refuse(exchange, "wrong network", only_authoritative=True)
        return self._confirm(exchange, address)

    def _renewing(self, exchange: Exchange, address: bytes) -> Outcome:
        """RENEWING or REBINDING: the client has the address, and wants to keep it."""
        if not self._on_link(exchange, address):
            return self._refuse(exchange, "wrong network", only_authoritative=True)
        return self._confirm(exchange, address)

    def _confirm(self, exchange: Exchange, address: bytes) -> Outcome:
        """Let a client keep the address that it says it has."""
        if address in self.queue.in_flight or self.queue.full:
            return "busy"
        binding = self._book.binding(address)
        known = binding is not None and binding.client == exchange.client
        if not known and not self._config.authoritative:
            return "unknown-client"  # MUST remain silent (4.3.2): another server may know it
        if not self._claim(exchange, address):
            return self._refuse(exchange, "address not available")
        self._grant(exchange, address)
        return "ack"

    @staticmethod
    def _on_link(exchange: Exchange, address: bytes) -> bool:
        number = int.from_bytes(address, "big")
        return any(
            arena.subnet.first <= number <= arena.subnet.last for arena in exchange.link_arenas
        )

    def _refuse(self, exchange: Exchange, reason: str, only_authoritative: bool = False) -> Outcome:
        """DHCPNAK (RFC 2131 table 3), or silence where another server may know better."""
        if only_authoritative and not self._config.authoritative:
            return "silent"
        message = exchange.message
        if message.giaddr != NO_ADDRESS:
            message.flags |= BROADCAST  # the relay is to broadcast it (4.3.2)
        options = tlv(53, bytes((NAK,))) + tlv(SERVER_ID, exchange.server)
        options += tlv(MESSAGE, reason.encode()) + self._echoed(exchange)
        reply = assemble(pack_head(message, NO_ADDRESS, NO_ADDRESS), b"", options)
        self._send(exchange, reply, NO_ADDRESS, refused=True)
        return "nak"

    # -- DECLINE, RELEASE, INFORM

    def _decline(self, exchange: Exchange) -> Outcome:
        """RFC 2131 4.3.3: somebody uses the address; keep it from everybody for a while.

        Only its own client may say so, and only for so many addresses: beyond that share of the
        subnet it is taken as a release, so that nobody can decline all of them away.
        """
        address = exchange.message.options.get(REQUESTED_ADDRESS, b"")
        before = self._own_lease(exchange, address)
        if before is None:
            return "not-its-lease"
        arena = exchange.arena
        size = sum(pool.free.size for pool in arena.pools)
        if arena.quarantined >= max(1, size // DECLINES_SHARE):
            self.queue.add(exchange.arena, address, self._book.release(before))
            return "too-many-declined"
        until = self._book.clock.now() + int(self._shared.quarantine)
        lease = Lease(
            address=address,
            client=b"",
            state=DECLINED,
            expires=until,
            subnet=arena.subnet.id,
            started=self._book.clock.now(),
            renewed=self._book.clock.now(),
            duration=int(self._shared.quarantine),
            hardware=exchange.hardware,
        )
        self.queue.add(exchange.arena, address, self._book.quarantine(lease, before))
        return "declined"

    def _release(self, exchange: Exchange) -> Outcome:
        """RFC 2131 4.3.4.  It must come from the address it gives up, so that a neighbour can't
        release what it merely knows of."""
        address = exchange.message.ciaddr
        before = self._own_lease(exchange, address)
        if before is None:
            return "not-its-lease"
        if not exchange.relay and exchange.source[0] != delivery.text(address):
            return "spoofed"
        self.queue.add(exchange.arena, address, self._book.release(before))
        return "released"

    def _own_lease(self, exchange: Exchange, address: bytes) -> Lease | None:
        """The active lease of an address, if this client has it and meant this server."""
        server_id = exchange.message.options.get(SERVER_ID, NO_ADDRESS)
        if server_id != exchange.server and server_id not in self.own_addresses:
            return None
        if len(address) != 4 or address in self.queue.in_flight or self.queue.full:
            return None
        arena = self._book.arena_of(address)
        if arena is None:
            return None
        binding = arena.binding(address)
        if binding is None or binding.state != ACTIVE or binding.client != exchange.client:
            return None
        exchange.arena = arena
        return self._book.lease(address)

    def _inform(self, exchange: Exchange) -> Outcome:
        """RFC 2131 4.3.5: the client has an address from elsewhere, and wants the rest."""
        message = exchange.message
        if message.ciaddr == NO_ADDRESS:
            return "incomplete"
        arena = self._book.arena_of(message.ciaddr)
        if arena is not None:
            exchange.arena = arena
        template = self._template(exchange, message.ciaddr)
        self._reply(exchange, ACK, NO_ADDRESS, template, b"", ciaddr=message.ciaddr)
        return "ack"

    # -- leases and replies

    def _template(self, exchange: Exchange, address: bytes) -> Template:
        found = exchange.arena.pool_of(address)
        exchange.pool = None if found is None else found.pool
        return self._plan.template(exchange, exchange.pool)

    def _lease_time(self, exchange: Exchange, template: Template) -> int:
        """What the client asks for, within bounds; else the usual."""
        asked = exchange.message.options.get(LEASE_TIME)
        if asked is None or len(asked) != 4:
            return template.lease_time
        longest = self._config.lease_time_max_secs or template.lease_time
        shortest = min(self._config.lease_time_min_secs, longest)
        return max(shortest, min(int.from_bytes(asked, "big"), longest))

    def _grant(self, exchange: Exchange, address: bytes, rapid: bool = False) -> None:
        """Put the lease on its way to the disk; the ACK follows it."""
        template = self._template(exchange, address)
        lease_time = self._lease_time(exchange, template)
        name = client_name(exchange.message, self._config.fqdn_override)
        lease = self._lease(exchange, address, lease_time, name)
        extra = times(lease_time)
        if rapid:
            extra += tlv(RAPID_COMMIT, b"")
        answer = b"" if name.answer is None else tlv(FQDN, name.answer)
        reply = partial(self._reply, exchange, ACK, address, template, extra, name=answer)
        self.queue.add(exchange.arena, address, self._book.grant(lease, exchange.arena), reply)

    def _lease(
        self, exchange: Exchange, address: bytes, lease_time: int, name: ClientName
    ) -> Lease:
        now = self._book.clock.now()
        reservation = exchange.reservation
        pool = exchange.pool
        hostname = name.hostname
        if reservation is not None and reservation.hostname:
            hostname = reservation.hostname
        return Lease(
            address=address,
            client=exchange.client,
            state=ACTIVE,
            expires=INFINITE if lease_time == INFINITE else now + lease_time,
            subnet=exchange.arena.subnet.id,
            started=now,
            renewed=now,
            duration=lease_time,
            hardware=exchange.hardware,
            hostname=hostname,
            fqdn=name.fqdn,
            dns=name.dns,
            relay=exchange.relay,
            circuit_id=exchange.circuit_id[:TEXT_OCTETS_MAX],
            remote_id=exchange.remote_id[:TEXT_OCTETS_MAX],
            vendor_class=_kept_text(exchange.message, VENDOR_CLASS),
            interface=exchange.served.interface.name,
            reservation="" if reservation is None else reservation.id,
            pool="" if pool is None else pool.id,
        )

    def _reply(
        self,
        exchange: Exchange,
        kind: int,
        address: bytes,
        template: Template,
        extra: bytes,
        ciaddr: bytes = b"",
        name: bytes = b"",
    ) -> None:
        """Make an OFFER or ACK (RFC 2131 table 3) and send it."""
        message = exchange.message
        if not ciaddr:
            ciaddr = message.ciaddr if kind == ACK else NO_ADDRESS
        head = pack_head(message, address, template.siaddr, ciaddr)
        first = _TYPE_OPTIONS[kind] + exchange.server + extra
        last = name + self._echoed(exchange)
        reservation = exchange.reservation
        if reservation is not None and reservation.hostname:
            last = tlv(HOSTNAME, reservation.hostname.encode()) + last
        requested = message.options.get(PARAMETERS, b"")
        options = template.ready(first, requested) + last
        room = _room(message)
        if 241 + len(options) <= room:
            reply = assemble(head, template.names, options)
        else:
            parts = [(0, first), (0, last), *template.wanted(requested)]
            reply, cut = fit(head, template.names, parts, room)
            self._metrics.cut.value += len(cut)
        self._send(exchange, reply, address)

    @staticmethod
    def _echoed(exchange: Exchange) -> bytes:
        """What goes back as it came: client identifier (RFC 6842), then option 82 as the last
        (RFC 3046 2.2)."""
        options = exchange.message.options
        found = b""
        client_id = options.get(CLIENT_ID)
        if client_id is not None:
            found = tlv(CLIENT_ID, client_id)
        relay_information = options.get(RELAY_INFORMATION)
        if relay_information is not None:
            found += tlv(RELAY_INFORMATION, relay_information)
        return found

    def _send(self, exchange: Exchange, reply: bytes, yiaddr: bytes, refused: bool = False) -> None:
        try:
            delivery.send(exchange, reply, yiaddr, refused)
        except OSError:
            self._metrics.unsent.value += 1  # no route, no buffer: the client asks again


_TYPE_OPTIONS = {kind: tlv(53, bytes((kind,))) + bytes((SERVER_ID, 4)) for kind in (OFFER, ACK)}


def _room(message: Message) -> int:
    """Octets that a reply may have: the client's limit (option 57), at least everybody's."""
    value = message.options.get(SIZE_MAX)
    if value is None or len(value) != 2:
        return DEFAULT_SIZE_MAX - IP_UDP_OCTETS
    size = int.from_bytes(value, "big")
    return min(max(size, DEFAULT_SIZE_MAX), MESSAGE_OCTETS_MAX) - IP_UDP_OCTETS


def _kept_text(message: Message, option: int) -> str:
    value = message.options.get(option)
    return "" if value is None else show_text(value[:TEXT_OCTETS_MAX])
