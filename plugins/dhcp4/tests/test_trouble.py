"""Clock jumps, a disk that fails, interfaces that go: what the server does then."""

import anyio
import pytest
from plugins.dhcp4.tests.bench import POOL, Bench, serving
from plugins.dhcp4.tests.client import MAC, ip, request

from microdns.errors import StorageFault
from microdns.testing import FakeClock
from microdns_dhcp.model import ACTIVE, EXPIRED
from microdns_dhcp.testing import fake_interface
from microdns_dhcp4.message import ACK, DISCOVER, OFFER, REQUEST

pytestmark = pytest.mark.anyio

FIRST = ip("192.0.2.100")
OTHER = b"\x02\x00\x00\x00\x00\x02"
SHORT = POOL.replace("3600", "120")


@pytest.mark.parametrize("jump", [-3600, 365 * 86_400])
async def test_a_clock_jump_ends_no_lease_early(fake_clock: FakeClock, jump: int) -> None:
    async with serving(SHORT, clock=fake_clock) as bench:
        await bench.lease()
        fake_clock.jump_wall(jump)
        await fake_clock.advance(100)
        lease = bench.book.lease(FIRST)
        assert lease is not None
        assert lease.state == ACTIVE
        await fake_clock.advance(30)
        await bench.settle()
        lease = bench.book.lease(FIRST)
        assert lease is not None
        assert lease.state == EXPIRED


async def test_leases_expire_and_are_purged_after_a_day(fake_clock: FakeClock) -> None:
    async with serving(SHORT, clock=fake_clock) as bench:
        await bench.lease()
        await fake_clock.advance(125)
        await bench.settle()
        assert [entry.type for entry in bench.journal()] == ["lease.granted", "lease.expired"]
        assert await bench.book.purge(86_400) == 0
        bench.book.clock._base += 86_400
        assert await bench.book.purge(86_400) == 1
        assert bench.book.lease(FIRST) is None
        arena = bench.book.arenas["192.0.2.0/24"]
        assert not list(arena.all_bindings())
        assert not arena.clients
        assert arena.pools[0].free.free == 10


async def test_without_a_disk_nobody_is_told_of_a_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving() as bench:
        offer = await bench.one(request(DISCOVER))

        def fail(*_: object) -> None:
            raise StorageFault("the disk is full")

        asked = request(REQUEST, (50, offer.yiaddr), (54, offer.options[54]))
        with monkeypatch.context() as broken:
            broken.setattr(bench.book._store, "transaction", fail)
            assert await bench.ask(asked) == []
        arena = bench.book.arenas["192.0.2.0/24"]
        assert not arena.held
        assert arena.pools[0].free.free == 10
        assert (await bench.one(asked)).type == ACK


async def test_an_interface_that_goes_down_and_comes_back_is_served_again() -> None:
    async with serving() as bench:
        before = bench.links.datagrams["eth0"]
        bench.links.change(fake_interface("eth0", "192.0.2.1/24", up=False))
        await bench.settle()
        assert before.closed
        bench.links.change(fake_interface("eth0", "192.0.2.1/24", index=9))
        await bench.settle()
        assert (await bench.one(request(DISCOVER))).type == OFFER


async def test_an_interface_renamed_to_the_wanted_name_is_served() -> None:
    async with serving() as bench:
        bench.links.change(fake_interface("other0", "192.0.2.1/24"))
        await bench.settle()
        assert bench.links.datagrams["eth0"].closed
        bench.links.change(fake_interface("eth0", "192.0.2.1/24"))
        await bench.settle()
        assert (await bench.one(request(DISCOVER))).type == OFFER


async def test_sockets_that_can_not_be_opened_are_tried_again() -> None:
    async with serving() as bench:
        bench.links.refusing = True
        bench.links.change(fake_interface("eth0", "192.0.2.1/24", index=9))
        await bench.settle()
        bench.links.refusing = False
        bench.links.change(fake_interface("eth0", "192.0.2.1/24", index=9))
        await bench.settle()
        assert (await bench.one(request(DISCOVER))).type == OFFER


async def test_an_interface_without_an_address_can_not_serve_its_own_link() -> None:
    async with serving() as bench:
        bench.links.change(fake_interface("eth0"))
        await bench.settle()
        assert await bench.ask(request(DISCOVER)) == []
        assert bench.count("discover", "no-subnet") == 1


async def levels_told(bench: Bench, count: int) -> list[str]:
    """The pool's levels in the journal, once there are ``count``: the disk takes its own time."""
    levels: list[str] = []
    with anyio.move_on_after(60):
        while len(levels) < count:
            await anyio.sleep(0.01)
            told = [getattr(entry.event, "level", "") for entry in bench.journal()]
            levels = [level for level in told if level]
    return levels


async def test_a_pool_that_runs_out_is_told_once_and_again_when_it_is_over(
    fake_clock: FakeClock,
) -> None:
    async with serving(SHORT, clock=fake_clock) as bench:
        for n in range(10):
            await bench.lease(bytes((2, 0, 0, 0, 2, n)))
        await fake_clock.advance(3)
        assert await levels_told(bench, 1) == ["exhausted"]
        await fake_clock.advance(150)
        assert (await levels_told(bench, 2))[-1] == "normal"


async def test_reserved_clients_get_theirs_while_others_starve_the_pool() -> None:
    config = POOL + '[[dhcp.v4.reservations]]\nmac = "02:00:00:00:00:01"\nip = "192.0.2.105"\n'
    async with serving(config) as bench:
        for n in range(30):
            await bench.ask(request(DISCOVER, (80, b""), mac=bytes((2, 6, 6, 6, 6, n))))
        assert bench.count("discover", "no-address") > 0
        assert (await bench.lease(MAC)).yiaddr == ip("192.0.2.105")
