"""The protocol of RFC 2131, message by message."""

from pathlib import Path

import pytest
from plugins.dhcp4.tests.bench import ADDRESS, POOL, SERVER, serving
from plugins.dhcp4.tests.client import MAC, ip, request

from microdns.testing import FakeClock
from microdns_dhcp.model import ACTIVE, DECLINED, RELEASED
from microdns_dhcp4.message import (
    ACK,
    DECLINE,
    DISCOVER,
    INFORM,
    NAK,
    OFFER,
    RELEASE,
    REQUEST,
)

pytestmark = pytest.mark.anyio

QUARANTINE = "[dhcp]\nquarantine = 60\n"

OTHER = b"\x02\x00\x00\x00\x00\x02"
FIRST = ip("192.0.2.100")


async def test_3_1_a_new_client_gets_an_address_and_its_settings() -> None:
    async with serving() as bench:
        offer = await bench.one(request(DISCOVER, (55, bytes((1, 3, 6, 15)))))
        assert (offer.type, offer.yiaddr, offer.options[54]) == (OFFER, FIRST, SERVER)
        chosen = (50, offer.yiaddr), (54, SERVER), (55, bytes((1, 3, 6, 15)))
        ack = await bench.one(request(REQUEST, *chosen))
        assert (ack.type, ack.yiaddr, ack.xid, ack.chaddr) == (ACK, FIRST, 0x12345678, MAC)
        assert ack.options[51] == (3600).to_bytes(4, "big")
        assert ack.options[58] == (1800).to_bytes(4, "big")
        assert ack.options[59] == (3150).to_bytes(4, "big")
        assert ack.options[1] == ip("255.255.255.0")
        assert ack.options[3] == ip("192.0.2.1")
        assert ack.options[6] == ip("192.0.2.53")
        assert ack.options[15] == b"example.com"


async def test_3_1_an_ack_is_durable_before_it_is_sent() -> None:
    async with serving() as bench:
        await bench.lease()
        (entry,) = bench.journal()
        assert entry.type == "lease.granted"
        lease = bench.book.lease(FIRST)
        assert lease is not None
        assert (lease.state, lease.hardware) == (ACTIVE, b"\1" + MAC)


async def test_4_1_replies_reach_a_client_without_address_as_a_frame() -> None:
    async with serving() as bench:
        await bench.ask(request(DISCOVER))
        (frame,) = bench.links.frames["eth0"].sent
        assert frame[:6] == MAC
        assert frame[30:34] == FIRST
        assert bench.links.datagrams["eth0"].sent == []


async def test_4_1_replies_are_broadcast_to_who_asks_for_that() -> None:
    async with serving() as bench:
        await bench.ask(request(DISCOVER, broadcast=True))
        ((_, address),) = bench.links.datagrams["eth0"].sent
        assert address == ("255.255.255.255", 68)


async def test_4_1_replies_to_a_renewing_client_go_to_its_address() -> None:
    async with serving() as bench:
        await bench.lease()
        await bench.ask(request(REQUEST, ciaddr="192.0.2.100"), "192.0.2.100")
        ((data, address),) = bench.links.datagrams["eth0"].sent
        assert address == ("192.0.2.100", 68)
        assert data[12:16] == FIRST


async def test_4_1_replies_to_relayed_requests_go_to_the_relay() -> None:
    async with serving() as bench:
        await bench.ask(request(DISCOVER, (82, b"\1\3abc"), giaddr="192.0.2.254"), "192.0.2.254")
        ((_, address),) = bench.links.datagrams["eth0"].sent
        assert address == ("192.0.2.254", 67)
        (offer,) = bench.replies()
        assert offer.options[82] == b"\1\3abc"


async def test_4_3_1_a_client_gets_the_address_that_it_had() -> None:
    async with serving() as bench:
        await bench.lease()
        await bench.lease(OTHER)
        release = request(RELEASE, (54, SERVER), ciaddr="192.0.2.100")
        await bench.ask(release, "192.0.2.100")
        assert (await bench.one(request(DISCOVER))).yiaddr == FIRST


async def test_4_3_1_a_client_may_choose_among_free_addresses() -> None:
    async with serving() as bench:
        offer = await bench.one(request(DISCOVER, (50, ip("192.0.2.107"))))
        assert offer.yiaddr == ip("192.0.2.107")


async def test_4_3_1_offered_addresses_are_offered_to_nobody_else() -> None:
    async with serving() as bench:
        first = await bench.one(request(DISCOVER))
        second = await bench.one(request(DISCOVER, mac=OTHER))
        assert first.yiaddr != second.yiaddr
        again = await bench.one(request(DISCOVER))
        assert again.yiaddr == first.yiaddr


async def test_4_3_2_selecting_another_server_frees_the_offer() -> None:
    async with serving() as bench:
        await bench.ask(request(DISCOVER))
        assert await bench.ask(request(REQUEST, (50, FIRST), (54, ip("192.0.2.2")))) == []
        assert bench.count("request", "other-server") == 1
        arena = bench.book.arenas["192.0.2.0/24"]
        assert not arena.offers
        assert not arena.held


async def test_4_3_2_an_address_of_another_client_is_refused() -> None:
    async with serving() as bench:
        await bench.lease()
        reply = await bench.one(request(REQUEST, (50, FIRST), (54, SERVER), mac=OTHER))
        assert reply.type == NAK
        assert reply.yiaddr == bytes(4)
        ((_, address),) = bench.links.datagrams["eth0"].sent
        assert address == ("255.255.255.255", 68)


async def test_4_3_2_init_reboot_keeps_the_address() -> None:
    async with serving() as bench:
        await bench.lease()
        assert (await bench.one(request(REQUEST, (50, FIRST)))).type == ACK


async def test_4_3_2_init_reboot_on_another_network_is_refused() -> None:
    async with serving() as bench:
        assert (await bench.one(request(REQUEST, (50, ip("198.51.100.7"))))).type == NAK


async def test_4_3_2_without_authority_unknown_clients_hear_nothing() -> None:
    async with serving(settings="authoritative = false") as bench:
        assert await bench.ask(request(REQUEST, (50, ip("198.51.100.7")))) == []
        assert await bench.ask(request(REQUEST, (50, FIRST))) == []
        assert bench.count("request", "unknown-client") == 1


async def test_4_3_2_renewing_makes_the_lease_last_longer(fake_clock: FakeClock) -> None:
    async with serving(clock=fake_clock) as bench:
        await bench.lease()
        before = bench.book.lease(FIRST)
        await fake_clock.advance(1000)
        assert (await bench.one(request(REQUEST, ciaddr="192.0.2.100"))).type == ACK
        after = bench.book.lease(FIRST)
        assert before is not None
        assert after is not None
        assert after.expires == before.expires + 1000
        assert bench.journal()[-1].type == "lease.renewed"


async def test_4_3_2_a_relayed_nak_is_marked_for_broadcast() -> None:
    async with serving() as bench:
        asked = request(REQUEST, (50, ip("198.51.100.7")), giaddr="192.0.2.254")
        reply = await bench.one(asked, "192.0.2.254")
        assert reply.type == NAK
        assert reply.flags & 0x8000


async def test_4_3_3_a_declined_address_is_given_to_nobody_for_a_while(
    fake_clock: FakeClock,
) -> None:
    async with serving(POOL + QUARANTINE, clock=fake_clock) as bench:
        await bench.lease()
        assert await bench.ask(request(DECLINE, (50, FIRST), (54, SERVER))) == []
        lease = bench.book.lease(FIRST)
        assert lease is not None
        assert lease.state == DECLINED
        taken = [
            (await bench.one(request(DISCOVER, mac=bytes(5) + bytes((n,))))).yiaddr
            for n in range(9)
        ]
        assert FIRST not in taken
        await fake_clock.advance(62)
        await bench.book.expire_due()
        assert bench.book.arenas["192.0.2.0/24"].pools[0].free.is_free(int.from_bytes(FIRST, "big"))


async def test_4_3_3_nobody_can_decline_the_whole_pool_away() -> None:
    async with serving() as bench:
        for n in range(6):
            mac = bytes((2, 0, 0, 0, 1, n))
            ack = await bench.lease(mac)
            await bench.ask(request(DECLINE, (50, ack.yiaddr), (54, SERVER), mac=mac))
        assert bench.count("decline", "declined") == 2
        assert bench.count("decline", "too-many-declined") == 4


async def test_4_3_4_a_released_address_is_free() -> None:
    async with serving() as bench:
        await bench.lease()
        release = request(RELEASE, (54, SERVER), ciaddr="192.0.2.100")
        assert await bench.ask(release, "192.0.2.100") == []
        lease = bench.book.lease(FIRST)
        assert lease is not None
        assert lease.state == RELEASED


async def test_4_3_4_a_neighbour_can_release_nothing() -> None:
    async with serving() as bench:
        await bench.lease()
        forged = request(RELEASE, (54, SERVER), ciaddr="192.0.2.100")
        await bench.ask(forged, "192.0.2.66")
        other = request(RELEASE, (54, SERVER), ciaddr="192.0.2.100", mac=OTHER)
        await bench.ask(other, "192.0.2.100")
        assert bench.count("release", "spoofed") == 1
        assert bench.count("release", "not-its-lease") == 1
        lease = bench.book.lease(FIRST)
        assert lease is not None
        assert lease.state == ACTIVE


async def test_4_3_5_inform_is_answered_without_a_lease() -> None:
    async with serving() as bench:
        ack = await bench.one(request(INFORM, (55, b"\6"), ciaddr="192.0.2.77"), "192.0.2.77")
        assert ack.type == ACK
        assert ack.yiaddr == bytes(4)
        assert 51 not in ack.options
        assert ack.options[6] == ip("192.0.2.53")
        assert bench.journal() == []


async def test_a_full_pool_answers_nobody_new_and_everybody_old() -> None:
    async with serving() as bench:
        for n in range(10):
            await bench.lease(bytes((2, 0, 0, 0, 2, n)))
        assert await bench.ask(request(DISCOVER)) == []
        assert bench.count("discover", "no-address") == 1
        again = await bench.one(request(DISCOVER, mac=bytes((2, 0, 0, 0, 2, 3))))
        assert again.yiaddr == ip("192.0.2.103")


async def test_random_hardware_addresses_starve_nobody_who_takes_an_offer() -> None:
    async with serving() as bench:
        for n in range(50):
            await bench.ask(request(DISCOVER, mac=bytes((2, 6, 6, 6, 6, n))))
        ack = await bench.lease()
        assert ack.type == ACK
        arena = bench.book.arenas["192.0.2.0/24"]
        assert len(arena.offers) <= 10
        assert len(arena.held) == len(arena.offers)


async def test_leases_outlive_the_process(tmp_path: Path) -> None:
    async with serving(folder=tmp_path) as bench:
        await bench.lease()
    async with serving(folder=tmp_path) as bench:
        assert (await bench.one(request(DISCOVER, mac=OTHER))).yiaddr == ip("192.0.2.101")
        assert (await bench.one(request(REQUEST, ciaddr="192.0.2.100"))).type == ACK


RESERVED = (
    POOL
    + """
[[dhcp.v4.reservations]]
mac = "02-00-00-00-00-01"
ip = "192.0.2.50"
hostname = "server1"
dns = ["192.0.2.99"]

[[dhcp.v4.reservations]]
circuit_id = "port7"
ip = "192.0.2.105"
"""
)


async def test_a_reserved_client_gets_its_address_name_and_settings() -> None:
    async with serving(RESERVED) as bench:
        ack = await bench.lease(MAC, (55, bytes((6, 3))))
        assert ack.yiaddr == ip("192.0.2.50")
        assert ack.options[12] == b"server1"
        assert ack.options[6] == ip("192.0.2.99")
        assert ack.options[3] == ip(ADDRESS)
        lease = bench.book.lease(ip("192.0.2.50"))
        assert lease is not None
        assert lease.hostname == "server1"


async def test_a_circuit_can_have_a_reservation() -> None:
    async with serving(RESERVED) as bench:
        option = (82, b"\1\5port7")
        asked = request(DISCOVER, option, mac=OTHER, giaddr="192.0.2.254")
        assert (await bench.one(asked)).yiaddr == ip("192.0.2.105")


async def test_reserved_addresses_are_given_to_nobody_else() -> None:
    async with serving(RESERVED) as bench:
        taken = [
            (await bench.one(request(DISCOVER, mac=bytes(5) + bytes((n,))))).yiaddr
            for n in range(9)
        ]
        assert ip("192.0.2.105") not in taken
        refused = await bench.one(request(REQUEST, (50, ip("192.0.2.50")), (54, SERVER), mac=OTHER))
        assert refused.type == NAK
