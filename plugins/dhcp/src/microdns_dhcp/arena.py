"""One subnet in memory: its pools, who holds which address, and who has been offered one.

Nothing here waits or writes.  An address is taken out of its pool when it is offered, stays out
while it is leased, and comes back when the lease ends; so no two clients are ever offered one.
"""

import ipaddress
from bisect import bisect_left
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

import msgspec

from microdns_dhcp.free import FreeAddresses
from microdns_dhcp.model import ACTIVE, ENDED, QUARANTINED, Binding, Family, Pool, lease_key

_address = attrgetter("address")
_client = attrgetter("client")
_expires = attrgetter("expires")
_state = attrgetter("state")

OFFERS_MAX = 65_536
"""Offers of one subnet that nobody has taken yet; beyond it the oldest gives way."""

Allowed = Callable[[Pool], bool]
"""Whether a client may have an address of a pool (its class, say)."""


class PoolInUse:
    """A pool and its free addresses.  Prefix pools count prefixes, not addresses."""

    __slots__ = ("_base", "_octets", "_shift", "_suffix", "free", "high", "low", "pool")

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        network = ipaddress.ip_network(pool.subnet)
        self._octets = network.max_prefixlen // 8
        self._shift = 0
        self._suffix = b""
        self._base = 0
        first, last = pool_bounds(pool)
        if pool.kind == "prefix":
            self._shift = 128 - pool.delegated_length
            self._suffix = bytes((pool.delegated_length,))
            self._base = first >> self._shift << self._shift
            first, last = 0, (last - self._base) >> self._shift
        self.free = FreeAddresses(first, last)
        self.low = self.address(first)
        """Its first and last address: octets of one length compare as numbers do."""
        self.high = self.address(last)

    def holds(self, address: bytes) -> bool:
        """Whether an address (a prefix: of the right length) is of this pool."""
        if self._suffix:
            return self.number(address) is not None
        return self.low <= address <= self.high and len(address) == self._octets

    def number(self, address: bytes) -> int | None:
        """An address of this pool as ``free`` counts it; None for any other."""
        if len(address) != self._octets + len(self._suffix):
            return None
        number = int.from_bytes(address[: self._octets], "big")
        if self._suffix:
            if address[-1:] != self._suffix:
                return None
            number = (number - self._base) >> self._shift
        free = self.free
        return number if free.first <= number <= free.last else None

    def numbers_of(self, bindings: Sequence[Binding]) -> Iterable[int]:
        """``number`` of each address of this pool; the bindings are in ascending order.

        A stretch without gaps, which is what many leases mostly are, is known by its ends.
        """
        if bindings:
            first, last = self.number(bindings[0].address), self.number(bindings[-1].address)
            if first is not None and last is not None and last - first + 1 == len(bindings):
                return range(first, last + 1)
        return (n for each in bindings if (n := self.number(each.address)) is not None)

    def address(self, number: int) -> bytes:
        """The reverse of ``number``."""
        return (self._base + (number << self._shift)).to_bytes(self._octets, "big") + self._suffix


def pool_bounds(pool: Pool) -> tuple[int, int]:
    """First and last address as integers; an empty range (1, 0) for a pool without one."""
    if not pool.range_start:
        return 1, 0
    return int(ipaddress.ip_address(pool.range_start)), int(ipaddress.ip_address(pool.range_end))


def excluded(pool: Pool) -> Iterable[int]:
    """Addresses of a pool that are not given out: those listed, its gateway, its servers."""
    first, last = pool_bounds(pool)
    if pool.kind == "prefix":
        return
    network = ipaddress.ip_network(pool.subnet)
    edges = [network.network_address]
    if network.version == 4 and network.prefixlen < 31:
        edges.append(network.broadcast_address)
    listed = [text for text in (*pool.exclude, pool.gateway, *pool.dns) if text]
    for each in (*map(int, edges), *(int(ipaddress.ip_address(text)) for text in listed)):
        if first <= each <= last:
            yield each


def shape(pool: Pool) -> tuple[object, ...]:
    """What of a pool decides which addresses it gives out."""
    return (*pool_bounds(pool), pool.kind, pool.delegated_length, tuple(excluded(pool)))


class Offer(msgspec.Struct, gc=False):
    """An address kept for a client until ``until`` (lease time).

    There may be very many, and the collector need not look through them.
    """

    address: bytes
    until: int


@dataclass
class Subnet:
    """A network with the pools in it: what an arena is made for."""

    id: str
    family: Family
    pools: tuple[Pool, ...] = ()
    reserved: frozenset[bytes] = frozenset()
    """Addresses that reservations hold back from the pools."""
    first: int = field(init=False)
    last: int = field(init=False)

    def __post_init__(self) -> None:
        network = ipaddress.ip_network(self.id)
        self.first = int(network.network_address)
        self.last = int(network.broadcast_address)


class Arena:
    """The bindings, free addresses and offers of one subnet."""

    def __init__(self, subnet: Subnet) -> None:
        self.subnet = subnet
        self.pools = tuple(PoolInUse(pool) for pool in subnet.pools if pool.range_start)
        self._bindings: dict[bytes, Binding] = {}
        self._unread: dict[bytes, list[Binding]] = {}
        """Stretches of bindings that the start has left for later, by the ``lease_key`` of their
        last one, in ascending order."""
        self._unread_lasts: list[bytes] = []
        """These keys, and those of the stretches that have been taken in since."""
        self._ended: list[Binding] = []
        """What ``loaded`` is to give back."""
        self.clients: dict[bytes, Binding] = {}
        """The last binding of each client, also when it has ended."""
        self.offers: OrderedDict[bytes, Offer] = OrderedDict()
        """By client, the oldest first."""
        self.held: dict[bytes, bytes] = {}
        """Addresses taken from their pools but not leased yet, and for whom."""
        self.active = 0
        self.quarantined = 0
        self._same_client = False
        """Whether, of what was loaded, several bindings are one client's."""

    def refresh(self, subnet: Subnet) -> bool:
        """Take over a subnet's present settings; False when its ranges are others than before."""
        ranges = [pool for pool in subnet.pools if pool.range_start]
        if [shape(each.pool) for each in self.pools] != [shape(pool) for pool in ranges]:
            return False
        for each, pool in zip(self.pools, ranges, strict=True):
            each.pool = pool
        before, self.subnet = self.subnet, subnet
        for address in subnet.reserved - before.reserved:
            self._take_quietly(address)
        for address in before.reserved - subnet.reserved:
            binding = self.binding(address)
            if address not in self.held and (binding is None or binding.state in ENDED):
                self._give_back(address)
        return True

    # -- looking

    def binding(self, address: bytes) -> Binding | None:
        """Who has, or last had, an address."""
        found = self._bindings.get(address)
        if found is None and self._unread:
            self._read_around(address)
            return self._bindings.get(address)
        return found

    def all_bindings(self) -> Iterable[Binding]:
        """The bindings of all addresses that have one, in no order."""
        while self.read_on():
            pass
        return self._bindings.values()

    def read_on(self) -> bool:
        """Take in the next stretch that the start has left; False when there is none."""
        if not self._unread:
            self._unread_lasts.clear()
            return False
        self._read(next(iter(self._unread)))
        return True

    def _read_around(self, address: bytes) -> None:
        """Take in the stretch that an address would lie in."""
        at = bisect_left(self._unread_lasts, lease_key(address))
        if at < len(self._unread_lasts) and self._unread_lasts[at] in self._unread:
            self._read(self._unread_lasts[at])

    def _read(self, last: bytes) -> None:
        bindings = self._unread.pop(last)
        self._bindings.update(zip(map(_address, bindings), bindings, strict=True))

    # -- choosing

    def choose(self, client: bytes, wanted: bytes, allowed: Allowed) -> bytes | None:
        """The address for a client: its own, the one it had, the one it wants, any.

        It is held for the client from now on (``offer`` says how long).  None when nothing is free.
        """
        offer = self.offers.get(client)
        if offer is not None and self._may_have(offer.address, allowed):
            return offer.address
        binding = self.clients.get(client)
        if binding is not None:
            address = binding.address
            if binding.state == ACTIVE:
                if self._may_have(address, allowed):
                    return address
            elif self._take_at(address, client, allowed):
                return address
        if len(self.offers) >= OFFERS_MAX:
            return self._take_over(client, allowed)
        if wanted and self._take_at(wanted, client, allowed):
            return wanted
        return self._take(client, allowed) or self._take_over(client, allowed)

    def claim(self, client: bytes, address: bytes, allowed: Allowed) -> bool:
        """Whether the client may lease this very address now; it is held for it if so.

        It is no offer any more then: the caller commits it, or calls ``let_go``.
        """
        binding = self.binding(address)
        if binding is not None and binding.state == ACTIVE:
            if binding.client != client or not self._may_have(address, allowed):
                return False
            # Should the lease run out meanwhile, nobody else gets the address.
            self.held[address] = client
            return True
        holder = self.held.get(address)
        if holder is not None:
            return holder == client and self._no_offer_any_more(client, address)
        if address in self.subnet.reserved:
            return False
        return self._take_at(address, client, allowed)

    def claim_reserved(self, client: bytes, address: bytes) -> bool:
        """Hold an address reserved for this client; False while another client still has it."""
        binding = self.binding(address)
        if binding is not None and binding.state not in ENDED and binding.client != client:
            return False
        holder = self.held.setdefault(address, client)
        return holder == client and self._no_offer_any_more(client, address)

    def offer(self, client: bytes, address: bytes, until: int) -> None:
        """Keep ``address``, just chosen, for the client until ``until``."""
        binding = self.binding(address)
        if binding is not None and binding.state == ACTIVE:
            return
        before = self.offers.pop(client, None)
        if before is not None and before.address != address:
            self.let_go(before.address)
        self.offers[client] = Offer(address, until)

    def _no_offer_any_more(self, client: bytes, address: bytes) -> bool:
        offer = self.offers.get(client)
        if offer is not None and offer.address == address:
            del self.offers[client]
        return True

    def withdraw(self, client: bytes) -> None:
        """The client takes another server's offer, or none."""
        offer = self.offers.pop(client, None)
        if offer is not None:
            self.let_go(offer.address)

    def expire_offers(self, now: int) -> int:
        """Give back addresses whose offers nobody took; returns how many."""
        expired = 0
        while self.offers:
            client, offer = next(iter(self.offers.items()))
            if offer.until > now:
                break
            del self.offers[client]
            self.let_go(offer.address)
            expired += 1
        return expired

    def let_go(self, address: bytes) -> None:
        """Give back an address held, unless it is leased after all."""
        if self.held.pop(address, None) is not None:
            binding = self.binding(address)
            if binding is None or binding.state in ENDED:
                self._give_back(address)

    def pool_of(self, address: bytes) -> PoolInUse | None:
        """The pool that an address lies in."""
        for pool in self.pools:
            if pool.holds(address):
                return pool
        return None

    def _may_have(self, address: bytes, allowed: Allowed) -> bool:
        pool = self.pool_of(address)
        return pool is not None and address not in self.subnet.reserved and allowed(pool.pool)

    def _take_at(self, address: bytes, client: bytes, allowed: Allowed) -> bool:
        for pool in self.pools:
            number = pool.number(address)
            if number is not None:
                if not allowed(pool.pool) or not pool.free.take_at(number):
                    return False
                self.held[address] = client
                return True
        return False

    def _take(self, client: bytes, allowed: Allowed) -> bytes | None:
        for pool in self.pools:
            if allowed(pool.pool):
                number = pool.free.take()
                if number is not None:
                    address = pool.address(number)
                    self.held[address] = client
                    return address
        return None

    def _take_over(self, client: bytes, allowed: Allowed) -> bytes | None:
        """The address of the oldest offer: who asks without taking can't starve the others.

        Only the oldest ones are looked at, so that this costs the same whatever was offered.
        """
        for holder, offer in list(self._oldest_offers(8)):
            if self._may_have(offer.address, allowed):
                del self.offers[holder]
                self.held[offer.address] = client
                return offer.address
        return None

    def _oldest_offers(self, count: int) -> Iterable[tuple[bytes, Offer]]:
        for item, _ in zip(self.offers.items(), range(count), strict=False):
            yield item

    def _give_back(self, address: bytes) -> None:
        if address in self.subnet.reserved:
            return
        pool = self.pool_of(address)
        if pool is not None:
            number = pool.number(address)
            if number is not None:
                pool.free.release(number)

    # -- following what became durable

    def put(self, address: bytes, client: bytes, state: int, expires: int) -> Binding:
        """Note a lease as it is now; gives its binding."""
        binding = self.binding(address)
        before = 0 if binding is None else binding.state
        if binding is None or binding.client != client:
            if binding is not None:
                self._forget_client(binding)
            binding = self._bindings[address] = Binding(address, client, state, expires)
        else:
            binding.state = state
            binding.expires = expires
        if client:
            self.clients[client] = binding
        if state == ACTIVE:
            self._settle_offer(client, address)
        self.active += (state == ACTIVE) - (before == ACTIVE)
        if state in QUARANTINED or before in QUARANTINED:
            self.quarantined += (state in QUARANTINED) - (before in QUARANTINED)
        self._keep_or_give_back(address, client, state, before)
        return binding

    def _settle_offer(self, client: bytes, address: bytes) -> None:
        """The client has an address: what else it was offered is free again."""
        offer = self.offers.pop(client, None)
        if offer is not None and offer.address != address:
            self.let_go(offer.address)

    def _keep_or_give_back(self, address: bytes, client: bytes, state: int, before: int) -> None:
        """Bring the pool in step with a lease that has become ``state``."""
        holder = self.held.get(address)
        if state in ENDED:
            if holder is None:
                self._give_back(address)
        elif holder == client:
            del self.held[address]
        elif holder is None and (before == 0 or before in ENDED):
            self._take_quietly(address)

    def remove(self, address: bytes) -> None:
        """Forget a lease; its address is free unless it is held for somebody."""
        binding = self.binding(address)
        if binding is None:
            return
        del self._bindings[address]
        self._forget_client(binding)
        self.active -= binding.state == ACTIVE
        self.quarantined -= binding.state in QUARANTINED
        if address not in self.held:
            self._give_back(address)

    def _forget_client(self, binding: Binding) -> None:
        if self.clients.get(binding.client) is binding:
            del self.clients[binding.client]

    def _take_quietly(self, address: bytes) -> None:
        """An address is leased, whoever decided that: it can't be free as well."""
        pool = self.pool_of(address)
        if pool is not None:
            number = pool.number(address)
            if number is not None:
                pool.free.take_at(number)

    # -- starting

    def load(self, bindings: list[Binding]) -> None:
        """Take in stored bindings, in ascending order of their addresses; ``loaded`` ends it.

        Written with what runs in C, since there may be a million.  Finding one by its address
        needs no more than their order, so the table for that is filled later (``read_on``).
        """
        last = lease_key(bindings[-1].address)
        self._unread[last] = bindings
        self._unread_lasts.append(last)
        known = len(self.clients)
        self.clients.update(zip(map(_client, bindings), bindings, strict=True))
        self._same_client = self._same_client or len(self.clients) - known < len(bindings)
        states = Counter(map(_state, bindings))
        self.active += states[ACTIVE]
        self.quarantined += sum(states[state] for state in QUARANTINED)
        if any(states[state] for state in ENDED):
            self._ended.extend(each for each in bindings if each.state in ENDED)
        for pool in self.pools:
            pool.free.rebuild(pool.numbers_of(bindings))

    def loaded(self) -> None:
        """All bindings are in: free what has ended, the longest ended first."""
        if self._same_client:
            self._choose_bindings()
        self.clients.pop(b"", None)
        for binding in sorted(self._ended, key=_expires):
            self._give_back(binding.address)
        self._ended.clear()
        for address in self.subnet.reserved:
            self._take_quietly(address)
        for pool in self.pools:
            for number in excluded(pool.pool):
                pool.free.take_at(number)

    def _choose_bindings(self) -> None:
        """Of several bindings of a client, ``clients`` has the one that lasts longest."""
        clients = self.clients
        for binding in self.all_bindings():
            if clients[binding.client].expires < binding.expires:
                clients[binding.client] = binding
        self._same_client = False
