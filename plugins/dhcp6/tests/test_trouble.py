"""Clock jumps, a disk that fails, interfaces that go, attacks: what the server does then."""

import pytest
from plugins.dhcp6.tests.bench import DELEGATION, FIRST, POOL, SERVER, serving
from plugins.dhcp6.tests.client import DUID, ip, na, pd, prefix, request

from microdns.errors import StorageFault
from microdns.testing import FakeClock
from microdns_dhcp.model import ACTIVE, EXPIRED
from microdns_dhcp.testing import fake_interface
from microdns_dhcp6.message import NO_ADDRS, REPLY, REQUEST, SOLICIT

pytestmark = pytest.mark.anyio

SHORT = POOL.replace("3600", "120") + DELEGATION + "lease_time_secs = 120\n"
ADDRESSES = "fe80::fe/64", "2001:db8::1/64"


def stranger(n: int) -> bytes:
    return b"\0\4" + n.to_bytes(16, "big")


@pytest.mark.parametrize("jump", [-3600, 365 * 86_400])
async def test_a_clock_jump_ends_no_lease_early(fake_clock: FakeClock, jump: int) -> None:
    async with serving(SHORT, clock=fake_clock) as bench:
        await bench.lease()
        fake_clock.jump_wall(jump)
        await fake_clock.advance(100)
        await bench.book.expire_due()
        lease = bench.book.lease(ip(FIRST))
        assert lease is not None
        assert lease.state == ACTIVE
        await fake_clock.advance(30)
        await bench.book.expire_due()
        lease = bench.book.lease(ip(FIRST))
        assert lease is not None
        assert lease.state == EXPIRED


async def test_expired_prefixes_withdraw_their_routes(fake_clock: FakeClock) -> None:
    async with serving(SHORT, clock=fake_clock) as bench:
        await bench.lease(ia=pd())
        await fake_clock.advance(125)
        await bench.book.expire_due()
        types = [entry.type for entry in bench.journal("route.*")]
        assert types == ["route.delegated", "route.withdrawn"]
        lease = bench.book.lease(prefix("2001:db8:100::/56"))
        assert lease is not None
        assert lease.state == EXPIRED


async def test_without_a_disk_nobody_is_told_of_a_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(POOL + DELEGATION) as bench:

        def fail(*_: object) -> None:
            raise StorageFault("the disk is full")

        asked = request(REQUEST, na(FIRST), pd(iaid=2), server=SERVER)
        with monkeypatch.context() as broken:
            broken.setattr(bench.book._store, "transaction", fail)
            assert await bench.ask(asked) == []
        for arena in bench.book.arenas.values():
            assert not arena.held
            assert not list(arena.all_bindings())
        assert (await bench.one(asked)).type == REPLY


@pytest.mark.parametrize("kind", [SOLICIT, REQUEST])
async def test_who_asks_again_before_its_lease_is_on_disk_gets_one_lease(kind: int) -> None:
    async with serving() as bench:
        asked = request(kind, na(), (14, b""), server=None if kind == SOLICIT else SERVER)
        socket = bench.links.datagrams6["eth0"]
        for _ in range(3):
            socket.deliver(asked, ("fe80::1", 546, 0, 2), "ff02::1:2")
        await bench.settle()
        assert len(socket.sent) == 1
        arena = bench.book.arenas["2001:db8::/64"]
        assert (arena.active, len(arena.held)) == (1, 0)


async def test_an_interface_that_goes_down_and_comes_back_is_served_again() -> None:
    async with serving() as bench:
        before = bench.links.datagrams6["eth0"]
        bench.links.change(fake_interface("eth0", *ADDRESSES, up=False))
        await bench.settle()
        assert before.closed
        bench.links.change(fake_interface("eth0", *ADDRESSES, index=9))
        await bench.settle()
        assert (await bench.one(request(SOLICIT, na()))).address == FIRST


async def test_an_interface_renamed_to_the_wanted_name_is_served() -> None:
    async with serving() as bench:
        bench.links.change(fake_interface("other0", *ADDRESSES))
        await bench.settle()
        assert bench.links.datagrams6["eth0"].closed
        bench.links.change(fake_interface("eth0", *ADDRESSES))
        await bench.settle()
        assert len(await bench.ask(request(SOLICIT, na()))) == 1


async def test_sockets_that_can_not_be_opened_are_tried_again() -> None:
    async with serving() as bench:
        bench.links.refusing = True
        bench.links.change(fake_interface("eth0", *ADDRESSES, index=9))
        await bench.settle()
        bench.links.refusing = False
        bench.links.change(fake_interface("eth0", *ADDRESSES, index=9))
        await bench.settle()
        assert len(await bench.ask(request(SOLICIT, na()))) == 1


async def test_an_interface_without_a_pool_serves_nobody() -> None:
    async with serving() as bench:
        bench.links.change(fake_interface("eth0", "fe80::fe/64"))
        await bench.settle()
        assert await bench.ask(request(SOLICIT, na())) == []
        assert bench.count("solicit", "no-subnet") == 1


async def test_reserved_clients_get_theirs_while_others_starve_the_pool() -> None:
    config = POOL + f'[[dhcp.v6.reservations]]\nduid = "{DUID.hex()}"\nip = "2001:db8::105"\n'
    async with serving(config) as bench:
        for n in range(20):
            await bench.ask(request(SOLICIT, na(), (14, b""), duid=stranger(n)))
        assert bench.count("solicit", "no-address") > 0
        refused = await bench.one(request(SOLICIT, na(), duid=stranger(99)))
        assert refused.ias[0].status == NO_ADDRS
        assert (await bench.lease()).address == "2001:db8::105"


async def test_who_only_solicits_can_not_keep_addresses_from_those_who_request() -> None:
    async with serving() as bench:
        for n in range(40):
            await bench.ask(request(SOLICIT, na(), duid=stranger(n)))
        arena = bench.book.arenas["2001:db8::/64"]
        assert len(arena.offers) == 10
        assert (await bench.lease()).ias[0].items


async def test_octets_that_are_no_message_are_counted() -> None:
    async with serving() as bench:
        for data in (b"\1", b"\1abc\0", b"\x0c", bytes(5000), b"\x0c" * 600):
            assert await bench.ask(data) == []
        assert bench.figure("microdns_dhcp6_malformed_total") == 5


async def test_a_reply_that_can_not_be_sent_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving() as bench:

        def fail(*_: object) -> int:
            raise OSError("no route")

        monkeypatch.setattr(bench.links.datagrams6["eth0"], "sendto", fail)
        assert await bench.ask(request(SOLICIT, na())) == []
        assert bench.figure("microdns_dhcp6_replies_unsent_total") == 1
