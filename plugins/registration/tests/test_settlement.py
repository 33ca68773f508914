"""Which records leases get, and which they do not."""

import msgspec
import pytest
from plugins.registration.tests.world import POOLS4, World, world

from microdns.operations import Call
from microdns_dhcp.model import Pool, Reservation
from microdns_dns.repository import Alter, Limits

pytestmark = pytest.mark.anyio

BOX = {"box.gw.lo A 192.0.2.10", "10.2.0.192.in-addr.arpa PTR box.gw.lo."}
REVERSE6 = "0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
BOX6 = {
    "box.gw.lo AAAA 2001:db8::10",
    f"0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.{REVERSE6[16:]} PTR box.gw.lo.",
}


def reverse_zones(here: World) -> set[str]:
    return {zone.name for zone in here.zones() if zone.name.endswith(".arpa")}


async def test_a_lease_becomes_a_and_ptr_and_they_go_with_it() -> None:
    async with world() as here:
        await here.lease("192.0.2.10", hostname="box")
        assert here.records() == BOX
        await here.release("192.0.2.10")
        assert here.records() == set()


async def test_records_name_their_source_and_their_lease() -> None:
    async with world() as here:
        await here.lease("192.0.2.10", hostname="box")
        (record,) = here.repository.records("gw.lo")
        assert (record.source, record.origin, record.ttl) == ("dhcp", "lease 192.0.2.10", 300)


async def test_expiry_decline_and_deletion_remove_what_a_release_does() -> None:
    async with world() as here:
        for number, end in enumerate((here.book.expire, here.book.delete), start=10):
            await here.lease(f"192.0.2.{number}", number, f"box{number}")
            assert len(here.records()) == 2
            lease = here.book.lease(bytes((192, 0, 2, number)))
            assert lease is not None
            await here.book.commit([end(lease)])
            await here.settled()
            assert here.records() == set()
        await here.lease("192.0.2.20", 20, "box")
        lease = here.new_lease("192.0.2.20", 20, "box")
        declined = msgspec.structs.replace(lease, state=4)
        await here.book.commit([here.book.quarantine(declined, lease)])
        await here.settled()
        assert here.records() == set()


async def test_a_renewal_changes_nothing_and_a_rename_moves() -> None:
    async with world() as here:
        await here.lease("192.0.2.10", hostname="box")
        serial = here.repository.zone("gw.lo").soa.serial
        await here.lease("192.0.2.10", hostname="box")
        assert here.repository.zone("gw.lo").soa.serial == serial
        await here.lease("192.0.2.10", hostname="crate")
        assert here.records() == {
            "crate.gw.lo A 192.0.2.10",
            "10.2.0.192.in-addr.arpa PTR crate.gw.lo.",
        }


async def test_an_address_that_goes_to_another_client_gets_its_name() -> None:
    async with world() as here:
        await here.lease("192.0.2.10", 1, "box")
        await here.release("192.0.2.10")
        await here.lease("192.0.2.10", 2, "crate")
        assert here.records() == {
            "crate.gw.lo A 192.0.2.10",
            "10.2.0.192.in-addr.arpa PTR crate.gw.lo.",
        }


async def test_a_client_that_moves_to_another_subnet_leaves_its_old_address() -> None:
    async with world() as here:
        here.catalogue.declare(4, pools=[msgspec.structs.replace(each, zone="") for each in POOLS4])
        await here.lease("192.0.2.10", hostname="box")
        lease = here.new_lease("198.51.100.7", hostname="box")
        moved = msgspec.structs.replace(lease, started=lease.started + 5, renewed=lease.renewed + 5)
        await here.grant(moved)
        assert here.records() == {
            "box.gw.lo A 198.51.100.7",
            "7.100.51.198.in-addr.arpa PTR box.gw.lo.",
        }
        assert here.problem("192.0.2.10") == ("box.gw.lo", "moved")
        await here.release("198.51.100.7")
        assert here.records() == set()
        again = here.new_lease("192.0.2.10", hostname="box")
        await here.grant(msgspec.structs.replace(again, renewed=again.renewed + 9))
        assert here.records() == BOX


async def test_a_client_that_gets_another_address_of_its_subnet_leaves_the_old_one() -> None:
    async with world() as here:
        await here.lease("192.0.2.10", hostname="box")
        await here.lease("2001:db8::10", hostname="box")
        later = here.new_lease("192.0.2.11", hostname="box")
        await here.grant(msgspec.structs.replace(later, renewed=later.renewed + 60))
        later6 = here.new_lease("2001:db8::11", hostname="box")
        await here.grant(msgspec.structs.replace(later6, renewed=later6.renewed + 60))
        addresses = {each for each in here.records() if each.startswith("box")}
        assert addresses == {"box.gw.lo A 192.0.2.11", "box.gw.lo AAAA 2001:db8::11"}


async def test_addresses_of_one_association_stay_together() -> None:
    async with world() as here:
        await here.lease("2001:db8::10", hostname="box")
        await here.lease("2001:db8::11", hostname="box")
        addresses = {each for each in here.records() if each.startswith("box")}
        assert addresses == {"box.gw.lo AAAA 2001:db8::10", "box.gw.lo AAAA 2001:db8::11"}


async def test_both_families_of_a_host_stay_together_whoever_comes_first() -> None:
    for first, second in (("192.0.2.10", "2001:db8::10"), ("2001:db8::10", "192.0.2.10")):
        async with world() as here:
            await here.lease(first, hostname="box")
            await here.lease(second, hostname="box")
            assert here.records() == BOX | BOX6
            known = [here.registration(each) for each in (first, second)]
            assert len({each.dhcid for each in known if each}) == 1
            await here.release(first)
            assert here.records() == (BOX6 if "." in first else BOX)
            await here.lease(first, hostname="box")
            assert here.records() == BOX | BOX6


async def test_the_dhcid_is_published_where_wanted_once_for_both_families() -> None:
    async with world("publish_dhcid = true") as here:
        await here.lease("192.0.2.10", hostname="box")
        await here.lease("2001:db8::10", hostname="box")
        assert sum(" DHCID " in each for each in here.records()) == 1
        await here.release("192.0.2.10")
        assert sum(" DHCID " in each for each in here.records()) == 1
        await here.release("2001:db8::10")
        assert here.records() == set()


async def test_the_first_of_two_hosts_keeps_a_name_and_the_other_gets_a_generated_one() -> None:
    async with world() as here:
        await here.lease("192.0.2.10", 1, "box")
        await here.lease("192.0.2.11", 2, "box")
        assert here.records() == BOX | {
            "dhcp-192-0-2-11.gw.lo A 192.0.2.11",
            "11.2.0.192.in-addr.arpa PTR dhcp-192-0-2-11.gw.lo.",
        }
        assert here.problem("192.0.2.11") == ("box.gw.lo", "taken")
        await here.release("192.0.2.10")
        assert here.records() == {
            "box.gw.lo A 192.0.2.11",
            "11.2.0.192.in-addr.arpa PTR box.gw.lo.",
        }
        assert here.problem("192.0.2.11") == ("", "")


async def test_the_latest_of_two_hosts_can_have_the_name() -> None:
    async with world('duplicates = "latest"\ngenerate = false') as here:
        await here.lease("192.0.2.10", 1, "box")
        later = here.new_lease("192.0.2.11", 2, "box")
        await here.grant(msgspec.structs.replace(later, started=later.started + 1))
        assert here.records() == {
            "box.gw.lo A 192.0.2.11",
            "11.2.0.192.in-addr.arpa PTR box.gw.lo.",
        }
        await here.release("192.0.2.11")
        assert here.records() == BOX


async def test_a_reservation_wins_its_name_from_another_host() -> None:
    async with world() as here:
        await here.lease("192.0.2.10", 1, "box")
        here.reserve(Reservation(id="r", family=4, mac="02:00:00:00:00:02", hostname="Box.gw.lo"))
        await here.lease("192.0.2.11", 2, "other", reservation="r")
        assert "box.gw.lo A 192.0.2.11" in here.records()
        assert "dhcp-192-0-2-10.gw.lo A 192.0.2.10" in here.records()
        assert here.problem("192.0.2.10") == ("box.gw.lo", "reserved")


async def test_no_client_gets_a_name_that_is_blocked_reserved_or_like_a_generated_one() -> None:
    async with world("generate = false") as here:
        here.reserve(Reservation(id="r", family=4, mac="02:00:00:00:00:99", hostname="printer"))
        await here.lease("192.0.2.10", 1, "wpad")
        await here.lease("192.0.2.11", 2, "printer")
        await here.lease("192.0.2.12", 3, "dhcp-192-0-2-99")
        assert here.records() == set()
        reasons = [here.problem(f"192.0.2.{number}")[1] for number in (10, 11, 12)]
        assert reasons == ["blocked", "reserved", "blocked"]


@pytest.mark.parametrize(
    ("type", "data"),
    [("A", "203.0.113.1"), ("AAAA", "2001:db8::9"), ("CNAME", "other."), ("MX", "1 mail.")],
)
async def test_a_curated_name_is_not_shadowed(type: str, data: str) -> None:
    async with world() as here:
        await here.new_zone("gw.lo")
        await here.add("gw.lo", "box", type, data)
        await here.lease("192.0.2.10", hostname="box")
        assert "dhcp-192-0-2-10.gw.lo A 192.0.2.10" in here.records()
        assert not any(each.startswith("box.") for each in here.records())
        assert here.problem("192.0.2.10") == ("box.gw.lo", "curated")
        await here.remove("gw.lo", "box", type)
        assert here.records() == BOX


async def test_a_record_that_is_curated_later_takes_the_name() -> None:
    async with world() as here:
        await here.lease("192.0.2.10", hostname="box")
        await here.add("gw.lo", "box", "AAAA", "2001:db8::9")
        assert not any(each.startswith("box.") for each in here.records())
        await here.remove("gw.lo", "box", "AAAA")
        assert here.records() == BOX
        await here.add("gw.lo", "box", "A", "203.0.113.1")
        assert not any(each.startswith("box.") for each in here.records())


async def test_records_that_describe_a_host_may_stand_beside() -> None:
    async with world() as here:
        await here.new_zone("gw.lo")
        await here.add("gw.lo", "box", "TXT", '"a host"')
        await here.lease("192.0.2.10", hostname="box")
        assert here.records() == BOX


async def test_a_curated_record_that_says_the_same_serves_the_lease() -> None:
    async with world() as here:
        await here.new_zone("gw.lo")
        await here.add("gw.lo", "box", "A", "192.0.2.10")
        await here.lease("192.0.2.10", hostname="box")
        assert here.records() == {"10.2.0.192.in-addr.arpa PTR box.gw.lo."}
        assert here.problem("192.0.2.10") == ("", "")
        await here.release("192.0.2.10")
        assert here.records() == set()
        assert "box.gw.lo A 192.0.2.10" in here.records(source="api")


async def test_a_curated_ptr_is_left_alone() -> None:
    async with world() as here:
        await here.new_zone("2.0.192.in-addr.arpa")
        await here.add("2.0.192.in-addr.arpa", "10", "PTR", "printer.example.")
        await here.lease("192.0.2.10", hostname="box")
        assert here.records() == {"box.gw.lo A 192.0.2.10"}
        assert here.problem("192.0.2.10") == ("10.2.0.192.in-addr.arpa", "reverse-curated")
        await here.remove("2.0.192.in-addr.arpa", "10", "PTR")
        assert here.records() == BOX


async def test_a_record_of_ours_that_a_person_changes_is_that_persons() -> None:
    async with world() as here:
        await here.lease("192.0.2.10", hostname="box")
        (record,) = here.repository.records("gw.lo")
        await here.repository.change(Call(), "gw.lo", [Alter(id=record.id, rdata=b"\xc0\0\2\x63")])
        await here.settled()
        assert "box.gw.lo A 192.0.2.99" in here.records(source="api")
        assert here.problem("192.0.2.10") == ("box.gw.lo", "curated")


async def test_names_go_into_the_zone_of_the_pool_and_of_the_subnet() -> None:
    async with world() as here:
        await here.lease("198.51.100.7", hostname="box", pool="lab")
        await here.lease("198.51.100.8", 2, hostname="crate")
        assert {"box.lab.gw.lo A 198.51.100.7", "crate.lab.gw.lo A 198.51.100.8"} <= here.records()


async def test_the_domain_of_a_pool_is_used_where_its_zone_exists() -> None:
    async with world('forward_zone = ""') as here:
        here.catalogue.declare(4, pools=[Pool(id="x", family=4, subnet="192.0.2.0/24", domain="a")])
        await here.lease("192.0.2.10", hostname="box")
        assert here.records() == set()
        assert here.problem("192.0.2.10") == ("box.a", "no-zone")
        await here.new_zone("a")
        assert "box.a A 192.0.2.10" in here.records()


async def test_client_flags_are_obeyed() -> None:
    async with world() as here:
        await here.lease("192.0.2.10", 1, "box", dns="none")
        assert here.records() == set()
        await here.lease("192.0.2.11", 2, "box", dns="client", fqdn="box.example.com")
        assert here.records() == {"11.2.0.192.in-addr.arpa PTR box.example.com."}
    async with world("obey_no_update = false") as here:
        await here.lease("192.0.2.10", hostname="box", dns="none")
        assert here.records() == BOX


async def test_reverse_zones_are_made_at_the_cut_and_existing_ones_are_used() -> None:
    async with world('reverse_zone_v4 = "192.in-addr.arpa"\nreverse_cut_v6 = 32') as here:
        await here.lease("192.0.2.10", 1, "a")
        await here.lease("198.51.100.7", 2, "b")
        await here.lease("2001:db8::10", 3, "c")
        zones = {"192.in-addr.arpa", "100.51.198.in-addr.arpa", "8.b.d.0.1.0.0.2.ip6.arpa"}
        assert reverse_zones(here) == zones
        assert "10.2.0.192.in-addr.arpa PTR a.gw.lo." in here.records()
        await here.new_zone("2.0.192.in-addr.arpa")
        await here.settled()
        assert reverse_zones(here) == zones | {"2.0.192.in-addr.arpa"}


async def test_without_create_zones_only_existing_ones_are_used() -> None:
    async with world("create_zones = false") as here:
        await here.lease("192.0.2.10", hostname="box")
        assert here.records() == set()
        assert here.problem("192.0.2.10") == ("box.gw.lo", "no-zone")
        await here.new_zone("gw.lo")
        assert here.records() == {"box.gw.lo A 192.0.2.10"}


async def test_the_ttl_is_a_share_of_the_lease_time_within_bounds() -> None:
    async with world("ttl_percent = 33\nttl_min = 100\nttl_max = 2000") as here:
        for number, duration in enumerate((60, 3600, 86_400, 0xFFFFFFFF), start=1):
            await here.lease(f"192.0.2.{number}", number, f"box{number}", duration=duration)
        ttls = [record.ttl for record in here.repository.records("gw.lo")]
        assert ttls == [100, 1188, 2000, 2000]


async def test_a_delegated_name_of_a_reservation_is_refused() -> None:
    async with world() as here:
        await here.new_zone("gw.lo")
        await here.add("gw.lo", "sub", "NS", "ns.example.")
        here.reserve(
            Reservation(id="r", family=4, mac="02:00:00:00:00:01", hostname="printer.sub"),
            Reservation(id="s", family=4, mac="02:00:00:00:00:02", hostname="printer.floor2"),
        )
        await here.lease("192.0.2.10", 1, reservation="r")
        await here.lease("192.0.2.11", 2, reservation="s")
        assert here.problem("192.0.2.10") == ("printer.sub.gw.lo", "delegated")
        assert "printer.floor2.gw.lo A 192.0.2.11" in here.records()


async def test_zones_of_other_servers_are_left_alone() -> None:
    async with world() as here:
        zone = here.repository.new_zone("gw.lo", source="transfer")
        await here.repository.create_zone(Call(), zone)
        await here.lease("192.0.2.10", hostname="box")
        assert here.problem("192.0.2.10") == ("box.gw.lo", "secondary")


async def test_delegated_prefixes_have_no_names() -> None:
    async with world() as here:
        await here.lease("2001:db8::10", hostname="box", subnet="2001:db8::/64")
        lease = here.new_lease("2001:db8::11", 2, "crate")
        await here.grant(msgspec.structs.replace(lease, address=lease.address + b"\x38"))
        assert here.records() == BOX6


async def test_one_lease_that_can_not_be_written_does_not_hold_up_others() -> None:
    async with world("reverse = false") as here:
        await here.new_zone("gw.lo")
        here.repository.limits = Limits(records_per_zone_max=1)
        await here.grant(*[here.new_lease(f"192.0.2.{n}", n, f"box{n}") for n in (1, 2)])
        assert here.records() == {"box1.gw.lo A 192.0.2.1"}
        assert here.kernel.records["registration"].state.value == "running"
