"""One subnet in memory: offers, claims, leases, and what is free."""

from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from microdns_dhcp import arena as arena_module
from microdns_dhcp.arena import Arena, PoolInUse, Subnet
from microdns_dhcp.model import ACTIVE, EXPIRED, RELEASED, Binding, Pool


def pool(start: str = "192.0.2.10", end: str = "192.0.2.13") -> Pool:
    return Pool(id="p", family=4, subnet="192.0.2.0/24", range_start=start, range_end=end)


def an_arena() -> Arena:
    return Arena(Subnet(id="192.0.2.0/24", family=4, pools=(pool(),)))


def anyone(_pool: Pool) -> bool:
    return True


def test_offers_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arena_module, "OFFERS_MAX", 2)
    arena = an_arena()
    given = []
    for client in (b"a", b"b", b"c"):
        address = arena.choose(client, b"", anyone)
        assert address is not None
        arena.offer(client, address, 60)
        given.append(address)
    assert given[2] == given[0]
    assert list(arena.offers) == [b"b", b"c"]


def test_prefixes_are_counted_and_not_addresses() -> None:
    delegated = Pool(
        id="d",
        family=6,
        subnet="2001:db8::/40",
        range_start="2001:db8::",
        range_end="2001:db8:ff:ffff:ffff:ffff:ffff:ffff",
        kind="prefix",
        delegated_length=56,
    )
    in_use = PoolInUse(delegated)
    assert in_use.free.size == 1 << 16
    assert in_use.address(1)[:8] == b"\x20\x01\x0d\xb8\0\0\x01\0"
    assert in_use.number(in_use.address(1)) == 1
    assert in_use.number(in_use.address(1)[:16]) is None


def test_loaded_bindings_free_the_longest_ended_first() -> None:
    arena = an_arena()
    addresses = [bytes((192, 0, 2, n)) for n in range(10, 14)]
    arena.load(
        [
            Binding(addresses[0], b"a", EXPIRED, 50),
            Binding(addresses[1], b"b", ACTIVE, 500),
            Binding(addresses[2], b"c", RELEASED, 40),
            Binding(addresses[3], b"d", EXPIRED, 45),
        ]
    )
    arena.loaded()
    assert arena.active == 1
    assert arena.choose(b"d", b"", anyone) == addresses[3]
    assert [arena.choose(client, b"", anyone) for client in (b"x", b"y")] == [
        addresses[2],
        addresses[0],
    ]


def test_of_several_loaded_bindings_a_client_has_the_one_that_lasts_longest() -> None:
    arena = an_arena()
    addresses = [bytes((192, 0, 2, n)) for n in range(10, 13)]
    arena.load([Binding(addresses[0], b"a", EXPIRED, 50), Binding(addresses[1], b"a", ACTIVE, 500)])
    arena.load([Binding(addresses[2], b"a", RELEASED, 60), Binding(addresses[2], b"b", EXPIRED, 9)])
    arena.loaded()
    assert arena.clients[b"a"].address == addresses[1]


class NoAddressTwice(RuleBasedStateMachine):
    """Whatever clients and operators do, nobody gets an address that another has."""

    def __init__(self) -> None:
        super().__init__()
        self.arena = an_arena()
        self.clients = [b"a", b"b", b"c", b"d", b"e", b"f"]

    @rule(client=st.sampled_from(range(6)), wanted=st.integers(8, 15))
    def discover(self, client: int, wanted: int) -> None:
        name = self.clients[client]
        address = self.arena.choose(name, bytes((192, 0, 2, wanted)), anyone)
        if address is not None:
            holder = self.arena.binding(address)
            assert holder is None or holder.state != ACTIVE or holder.client == name
            self.arena.offer(name, address, 60)

    @rule(client=st.sampled_from(range(6)), last=st.integers(8, 15), stored=st.booleans())
    def request(self, client: int, last: int, stored: bool) -> None:
        name, address = self.clients[client], bytes((192, 0, 2, last))
        before = self.arena.binding(address)
        if self.arena.claim(name, address, anyone):
            assert before is None or before.state != ACTIVE or before.client == name
            if stored:
                self.arena.put(address, name, ACTIVE, 100)
            else:
                self.arena.let_go(address)

    @rule(last=st.integers(10, 13), state=st.sampled_from([RELEASED, EXPIRED]))
    def end(self, last: int, state: int) -> None:
        binding = self.arena.binding(bytes((192, 0, 2, last)))
        if binding is not None and binding.state == ACTIVE:
            self.arena.put(binding.address, binding.client, state, 50)

    @rule(last=st.integers(10, 13))
    def delete(self, last: int) -> None:
        self.arena.remove(bytes((192, 0, 2, last)))

    @rule(now=st.sampled_from([0, 60]))
    def time_passes(self, now: int) -> None:
        self.arena.expire_offers(now)

    @invariant()
    def every_address_is_free_held_or_leased(self) -> None:
        free = self.arena.pools[0].free
        for last in range(10, 14):
            address = bytes((192, 0, 2, last))
            binding = self.arena.binding(address)
            active = binding is not None and binding.state == ACTIVE
            taken = active or address in self.arena.held
            assert free.is_free(int.from_bytes(address, "big")) != taken

    @invariant()
    def offers_are_held(self) -> None:
        addresses = [offer.address for offer in self.arena.offers.values()]
        assert len(set(addresses)) == len(addresses)
        for client, offer in self.arena.offers.items():
            assert self.arena.held.get(offer.address) == client

    @invariant()
    def counts(self) -> None:
        states = [each.state for each in self.arena.all_bindings()]
        assert self.arena.active == states.count(ACTIVE)


NoAddressTwice.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestNoAddressTwice: Any = NoAddressTwice.TestCase
