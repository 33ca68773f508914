"""slaac.list and slaac.advertise."""

from typing import Any

import pytest
from plugins.slaac.tests.bench import CONFIG, Bench, interface, serving
from plugins.slaac.tests.test_circumstances import DNS, OURS

from microdns.errors import NotFound, Unavailable
from microdns.operations import Call, Nothing
from microdns_slaac.message import Advertisement
from microdns_slaac.operations import Operations

pytestmark = pytest.mark.anyio


async def run(bench: Bench, name: str, /, **given: Any) -> Any:
    return await bench.kernel.operations.call(name, given, Call())


async def test_the_state_of_each_interface_is_shown() -> None:
    there = interface("eth0", f"{OURS}/64")
    async with serving(DNS, there, others=("dns", "dhcp6")) as bench:
        await bench.calm()
        await bench.ask("fe80::2", data=Advertisement(63).encode())
        await bench.clock.advance(7)
        await bench.kernel.stop_plugin("dns")
        (shown,) = (await run(bench, "slaac.list")).items
        assert (shown.interface, shown.source) == ("eth0", "fe80::1")
        assert (shown.managed, shown.other, shown.router_lifetime_secs) == (False, True, 1800)
        (prefix,) = shown.prefixes
        assert (prefix.prefix, prefix.valid_secs) == ("2001:db8:1::/64", 5400)
        assert shown.summary == "2001:db8:1::/64"
        assert shown.dns_withdrawn == (OURS,)
        assert OURS not in shown.dns
        assert 0 <= shown.next_secs <= 3.5
        (router,) = shown.routers
        assert (router.address, router.heard_secs_ago) == ("fe80::2", 7)
        assert len(router.differences) == 2


async def test_advertising_now_keeps_to_the_limit() -> None:
    async with serving() as bench:
        await bench.calm()
        shown = await run(bench, "slaac.advertise", interface="eth0")
        assert shown.next_secs == 0
        await bench.clock.advance(0.1)
        assert len(bench.sent()) == 1
        await run(bench, "slaac.advertise", interface="eth0")
        await bench.clock.advance(2.8)
        assert not bench.sent()
        await bench.clock.advance(1)
        assert len(bench.sent()) == 1


async def test_an_interface_that_is_not_advertised_on_is_not_found() -> None:
    async with serving(CONFIG) as bench:
        with pytest.raises(NotFound, match="eth7 is not advertised on"):
            await run(bench, "slaac.advertise", interface="eth7")


async def test_without_the_plugin_nothing_is_shown() -> None:
    with pytest.raises(Unavailable):
        await Operations().list(Call(), Nothing())
