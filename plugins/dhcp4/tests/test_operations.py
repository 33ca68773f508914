"""What operators do to leases, pools, reservations, classes and options, with a live server."""

from typing import Any

import pytest
from plugins.dhcp4.tests.bench import POOL, Bench, serving
from plugins.dhcp4.tests.client import MAC, ip, request

from microdns.errors import Conflict, Invalid, NotFound
from microdns.events import Principal
from microdns.operations import Call
from microdns.points import Point
from microdns.testing import FakeClock
from microdns_dhcp4.message import ACK, DISCOVER, NAK, OFFER, REQUEST

pytestmark = pytest.mark.anyio

OTHER = b"\x02\x00\x00\x00\x00\x02"
SHORT = POOL.replace("3600", "120")
OPERATOR = Call(Principal("operator", "socket"))


async def call(bench: Bench, operation: str, /, **given: Any) -> Any:
    return await bench.kernel.operations.call(operation, given, OPERATOR)


async def test_leases_are_listed_with_filters_and_pages() -> None:
    async with serving() as bench:
        await bench.lease(MAC, (12, b"printer"))
        await bench.lease(OTHER, (12, b"laptop"))
        page = await call(bench, "lease.list")
        assert [(each.ip, each.mac, each.hostname) for each in page.items] == [
            ("192.0.2.100", "02:00:00:00:00:01", "printer"),
            ("192.0.2.101", "02:00:00:00:00:02", "laptop"),
        ]
        page = await call(bench, "lease.list", hostname="lap")
        assert [each.ip for each in page.items] == ["192.0.2.101"]
        page = await call(bench, "lease.list", mac="02:00:00:00:00:01")
        assert page.total == 1
        page = await call(bench, "lease.list", limit=1, offset=1)
        assert (page.total, page.items[0].hostname) == (2, "laptop")
        assert (await call(bench, "lease.list", state="expired")).total == 0


async def test_a_released_lease_is_free_and_remembered() -> None:
    async with serving() as bench:
        await bench.lease()
        shown = await call(bench, "lease.release", ip="192.0.2.100")
        assert shown.state == "released"
        with pytest.raises(Conflict):
            await call(bench, "lease.release", ip="192.0.2.100")
        reply = await bench.one(request(REQUEST, ciaddr="192.0.2.100", mac=OTHER))
        assert reply.type == ACK


async def test_a_deleted_lease_is_forgotten() -> None:
    async with serving() as bench:
        await bench.lease()
        await call(bench, "lease.delete", ip="192.0.2.100")
        with pytest.raises(NotFound):
            await call(bench, "lease.get", ip="192.0.2.100")
        assert bench.book.arenas["192.0.2.0/24"].active == 0


async def test_an_added_lease_is_its_clients() -> None:
    async with serving() as bench:
        await call(bench, "lease.add", ip="192.0.2.105", mac="02:00:00:00:00:01")
        assert (await bench.one(request(DISCOVER))).yiaddr == ip("192.0.2.105")
        with pytest.raises(Conflict):
            await call(bench, "lease.add", ip="192.0.2.105", mac="02:00:00:00:00:02")
        with pytest.raises(Invalid, match="no subnet"):
            await call(bench, "lease.add", ip="10.0.0.1", mac="02:00:00:00:00:02")
        with pytest.raises(Invalid, match="needs its client's hardware address"):
            await call(bench, "lease.add", ip="192.0.2.106")
        with pytest.raises(Invalid, match="is its hardware address's"):
            await call(bench, "lease.add", ip="192.0.2.106", mac="02:00:00:00:00:02", duid="000402")


async def test_a_dry_run_changes_nothing() -> None:
    async with serving() as bench:
        await bench.lease()
        dry = Call(OPERATOR.principal, dry_run=True)
        await bench.kernel.operations.call("lease.delete", {"ip": "192.0.2.100"}, dry)
        assert (await call(bench, "lease.get", ip="192.0.2.100")).state == "active"
        wanted = {"ip": "192.0.2.109", "mac": "02:00:00:00:00:09"}
        await bench.kernel.operations.call("lease.add", wanted, dry)
        assert bench.book.arenas["192.0.2.0/24"].pools[0].free.free == 9


async def test_history_tells_who_had_an_address(fake_clock: FakeClock) -> None:
    async with serving(SHORT, clock=fake_clock) as bench:
        await bench.lease()
        await fake_clock.advance(121)
        await bench.book.expire_due()
        await bench.ask(request(REQUEST, (50, ip("192.0.2.100")), mac=OTHER))
        page = await call(bench, "lease.journal", ip="192.0.2.100")
        assert [(each.event, each.lease.mac) for each in page.items] == [
            ("lease.granted", "02:00:00:00:00:01"),
            ("lease.expired", "02:00:00:00:00:01"),
            ("lease.granted", "02:00:00:00:00:02"),
        ]
        page = await call(bench, "lease.journal", mac="02:00:00:00:00:01", limit=1)
        assert page.next == page.items[-1].sequence
        told = await call(bench, "lease.history", ip="192.0.2.100")
        assert [(each.type, each.lease.mac, each.actor.name) for each in told.items] == [
            ("lease.granted", "02:00:00:00:00:02", "dhcp"),
            ("lease.expired", "02:00:00:00:00:01", "dhcp"),
            ("lease.granted", "02:00:00:00:00:01", "dhcp"),
        ]
        assert (told.complete, told.items[0].time > told.items[-1].time) == (True, True)
        first = await call(bench, "lease.history", ip="192.0.2.100", limit=1)
        assert ([each.type for each in first.items], first.complete) == (["lease.granted"], False)
        with pytest.raises(NotFound):
            await call(bench, "lease.history", ip="192.0.2.101")


async def test_leases_are_told_as_they_were(fake_clock: FakeClock) -> None:
    async with serving(SHORT, clock=fake_clock) as bench:
        before = bench.kernel.store.sequence
        await bench.lease()
        states = {before: [], bench.kernel.store.sequence: ["02:00:00:00:00:01 active"]}
        await fake_clock.advance(121)
        await bench.book.expire_due()
        states[bench.kernel.store.sequence] = ["02:00:00:00:00:01 expired"]
        await bench.ask(request(REQUEST, (50, ip("192.0.2.100")), mac=OTHER))
        states[bench.kernel.store.sequence] = ["02:00:00:00:00:02 active"]
        await call(bench, "lease.delete", ip="192.0.2.100")
        states[bench.kernel.store.sequence] = []
        for sequence, told in states.items():
            then = Call(OPERATOR.principal, as_of=Point(sequence=sequence))
            for wanted in ({}, {"ip": "192.0.2.100"}):
                given = {"state": "all", **wanted}
                page = await bench.kernel.operations.call("lease.list", given, then)
                assert [f"{each.mac} {each.state}" for each in page.items] == told
            got = bench.kernel.operations.call("lease.get", {"ip": "192.0.2.100"}, then)
            if told:
                assert (await got).mac == told[0].split()[0]
            else:
                with pytest.raises(NotFound):
                    await got


async def test_a_pool_made_by_operation_serves_at_once() -> None:
    async with serving("") as bench:
        assert await bench.ask(request(DISCOVER)) == []
        pool = await call(
            bench,
            "pool.create",
            subnet="192.0.2.0/24",
            range_start="192.0.2.10",
            range_end="192.0.2.20",
            gateway="192.0.2.1",
        )
        offer = await bench.one(request(DISCOVER, (55, b"\3")))
        assert offer.yiaddr == ip("192.0.2.10")
        assert offer.options[3] == ip("192.0.2.1")
        (shown,) = (await call(bench, "pool.list")).items
        assert (shown.size, shown.free) == (11, 10)
        await call(bench, "pool.delete", id=pool.id)
        assert await bench.ask(request(DISCOVER)) == []


async def test_settings_of_a_pool_change_without_touching_its_leases() -> None:
    async with serving("") as bench:
        given = {
            "subnet": "192.0.2.0/24",
            "range_start": "192.0.2.10",
            "range_end": "192.0.2.20",
        }
        pool = await call(bench, "pool.create", **given)
        await bench.lease()
        await call(bench, "pool.update", id=pool.id, **given, ntp=["192.0.2.123"])
        ack = await bench.one(request(REQUEST, (55, b"\x2a"), ciaddr="192.0.2.10"))
        assert ack.options[42] == ip("192.0.2.123")


async def test_what_the_file_declares_is_read_only() -> None:
    async with serving() as bench:
        (shown,) = (await call(bench, "pool.list")).items
        with pytest.raises(Conflict, match="configuration file"):
            await call(bench, "pool.delete", id=shown.pool.id)


async def test_wrong_pools_are_refused_with_every_reason() -> None:
    async with serving() as bench:
        with pytest.raises(Invalid) as caught:
            await call(
                bench,
                "pool.create",
                subnet="10.0.0.0/24",
                range_start="10.0.1.1",
                range_end="10.0.0.9",
                dns=["x"],
            )
        assert {problem.path for problem in caught.value.problems} >= {"range_start", "dns[0]"}
        with pytest.raises(Invalid, match="overlaps"):
            await call(
                bench,
                "pool.create",
                subnet="192.0.2.0/24",
                range_start="192.0.2.105",
                range_end="192.0.2.120",
            )
        with pytest.raises(Invalid, match="no option"):
            await call(
                bench,
                "pool.create",
                subnet="10.0.0.0/24",
                options=[{"option": "nonsense", "value": 1}],
            )


async def test_a_reservation_made_by_operation_holds_at_once() -> None:
    async with serving() as bench:
        made = await call(
            bench, "reservation.create", mac="02:00:00:00:00:02", ip="192.0.2.100", hostname="x"
        )
        assert (await bench.one(request(DISCOVER))).yiaddr == ip("192.0.2.101")
        assert (await bench.lease(OTHER)).yiaddr == ip("192.0.2.100")
        with pytest.raises(Invalid, match="reserved already"):
            await call(bench, "reservation.create", mac="02:00:00:00:00:03", ip="192.0.2.100")
        await call(bench, "reservation.delete", id=made.id)
        await call(bench, "lease.release", ip="192.0.2.100")
        asked = request(DISCOVER, (50, ip("192.0.2.100")), mac=bytes(6))
        assert (await bench.one(asked)).yiaddr == ip("192.0.2.100")


async def test_an_address_reserved_while_another_has_it_is_not_renewed_for_that_one() -> None:
    async with serving() as bench:
        await bench.lease()
        await call(bench, "reservation.create", mac="02:00:00:00:00:02", ip="192.0.2.100")
        reply = await bench.one(request(REQUEST, ciaddr="192.0.2.100"))
        assert reply.type == NAK


async def test_classes_and_options_by_operation() -> None:
    async with serving(POOL) as bench:
        await call(
            bench,
            "client_class.create",
            name="phones",
            match='vendor_class startswith "phone"',
            options=[{"option": "tftp-server-name", "value": "p", "always": True}],
        )
        await call(bench, "dhcp_options.set", options=[{"option": 224, "value": "0102"}])
        offer = await bench.one(request(DISCOVER, (60, b"phone 7"), (55, bytes((224,)))))
        assert (offer.type, offer.options[66], offer.options[224]) == (OFFER, b"p", b"\1\2")
        other = await bench.one(request(DISCOVER, mac=OTHER))
        assert 66 not in other.options
        with pytest.raises(Invalid, match="no field"):
            await call(bench, "client_class.create", name="bad", match="bogus == 1")
        await call(bench, "client_class.delete", name="phones")
        assert (await call(bench, "client_class.list")).items == []
