"""Other routers on the link: RFC 4861 section 6.2.7."""

import ipaddress
from dataclasses import replace

import pytest
from plugins.slaac.tests.bench import CONFIG, LINK_LOCAL, Bench, serving

from microdns_slaac.consistency import DIFFERENCES_MAX, differences
from microdns_slaac.events import RouterDiffers
from microdns_slaac.link import ROUTERS_MAX
from microdns_slaac.message import Advertisement
from microdns_slaac.options import Mtu, PrefixInformation, RecursiveDns, SearchList

ADDRESS = ipaddress.IPv6Address("2001:db8::53")
PREFIX = PrefixInformation(ipaddress.IPv6Network("2001:db8:1::/64"), 5400, 2700)
OURS = Advertisement(
    64,
    lifetime=1800,
    reachable_ms=1000,
    retrans_ms=100,
    options=(Mtu(1500), PREFIX, RecursiveDns((ADDRESS,), 600), SearchList(("example.com",), 600)),
)


@pytest.mark.parametrize(
    ("theirs", "said"),
    [
        (replace(OURS, hop_limit=63), "hop limit: 63, here 64"),
        (replace(OURS, reachable_ms=5), "reachable time: 5, here 1000"),
        (replace(OURS, retrans_ms=5), "retransmission timer: 5, here 100"),
        (replace(OURS, managed=True), "managed flag: on, here off"),
        (replace(OURS, other=True), "other flag: on, here off"),
        (replace(OURS, options=(Mtu(1400),)), "MTU: 1400, here 1500"),
        (
            replace(OURS, options=(replace(PREFIX, valid=100),)),
            "valid lifetime of 2001:db8:1::/64: 100, here 5400",
        ),
        (
            replace(OURS, options=(replace(PREFIX, preferred=0),)),
            "preferred lifetime of 2001:db8:1::/64: 0, here 2700",
        ),
        (
            replace(OURS, options=(RecursiveDns((ADDRESS + 1,), 5),)),
            "DNS servers: 2001:db8::54, here 2001:db8::53",
        ),
        (
            replace(OURS, options=(SearchList(("example.org",), 5),)),
            "search list: example.org, here example.com",
        ),
    ],
)
def test_what_hosts_would_notice_is_a_difference(theirs: Advertisement, said: str) -> None:
    assert differences(OURS, theirs) == (said,)


@pytest.mark.parametrize(
    "theirs",
    [
        OURS,
        Advertisement(),
        replace(OURS, lifetime=3, preference="low"),
        replace(OURS, options=(replace(PREFIX, valid=5395, preferred=2695),)),
        replace(OURS, options=(SearchList(("EXAMPLE.com",), 5),)),
    ],
)
def test_what_is_unspecified_or_theirs_alone_is_none(theirs: Advertisement) -> None:
    assert differences(OURS, theirs) == ()


def test_differences_are_bounded() -> None:
    networks = [ipaddress.IPv6Network((n << 64, 64)) for n in range(40)]
    ours = Advertisement(options=tuple(PrefixInformation(each, 9000, 9) for each in networks))
    theirs = Advertisement(options=tuple(PrefixInformation(each, 90, 9) for each in networks))
    assert len(differences(ours, theirs)) == DIFFERENCES_MAX


async def hear(bench: Bench, theirs: Advertisement, source: str = "fe80::2") -> None:
    await bench.ask(source, data=theirs.encode())


@pytest.mark.anyio
async def test_a_router_that_differs_is_told_once_until_it_changes() -> None:
    async with serving() as bench:
        wrong = Advertisement(63, lifetime=9)
        async with bench.kernel.bus.subscribe([RouterDiffers]) as events:
            for theirs in (wrong, wrong, Advertisement(64), wrong):
                await hear(bench, theirs)
            for _ in range(2):
                event = (await anext(events)).event
                assert isinstance(event, RouterDiffers)
                assert event.differences == ("hop limit: 63, here 64",)
        assert bench.count("inconsistencies", "eth0") == 3
        assert bench.count("messages", "eth0", "advertisement") == 4


@pytest.mark.anyio
async def test_an_own_advertisement_that_comes_back_is_no_other_routers() -> None:
    async with serving() as bench:
        await hear(bench, Advertisement(63), LINK_LOCAL)
        await hear(bench, Advertisement(63), "2001:db8::1")
        assert bench.count("inconsistencies", "eth0") == 0
        assert bench.count("messages", "eth0", "malformed") == 1


@pytest.mark.anyio
async def test_so_many_routers_are_remembered_and_no_more() -> None:
    async with serving(CONFIG) as bench:
        for number in range(ROUTERS_MAX + 3):
            await hear(bench, Advertisement(63, lifetime=100), f"fe80::{number + 100:x}")
        assert bench.count("routers_left_out") == 3
        await bench.clock.advance(101)
        await hear(bench, Advertisement(63, lifetime=100), "fe80::77")
        assert bench.count("routers_left_out") == 3
