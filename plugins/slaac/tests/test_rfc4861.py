"""The router as hosts see it: RFC 4861 section 6.2, by a clock that the test turns."""

from itertools import pairwise

import pytest
from plugins.slaac.tests.bench import CONFIG, HOST, SOLICITATION, interface, serving

from microdns_slaac.message import Advertisement
from microdns_slaac.options import (
    CaptivePortal,
    EncryptedDns,
    Mtu,
    Pref64,
    PrefixInformation,
    RecursiveDns,
    RouteInformation,
    SearchList,
    SourceLinkLayerAddress,
)

pytestmark = pytest.mark.anyio

FULL = """
prefix = "2001:db8:1::"
interval_max_secs = 100
managed = "on"
other = "off"
preference = "high"
hop_limit = 33
mtu = 1400
reachable_time_ms = 5000
retransmit_timer_ms = 250
dns = ["2001:db8::53", "2001:db8::54"]
search = ["example.com"]
captive_portal = "https://portal.example/api"
pref64 = ["64:ff9b::/96"]
routes = [{ prefix = "2001:db8:ff00::/40", preference = "low", lifetime_secs = 55 }]
encrypted_dns = [{ name = "dns.example", addresses = ["2001:db8::53"], alpn = ["dot"] }]
"""


async def test_6_2_3_everything_that_can_be_told_is() -> None:
    async with serving(FULL) as bench:
        told = await bench.told()
        plain = Advertisement(33, True, False, "high", 300, 5000, 250)
        assert told.header() == plain.header()
        assert [type(each) for each in told.options] == [
            SourceLinkLayerAddress,
            Mtu,
            PrefixInformation,
            RouteInformation,
            RecursiveDns,
            SearchList,
            Pref64,
            EncryptedDns,
            CaptivePortal,
        ]
        lifetimes = [getattr(each, "lifetime", None) for each in told.options]
        assert lifetimes == [None, None, None, 55, 300, 300, 304, 300, None]
        assert told.options[0] == SourceLinkLayerAddress(b"\2\0\0\0\0\xfe")


async def test_6_2_3_options_that_do_not_fit_go_into_another_message() -> None:
    names = ", ".join(f'"{"x" * 60}.{"y" * 60}.{number}.example"' for number in range(12))
    servers = ", ".join(f'"2001:db8::{number:x}"' for number in range(60))
    async with serving(f"{CONFIG}search = [{names}]\ndns = [{servers}]") as bench:
        await bench.clock.advance(1)
        first, second = bench.sent()
        assert first.header() == second.header()
        assert any(isinstance(each, RecursiveDns) for each in first.options)
        assert any(isinstance(each, SearchList) for each in second.options)


async def test_6_2_4_three_quick_ones_then_random_intervals() -> None:
    async with serving() as bench:
        times: list[float] = []
        while len(times) < 6:
            await bench.clock.advance(0.5)
            if bench.sent():
                times.append(bench.clock.monotonic())
        gaps = [after - before for before, after in pairwise(times)]
        assert times[0] - 1000 <= 1
        assert all(15 <= gap <= 16.5 for gap in gaps[:2])
        assert all(199 <= gap <= 601 for gap in gaps[2:])


async def test_6_2_5_hosts_are_told_of_the_end() -> None:
    async with serving(FULL) as bench:
        await bench.calm()
        await bench.kernel.stop_plugin("slaac")
        first, second, last = bench.sent()
        assert first == second == last
        assert (last.lifetime, last.preference) == (0, "medium")
        by_type = {type(each): each for each in last.options}
        prefix = by_type[PrefixInformation]
        assert isinstance(prefix, PrefixInformation)
        assert (prefix.valid, prefix.preferred) == (5400, 2700)
        for kind in (RouteInformation, RecursiveDns, SearchList, Pref64, EncryptedDns):
            assert getattr(by_type[kind], "lifetime") == 0  # noqa: B009  (one of a union)
        assert bench.socket().closed


async def test_6_2_6_solicitations_are_answered_together_every_three_seconds() -> None:
    async with serving() as bench:
        await bench.calm()
        for number in range(50):
            await bench.ask(f"fe80::{number + 256:x}")
        await bench.clock.advance(0.6)
        assert len(bench.sent()) == 1
        await bench.ask()
        await bench.clock.advance(2)
        assert not bench.sent()
        await bench.clock.advance(1.6)
        assert len(bench.sent()) == 1
        assert bench.count("messages", "eth0", "solicitation") == 51


async def test_6_2_6_a_host_without_an_address_is_answered() -> None:
    async with serving() as bench:
        await bench.calm()
        await bench.ask("::")
        await bench.clock.advance(0.6)
        assert len(bench.sent()) == 1


async def test_6_2_6_a_host_may_be_answered_alone() -> None:
    async with serving(CONFIG + "unicast_replies = true") as bench:
        await bench.calm()
        await bench.ask(HOST)
        await bench.ask(HOST)
        await bench.ask("::")
        await bench.clock.advance(0.6)
        socket = bench.socket()
        assert sorted(str(to) for _, _, to in socket.sent) in ([HOST, "ff02::1"], ["ff02::1"])
        socket.sent.clear()
        await bench.clock.advance(1)
        await bench.ask(HOST)
        await bench.clock.advance(0.6)
        assert [str(to) for _, _, to in socket.sent] == [HOST]


async def test_6_1_1_malformed_solicitations_are_counted_and_not_answered() -> None:
    async with serving() as bench:
        await bench.calm()
        await bench.ask(data=SOLICITATION + b"\1\0")
        bench.socket().deliver(SOLICITATION, HOST, hop_limit=64)
        await bench.turn()
        await bench.clock.advance(1)
        assert not bench.sent()
        assert bench.count("messages", "eth0", "malformed") == 2


async def test_advertisements_come_from_the_link_local_address() -> None:
    async with serving(CONFIG, interface("eth0", "2001:db8:1::1/64")) as bench:
        await bench.clock.advance(1)
        assert {str(source) for _, source, _ in bench.socket().sent} == {"fe80::1"}


async def test_several_interfaces_are_told_each_its_own() -> None:
    config = """
[[dhcp.slaac.interfaces]]
name = "eth0"
prefixes = [{ prefix = "2001:db8:a::/64" }]
[[dhcp.slaac.interfaces]]
name = "eth1"
prefixes = [{ prefix = "2001:db8:b::/64", autonomous = false }]
router_lifetime_secs = 0
preference = "high"
"""
    both = (interface("eth0"), interface("eth1", index=3))
    async with serving(config, *both, names='["eth0", "eth1"]') as bench:
        first, second = await bench.told("eth0"), await bench.told("eth1")
        assert "2001:db8:a::/64" in str(first.options)
        assert "2001:db8:b::/64" in str(second.options)
        assert "2001:db8:a::/64" not in str(second.options)
        # A router that is no default router has no preference (RFC 4191 2.2).
        assert (second.lifetime, second.preference) == (0, "medium")
