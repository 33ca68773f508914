"""What operations of the foundation change, seen by clients; and what they show of leases."""

from typing import Any

import pytest
from plugins.dhcp6.tests.bench import DELEGATION, FIRST, POOL, Bench, serving
from plugins.dhcp6.tests.client import DUID, ip, na, oro, pd, request

from microdns.errors import Conflict, Invalid
from microdns.events import Principal
from microdns.operations import Call
from microdns_dhcp6.message import INFORMATION_REQUEST, NO_ADDRS, SOLICIT

pytestmark = pytest.mark.anyio


OPERATOR = Call(Principal("operator", "socket"))


async def do(bench: Bench, operation: str, /, **given: Any) -> Any:
    return await bench.kernel.operations.call(operation, given, OPERATOR)


async def test_pools_of_addresses_and_prefixes_serve_at_once() -> None:
    async with serving("") as bench:
        assert await bench.ask(request(SOLICIT, na())) == []
        await do(
            bench,
            "pool.create",
            family=6,
            subnet="2001:db8::/64",
            range_start="2001:db8::10",
            range_end="2001:db8::1f",
            preferred_time_secs=60,
        )
        await do(
            bench,
            "pool.create",
            family=6,
            kind="prefix",
            subnet="2001:db8:100::/48",
            range_start="2001:db8:100::",
            range_end="2001:db8:100:ffff::",
            delegated_length=56,
        )
        reply = await bench.one(request(SOLICIT, na(), pd(), (14, b"")))
        assert reply.ias[0].items == {"2001:db8::10": (60, 3600)}
        assert list(reply.ias[1].items) == ["2001:db8:100::/56"]


async def test_leases_are_shown_with_what_is_known_of_their_client() -> None:
    async with serving(POOL + DELEGATION) as bench:
        await bench.lease(ia=na(iaid=7))
        await bench.lease(ia=pd(iaid=8))
        page = await do(bench, "lease.list", family=6)
        address, prefix = page.items
        assert (address.ip, address.mac, address.iaid) == (FIRST, "02:00:00:00:00:01", 7)
        assert (address.duid, address.peer) == (DUID.hex(), "fe80::1")
        assert (prefix.ip, prefix.iaid, prefix.preferred_secs) == ("2001:db8:100::/56", 8, 2250)
        await do(bench, "lease.release", ip="2001:db8:100::/56")
        assert bench.journal("route.*")[-1].type == "route.withdrawn"


async def test_a_lease_made_by_hand_is_the_clients() -> None:
    async with serving(POOL + DELEGATION) as bench:
        made = await do(bench, "lease.add", ip="2001:db8::105", duid=DUID.hex(), iaid=1)
        assert (made.duid, made.iaid, made.source, made.state) == (DUID.hex(), 1, "api", "active")
        await do(bench, "lease.add", ip="2001:db8:100:300::/56", duid=DUID.hex(), iaid=1)
        assert bench.journal("route.*")[-1].type == "route.delegated"
        reply = await bench.one(request(SOLICIT, na(), pd()))
        assert [next(iter(ia.items)) for ia in reply.ias] == [
            "2001:db8::105",
            "2001:db8:100:300::/56",
        ]
        with pytest.raises(Conflict, match="not free"):
            await do(bench, "lease.add", ip="2001:db8::105", duid="000402ff")
        with pytest.raises(Conflict, match="not in a pool"):
            await do(bench, "lease.add", ip="2001:db8::1:105", duid="000402ff")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({}, "needs its client's DUID"),
        ({"mac": "02:00:00:00:00:01"}, "needs its client's DUID"),
        ({"duid": "00"}, "3 to 130 octets"),
        ({"duid": DUID.hex(), "mac": "02"}, "not a hardware address"),
        ({"duid": DUID.hex(), "ip": "2001:db8:ffff::1"}, "in no subnet"),
    ],
)
async def test_a_lease_made_by_hand_names_its_client(wrong: dict[str, str], why: str) -> None:
    async with serving() as bench:
        with pytest.raises(Invalid, match=why):
            await do(bench, "lease.add", **{"ip": "2001:db8::105", **wrong})


async def test_reservations_hold_from_the_next_packet_on() -> None:
    async with serving(POOL + DELEGATION) as bench:
        await do(
            bench,
            "reservation.create",
            family=6,
            duid=DUID.hex(),
            ip="2001:db8::105",
            prefix="2001:db8:100:aa00::/56",
        )
        reply = await bench.one(request(SOLICIT, na(), pd()))
        assert [next(iter(ia.items)) for ia in reply.ias] == [
            "2001:db8::105",
            "2001:db8:100:aa00::/56",
        ]
        for wrong in ({"ip": "2001:db8::105"}, {"prefix": "2001:db8:100:aa00::/56"}):
            with pytest.raises(Invalid, match="reserved already"):
                await do(bench, "reservation.create", family=6, duid="000401", **wrong)
        with pytest.raises(Invalid, match="none that a pool could delegate"):
            await do(
                bench, "reservation.create", family=6, duid="000402", prefix="2001:db8:100::/60"
            )


async def test_classes_and_options_hold_from_the_next_packet_on() -> None:
    async with serving() as bench:
        await do(
            bench,
            "dhcp_options.set",
            family=6,
            options=[{"option": "captive-portal", "value": "https://p"}],
        )
        reply = await bench.one(request(INFORMATION_REQUEST, oro(103)))
        assert reply.options[103] == b"https://p"
        with pytest.raises(Invalid, match="no field 'vendor'"):
            await do(bench, "client_class.create", family=6, name="x", match="vendor == 1")
        await do(bench, "client_class.create", family=6, name="x", match="duid exists", drop=True)
        assert await bench.ask(request(SOLICIT, na())) == []


async def test_a_pool_that_goes_takes_no_lease_away() -> None:
    async with serving("") as bench:
        pool = await do(
            bench,
            "pool.create",
            family=6,
            subnet="2001:db8::/64",
            range_start=FIRST,
            range_end=FIRST,
        )
        await bench.lease()
        await do(bench, "pool.delete", id=pool.id)
        assert bench.book.lease(ip(FIRST)) is not None
        assert ip(FIRST) in bench.book.strays


async def test_a_full_pool_says_so() -> None:
    async with serving(POOL.replace("::109", "::100")) as bench:
        await bench.lease()
        other = request(SOLICIT, na(), duid=b"\0\4other")
        assert (await bench.one(other)).ias[0].status == NO_ADDRS
        page = await do(bench, "pool.list", family=6)
        assert (page.items[0].size, page.items[0].free) == (1, 0)
