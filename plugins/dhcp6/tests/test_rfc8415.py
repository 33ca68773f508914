"""The protocol of RFC 8415, message by message."""

from pathlib import Path

import pytest
from plugins.dhcp6.tests.bench import (
    DELEGATION,
    FIRST,
    PEER,
    POOL,
    SERVER,
    Bench,
    serving,
)
from plugins.dhcp6.tests.client import (
    DUID,
    MAC,
    XID,
    ip,
    na,
    oro,
    pd,
    prefix,
    relay,
    request,
    ta,
)

from microdns.testing import FakeClock
from microdns_dhcp.model import ACTIVE, DECLINED, EXPIRED, RELEASED
from microdns_dhcp6.message import (
    ADVERTISE,
    CONFIRM,
    DECLINE,
    INFORMATION_REQUEST,
    NO_ADDRS,
    NO_BINDING,
    NO_PREFIX,
    NOT_ON_LINK,
    REBIND,
    RECONFIGURE,
    RELAY_REPL,
    RELEASE,
    RENEW,
    REPLY,
    REQUEST,
    SOLICIT,
    SUCCESS,
    USE_MULTICAST,
)

pytestmark = pytest.mark.anyio

QUARANTINE = "[dhcp]\nquarantine = 60\n"

OTHER = b"\0\3\0\1\x02\0\0\0\0\2"
STRANGER = b"\0\4" + bytes(16)
ELSEWHERE = "2001:db8:ffff::1"


def state_of(bench: Bench, address: str) -> int:
    lease = bench.book.lease(prefix(address) if "/" in address else ip(address))
    assert lease is not None
    return lease.state


async def test_16_messages_that_servers_do_not_take_are_malformed() -> None:
    async with serving() as bench:
        for kind in (0, ADVERTISE, REPLY, RECONFIGURE, RELAY_REPL, 99):
            assert await bench.ask(request(kind, na(), server=SERVER)) == []
        assert bench.figure("microdns_dhcp6_malformed_total") == 6


@pytest.mark.parametrize("kind", [SOLICIT, CONFIRM, REBIND])
async def test_16_server_identifiers_have_no_place_in_some(kind: int) -> None:
    async with serving() as bench:
        assert await bench.ask(request(kind, na(FIRST), server=SERVER)) == []


@pytest.mark.parametrize("kind", [REQUEST, RENEW, RELEASE, DECLINE])
async def test_16_others_need_the_servers_own(kind: int) -> None:
    async with serving() as bench:
        assert await bench.ask(request(kind, na(FIRST))) == []
        assert await bench.ask(request(kind, na(FIRST), server=STRANGER)) == []
        name = {REQUEST: "request", RENEW: "renew", RELEASE: "release", DECLINE: "decline"}[kind]
        assert bench.count(name, "invalid") == 1
        assert bench.count(name, "other-server") == 1


@pytest.mark.parametrize("duid", [None, b"", b"\0\1", bytes(131)])
async def test_16_clients_without_a_sound_duid_are_not_answered(duid: bytes | None) -> None:
    async with serving() as bench:
        assert await bench.ask(request(SOLICIT, na(), duid=duid)) == []
        assert bench.count("solicit", "no-client") == 1


@pytest.mark.parametrize("kind", [SOLICIT, CONFIRM, REBIND, INFORMATION_REQUEST])
async def test_16_unicast_is_discarded(kind: int) -> None:
    async with serving() as bench:
        wanted = () if kind == INFORMATION_REQUEST else (na(FIRST),)
        assert await bench.ask(request(kind, *wanted), to="2001:db8::1") == []


@pytest.mark.parametrize("kind", [REQUEST, RENEW, RELEASE, DECLINE])
async def test_18_3_2_unicast_for_a_lease_is_told_to_use_multicast(kind: int) -> None:
    async with serving() as bench:
        reply = await bench.one(request(kind, na(FIRST), server=SERVER), to="2001:db8::1")
        assert (reply.type, reply.status, reply.ias) == (REPLY, USE_MULTICAST, [])
        assert (reply.options[1], reply.options[2]) == (DUID, SERVER)


async def test_18_3_1_a_new_client_gets_an_address_and_its_settings() -> None:
    async with serving() as bench:
        offer = await bench.one(request(SOLICIT, na(), oro(23, 24)))
        assert (offer.type, offer.address, offer.xid) == (ADVERTISE, FIRST, XID)
        assert (offer.options[1], offer.options[2]) == (DUID, SERVER)
        reply = await bench.one(request(REQUEST, na(FIRST), oro(23, 24), server=SERVER))
        assert (reply.type, reply.address) == (REPLY, FIRST)
        (ia,) = reply.ias
        assert (ia.iaid, ia.t1, ia.t2, ia.items) == (1, 1125, 1800, {FIRST: (2250, 3600)})
        assert reply.options[23] == ip("2001:db8::53")
        assert reply.options[24] == b"\7example\3com\0"


async def test_18_3_1_replies_go_to_the_clients_port_and_address() -> None:
    async with serving() as bench:
        await bench.ask(request(SOLICIT, na()), port=40000)
        ((_, address),) = bench.links.datagrams6["eth0"].sent
        assert address == (PEER, 546, 0, 2)


async def test_18_3_1_offered_addresses_are_offered_to_nobody_else() -> None:
    async with serving() as bench:
        first = await bench.one(request(SOLICIT, na()))
        second = await bench.one(request(SOLICIT, na(), duid=OTHER))
        again = await bench.one(request(SOLICIT, na()))
        assert first.address == again.address != second.address


async def test_18_3_1_a_client_may_choose_among_free_addresses() -> None:
    async with serving() as bench:
        wanted = na("2001:db8::107")
        assert (await bench.one(request(SOLICIT, wanted))).address == "2001:db8::107"


async def test_18_3_1_rapid_commit_leases_in_two_messages() -> None:
    async with serving() as bench:
        reply = await bench.one(request(SOLICIT, na(), (14, b"")))
        assert (reply.type, reply.address, reply.options[14]) == (REPLY, FIRST, b"")
        assert bench.journal()[0].type == "lease.granted"
        assert not bench.book.arenas["2001:db8::/64"].offers


async def test_18_3_1_rapid_commit_can_be_switched_off() -> None:
    async with serving(settings="rapid_commit = false") as bench:
        assert (await bench.one(request(SOLICIT, na(), (14, b"")))).type == ADVERTISE


async def test_18_3_9_an_advertise_without_addresses_says_so_in_the_ia() -> None:
    async with serving() as bench:
        for n in range(10):
            await bench.lease(OTHER + bytes((n,)))
        reply = await bench.one(request(SOLICIT, na(), pd(iaid=2)))
        assert reply.type == ADVERTISE
        assert [ia.status for ia in reply.ias] == [NO_ADDRS, NO_PREFIX]
        assert bench.count("solicit", "no-address") == 1


async def test_18_3_2_a_request_without_addresses_left_says_so() -> None:
    async with serving() as bench:
        for n in range(10):
            await bench.lease(OTHER + bytes((n,)))
        reply = await bench.one(request(REQUEST, na(FIRST), server=SERVER))
        assert (reply.type, reply.ias[0].status) == (REPLY, NO_ADDRS)


async def test_18_3_2_a_reply_is_durable_before_it_is_sent() -> None:
    async with serving() as bench:
        await bench.lease()
        (entry,) = bench.journal()
        assert entry.type == "lease.granted"
        lease = bench.book.lease(ip(FIRST))
        assert lease is not None
        assert (lease.state, lease.hardware) == (ACTIVE, b"\1" + MAC)
        assert (lease.duid, lease.iaid, lease.peer) == (DUID, 1, ip(PEER))


async def test_18_3_2_addresses_of_another_link_are_refused() -> None:
    async with serving() as bench:
        reply = await bench.one(request(REQUEST, na(ELSEWHERE), server=SERVER))
        assert reply.ias[0].status == NOT_ON_LINK
        assert bench.journal() == []


async def test_18_3_2_a_request_for_what_another_has_gets_something_else() -> None:
    async with serving() as bench:
        await bench.lease()
        reply = await bench.one(request(REQUEST, na(FIRST), server=SERVER, duid=OTHER))
        assert reply.address == "2001:db8::101"


async def test_18_3_2_a_client_holds_one_address_an_ia_however_often_it_asks() -> None:
    async with serving() as bench:
        await bench.lease()
        reply = await bench.one(request(REQUEST, na("2001:db8::105"), server=SERVER))
        assert reply.address == FIRST
        assert bench.book.arenas["2001:db8::/64"].active == 1


async def test_18_3_2_selecting_another_server_frees_the_offer() -> None:
    async with serving() as bench:
        await bench.ask(request(SOLICIT, na()))
        assert await bench.ask(request(REQUEST, na(FIRST), server=STRANGER)) == []
        arena = bench.book.arenas["2001:db8::/64"]
        assert not arena.offers
        assert not arena.held


async def test_12_several_ias_get_an_address_each_and_renew_together() -> None:
    config = POOL + DELEGATION.replace("delegated_len", "lease_time_secs = 1600\ndelegated_len")
    async with serving(config) as bench:
        wanted = na(iaid=1), na(iaid=2), pd(iaid=1)
        reply = await bench.one(request(SOLICIT, *wanted, (14, b"")))
        assert [list(ia.items) for ia in reply.ias] == [
            [FIRST],
            ["2001:db8::101"],
            ["2001:db8:100::/56"],
        ]
        # T1 and T2 follow from the shortest preferred lifetime, 1000 s.
        assert {(ia.t1, ia.t2) for ia in reply.ias} == {(500, 800)}
        assert len(bench.journal("lease.*")) == 3


async def test_12_the_same_ia_twice_counts_once() -> None:
    async with serving() as bench:
        reply = await bench.one(request(SOLICIT, na(), na(), (14, b"")))
        assert len(reply.ias) == 1


async def test_21_5_temporary_addresses_are_refused() -> None:
    async with serving() as bench:
        reply = await bench.one(request(SOLICIT, ta(), na()))
        refused, given = reply.ias
        assert (refused.kind, refused.status, refused.items) == (4, NO_ADDRS, {})
        assert list(given.items) == [FIRST]


async def test_18_3_3_confirm_tells_whether_addresses_fit_the_link() -> None:
    async with serving() as bench:
        assert (await bench.one(request(CONFIRM, na(FIRST)))).status == SUCCESS
        assert (await bench.one(request(CONFIRM, na(FIRST, ELSEWHERE)))).status == NOT_ON_LINK
        assert await bench.ask(request(CONFIRM, na())) == []


async def test_18_3_3_a_server_without_authority_refuses_nothing() -> None:
    async with serving(settings="authoritative = false") as bench:
        assert await bench.ask(request(CONFIRM, na(ELSEWHERE))) == []
        assert (await bench.one(request(CONFIRM, na(FIRST)))).status == SUCCESS


async def test_18_3_4_renew_prolongs(fake_clock: FakeClock) -> None:
    async with serving(clock=fake_clock) as bench:
        await bench.lease()
        await fake_clock.advance(1200)
        reply = await bench.one(request(RENEW, na(FIRST), server=SERVER))
        assert reply.ias[0].items == {FIRST: (2250, 3600)}
        lease = bench.book.lease(ip(FIRST))
        assert lease is not None
        assert lease.renewed - lease.started >= 1200
        assert [entry.type for entry in bench.journal()] == ["lease.granted", "lease.renewed"]


async def test_18_3_4_renew_of_what_nobody_knows_makes_a_binding_if_it_is_free() -> None:
    async with serving() as bench:
        reply = await bench.one(request(RENEW, na("2001:db8::105"), server=SERVER))
        assert reply.ias[0].items == {"2001:db8::105": (2250, 3600)}


async def test_18_3_4_renew_of_anothers_address_has_no_binding() -> None:
    async with serving() as bench:
        await bench.lease()
        reply = await bench.one(request(RENEW, na(FIRST), server=SERVER, duid=OTHER))
        assert (reply.ias[0].status, reply.ias[0].items) == (NO_BINDING, {})


async def test_18_3_4_renew_of_another_links_address_ends_it() -> None:
    async with serving() as bench:
        reply = await bench.one(request(RENEW, na(ELSEWHERE), server=SERVER))
        assert reply.ias[0].items == {FIRST: (2250, 3600), ELSEWHERE: (0, 0)}


async def test_18_3_5_rebind_prolongs() -> None:
    async with serving() as bench:
        await bench.lease()
        assert (await bench.one(request(REBIND, na(FIRST)))).address == FIRST


async def test_18_3_5_without_authority_rebind_of_what_nobody_knows_is_silent() -> None:
    async with serving(settings="authoritative = false") as bench:
        assert await bench.ask(request(REBIND, na(FIRST))) == []
        assert await bench.ask(request(REBIND, na(ELSEWHERE))) == []
        assert bench.count("rebind", "silent") == 2


async def test_18_3_6_information_without_a_lease() -> None:
    async with serving() as bench:
        reply = await bench.one(request(INFORMATION_REQUEST, oro(23)))
        assert (reply.type, reply.ias) == (REPLY, [])
        assert reply.options[23] == ip("2001:db8::53")
        anonymous = await bench.one(request(INFORMATION_REQUEST, oro(23), duid=None))
        assert 1 not in anonymous.options
        assert await bench.ask(request(INFORMATION_REQUEST, na())) == []
        assert await bench.ask(request(INFORMATION_REQUEST, server=STRANGER)) == []
        assert bench.journal() == []


async def test_18_3_7_release_gives_the_address_back() -> None:
    async with serving() as bench:
        await bench.lease()
        reply = await bench.one(request(RELEASE, na(FIRST), server=SERVER))
        assert (reply.type, reply.status, reply.ias) == (REPLY, SUCCESS, [])
        assert state_of(bench, FIRST) == RELEASED
        assert (await bench.lease()).address == FIRST


async def test_18_3_7_release_of_what_is_not_its_has_no_binding() -> None:
    async with serving() as bench:
        await bench.lease()
        reply = await bench.one(request(RELEASE, na(FIRST), server=SERVER, duid=OTHER))
        assert (reply.status, reply.ias[0].status) == (SUCCESS, NO_BINDING)
        other_ia = await bench.one(request(RELEASE, na(FIRST, iaid=9), server=SERVER))
        assert other_ia.ias[0].status == NO_BINDING
        assert state_of(bench, FIRST) == ACTIVE


@pytest.mark.parametrize("kind", [RELEASE, DECLINE])
async def test_23_a_neighbour_can_not_give_up_a_lease_that_it_knows_of(kind: int) -> None:
    async with serving() as bench:
        await bench.lease()
        forged = request(kind, na(FIRST), server=SERVER)
        assert await bench.ask(forged, source="fe80::bad") == []
        assert state_of(bench, FIRST) == ACTIVE


async def test_18_3_8_a_declined_address_is_given_to_nobody_for_a_while(
    fake_clock: FakeClock,
) -> None:
    async with serving(POOL + QUARANTINE, clock=fake_clock) as bench:
        await bench.lease()
        reply = await bench.one(request(DECLINE, na(FIRST), server=SERVER))
        assert reply.status == SUCCESS
        assert state_of(bench, FIRST) == DECLINED
        assert (await bench.lease()).address == "2001:db8::101"
        await fake_clock.advance(62)
        await bench.book.expire_due()
        assert state_of(bench, FIRST) == EXPIRED


async def test_18_3_8_nobody_can_decline_a_whole_pool_away() -> None:
    async with serving() as bench:
        for n in range(8):
            given = await bench.lease(OTHER + bytes((n,)))
            declined = request(DECLINE, na(given.address), server=SERVER, duid=OTHER + bytes((n,)))
            await bench.ask(declined)
        assert bench.book.arenas["2001:db8::/64"].quarantined == 2


async def test_6_3_prefixes_are_delegated_and_their_routes_told() -> None:
    async with serving(POOL + DELEGATION) as bench:
        reply = await bench.lease(ia=pd())
        assert reply.ias[0].items == {"2001:db8:100::/56": (2250, 3600)}
        second = await bench.lease(OTHER, ia=pd("::/56"))
        assert second.address == "2001:db8:100:100::/56"
        routes = [entry.event for entry in bench.journal("route.*")]
        assert [(each.prefix, each.via, each.interface) for each in routes] == [  # type: ignore[attr-defined]  # events of one kind
            ("2001:db8:100::/56", PEER, "eth0"),
            ("2001:db8:100:100::/56", PEER, "eth0"),
        ]
        await bench.ask(request(RELEASE, pd("2001:db8:100::/56"), server=SERVER))
        assert bench.journal("route.*")[-1].type == "route.withdrawn"
        assert state_of(bench, "2001:db8:100::/56") == RELEASED


async def test_6_3_a_renewed_prefix_moves_its_route_with_its_client() -> None:
    async with serving(POOL + DELEGATION) as bench:
        await bench.lease(ia=pd())
        renewed = request(RENEW, pd("2001:db8:100::/56"), server=SERVER)
        assert (await bench.one(renewed, source="fe80::9")).address == "2001:db8:100::/56"
        types = [entry.type for entry in bench.journal("route.*")]
        assert types == ["route.delegated", "route.withdrawn", "route.delegated"]


async def test_18_3_prefixes_run_out() -> None:
    config = POOL + DELEGATION.replace("= 56", "= 49")
    async with serving(config) as bench:
        await bench.lease(ia=pd())
        await bench.lease(OTHER, ia=pd())
        reply = await bench.one(request(SOLICIT, pd(), duid=STRANGER))
        assert reply.ias[0].status == NO_PREFIX


async def test_18_3_a_prefix_of_the_length_wished_for_is_preferred() -> None:
    longer = DELEGATION.replace("2001:db8:100::", "2001:db8:200::").replace("= 56", "= 60")
    async with serving(POOL + DELEGATION + longer) as bench:
        wished = await bench.one(request(SOLICIT, pd("::/60")))
        assert wished.address == "2001:db8:200::/60"
        other = await bench.one(request(SOLICIT, pd("::/48"), duid=OTHER))
        assert other.address == "2001:db8:100::/56"


async def test_13_1_the_link_is_told_by_the_agent_beside_the_client() -> None:
    config = POOL + POOL.replace("2001:db8::", "2001:db8:7::")
    async with serving(config) as bench:
        inner = relay(request(SOLICIT, na()), (18, b"port1"), link="2001:db8:7::1", peer="fe80::c")
        outer = relay(inner, (18, b"up"), link="2001:db8::9", peer="2001:db8:7::1", hops=1)
        reply = await bench.one(outer, source="2001:db8::9", to="2001:db8::1")
        assert reply.address == "2001:db8:7::100"
        first, second = reply.relays
        assert first == (1, ip("2001:db8::9"), ip("2001:db8:7::1"), {18: b"up"})
        assert second == (0, ip("2001:db8:7::1"), ip("fe80::c"), {18: b"port1"})
        ((_, address),) = bench.links.datagrams6["eth0"].sent
        assert address == ("2001:db8::9", 547, 0, 2)


async def test_13_1_an_agent_without_a_link_address_leaves_it_to_the_next() -> None:
    config = POOL + POOL.replace("2001:db8::", "2001:db8:7::")
    async with serving(config) as bench:
        inner = relay(request(SOLICIT, na()), link="::")
        outer = relay(inner, link="2001:db8:7::1", hops=1)
        assert (await bench.one(outer)).address == "2001:db8:7::100"
        direct = await bench.one(relay(request(SOLICIT, na(), duid=OTHER), link="::"))
        assert direct.address == FIRST


async def test_13_1_link_addresses_outside_of_the_prefix_can_be_named() -> None:
    config = POOL.replace("prefix_len", 'relays = ["2001:db8:aaaa::1"]\nprefix_len')
    async with serving(config) as bench:
        asked = relay(request(SOLICIT, na()), link="2001:db8:aaaa::1")
        assert (await bench.one(asked)).address == FIRST
        assert await bench.ask(relay(request(SOLICIT, na()), link="2001:db8:bbbb::1")) == []
        assert bench.count("solicit", "no-subnet") == 1


async def test_19_a_relayed_lease_remembers_where_it_came_by() -> None:
    async with serving() as bench:
        asked = relay(
            request(SOLICIT, na(), (14, b"")),
            (18, b"port1"),
            (37, b"\0\0\0\x09sw1"),
            link="2001:db8::9",
            peer="fe80::c",
        )
        await bench.ask(asked, source="2001:db8::9")
        lease = bench.book.lease(ip(FIRST))
        assert lease is not None
        assert (lease.relay, lease.peer) == (ip("2001:db8::9"), ip("fe80::c"))
        assert (lease.circuit_id, lease.remote_id) == (b"port1", b"\0\0\0\x09sw1")


async def test_7_6_too_many_relay_agents_are_refused() -> None:
    async with serving() as bench:
        message = request(SOLICIT, na())
        for hops in range(9):
            message = relay(message, hops=hops)
        assert len(await bench.ask(message)) == 1
        assert await bench.ask(relay(message, hops=9)) == []
        assert bench.figure("microdns_dhcp6_malformed_total") == 1


async def test_18_4_a_client_gets_the_address_that_it_had(tmp_path: Path) -> None:
    async with serving(folder=tmp_path) as bench:
        await bench.lease(OTHER)
        await bench.lease()
    async with serving(folder=tmp_path) as bench:
        assert (await bench.one(request(SOLICIT, na()))).address == "2001:db8::101"
        await bench.settle()


async def test_21_6_lifetimes_without_end() -> None:
    config = POOL.replace("3600", "4294967295")
    async with serving(config) as bench:
        (ia,) = (await bench.lease()).ias
        assert (ia.t1, ia.t2) == (0xFFFFFFFF, 0xFFFFFFFF)
        assert ia.items == {FIRST: (0xFFFFFFFF, 0xFFFFFFFF)}


async def test_21_8_preference_stands_in_advertisements() -> None:
    async with serving(settings="preference = 255") as bench:
        assert (await bench.one(request(SOLICIT, na()))).options[7] == b"\xff"
    async with serving() as bench:
        assert 7 not in (await bench.one(request(SOLICIT, na()))).options
