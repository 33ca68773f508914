"""Prefixes over time: counted down, changed, deprecated, remembered over a restart."""

from pathlib import Path

import pytest
from plugins.slaac.tests.bench import CONFIG, Bench, interface, serving

from microdns.testing import FakeClock
from microdns_slaac.ledger import ENDLESS_LEFT_SECS
from microdns_slaac.message import Advertisement
from microdns_slaac.options import INFINITE, PrefixInformation

pytestmark = pytest.mark.anyio

OTHER = 'prefix = "2001:db8:2::"\n'


def prefixes(message: Advertisement) -> dict[str, tuple[int, int]]:
    """Valid and preferred lifetime of each prefix told."""
    told = [each for each in message.options if isinstance(each, PrefixInformation)]
    return {str(each.prefix): (each.valid, each.preferred) for each in told}


async def told(bench: Bench) -> dict[str, tuple[int, int]]:
    return prefixes(await bench.told())


async def test_lifetimes_stay_or_count_down_as_configured() -> None:
    config = """
valid_lifetime_secs = 3000
preferred_lifetime_secs = 1000
[[dhcp.slaac.prefixes]]
prefix = "2001:db8:a::/64"
[[dhcp.slaac.prefixes]]
prefix = "2001:db8:b::/64"
count_down = true
[[dhcp.slaac.prefixes]]
prefix = "2001:db8:c::/64"
count_down = true
valid_lifetime_secs = 4294967295
"""
    async with serving(config) as bench:
        await bench.clock.advance(900)
        found = await told(bench)
        gone = int(bench.clock.monotonic() - 1000)
        assert found["2001:db8:a::/64"] == (3000, 1000)
        valid, preferred = found["2001:db8:b::/64"]
        assert abs(valid - (3000 - gone)) <= 2
        assert preferred in (0, max(0, 1000 - gone), max(0, 1001 - gone))
        assert found["2001:db8:c::/64"][0] == INFINITE
        await bench.clock.advance(3000)
        assert (await told(bench))["2001:db8:b::/64"] == (0, 0)


async def test_counting_down_goes_on_over_a_restart(tmp_path: Path) -> None:
    clock = FakeClock()
    config = CONFIG + "count_down = true"
    async with serving(config, clock=clock, folder=tmp_path) as bench:
        await bench.clock.advance(1000)
    async with serving(config, clock=clock, folder=tmp_path) as bench:
        valid, preferred = (await told(bench))["2001:db8:1::/64"]
        assert valid == pytest.approx(4400, abs=5)
        assert preferred == pytest.approx(1700, abs=5)


async def test_a_changed_prefix_is_deprecated_until_it_has_run_out(tmp_path: Path) -> None:
    clock = FakeClock()
    async with serving(clock=clock, folder=tmp_path) as bench:
        await bench.clock.advance(100)
    await clock.advance(1000)
    async with serving(OTHER, clock=clock, folder=tmp_path) as bench:
        found = await told(bench)
        assert found["2001:db8:2::/64"] == (5400, 2700)
        valid, preferred = found["2001:db8:1::/64"]
        assert preferred == 0
        assert valid == pytest.approx(5400 - 1000, abs=100)
        await bench.journal("slaac.prefix_deprecated")
    # Another restart, and it is still told.
    async with serving(OTHER, clock=clock, folder=tmp_path) as bench:
        assert (await told(bench))["2001:db8:1::/64"][1] == 0
        await bench.clock.advance(5400)
        assert list(await told(bench)) == ["2001:db8:2::/64"]
        await bench.journal("slaac.prefix_ended")


async def test_a_prefix_that_returns_is_no_longer_deprecated(tmp_path: Path) -> None:
    clock = FakeClock()
    for config in (CONFIG, OTHER):
        async with serving(config, clock=clock, folder=tmp_path) as bench:
            await bench.told()
    async with serving(clock=clock, folder=tmp_path) as bench:
        found = await told(bench)
        assert found["2001:db8:1::/64"] == (5400, 2700)
        assert found["2001:db8:2::/64"][1] == 0


async def test_rfc_9096_a_deprecated_prefix_may_be_ended_at_once(tmp_path: Path) -> None:
    clock = FakeClock()
    async with serving(clock=clock, folder=tmp_path) as bench:
        await bench.told()
    async with serving(OTHER + "deprecate_secs = 0", clock=clock, folder=tmp_path) as bench:
        assert (await told(bench))["2001:db8:1::/64"] == (0, 0)


async def test_what_had_no_end_gets_one(tmp_path: Path) -> None:
    clock = FakeClock()
    endless = CONFIG + "valid_lifetime_secs = 4294967295\npreferred_lifetime_secs = 4294967295"
    async with serving(endless, clock=clock, folder=tmp_path) as bench:
        assert (await told(bench))["2001:db8:1::/64"] == (INFINITE, INFINITE)
    async with serving(OTHER, clock=clock, folder=tmp_path) as bench:
        valid, preferred = (await told(bench))["2001:db8:1::/64"]
        assert ENDLESS_LEFT_SECS - 2 <= valid <= ENDLESS_LEFT_SECS
        assert preferred == 0


async def test_without_a_prefix_those_of_the_interface_are_told() -> None:
    first = interface("eth0", "2001:db8:a::1/64", "2001:db8:c::1/48", "192.0.2.1/24")
    async with serving("", first) as bench:
        assert list(await told(bench)) == ["2001:db8:a::/64"]
        bench.links.change(interface("eth0", "2001:db8:b::1/64", "fd00::1/64"))
        await bench.turn()
        found = await told(bench)
        assert found["2001:db8:b::/64"] == found["fd00::/64"] == (5400, 2700)
        assert found["2001:db8:a::/64"][1] == 0
        assert found["2001:db8:a::/64"][0] > 5300


async def test_flags_of_a_prefix_are_kept_when_it_is_deprecated(tmp_path: Path) -> None:
    clock = FakeClock()
    on_link = 'prefixes = [{ prefix = "2001:db8:9::/48", autonomous = false }]'
    on_link = on_link.replace("2001:db8:9::/48", "2001:db8::/48")
    async with serving(on_link, clock=clock, folder=tmp_path) as bench:
        await bench.told()
    async with serving(clock=clock, folder=tmp_path) as bench:
        message = await bench.told()
        options = [each for each in message.options if isinstance(each, PrefixInformation)]
        old = next(each for each in options if str(each.prefix) == "2001:db8::/48")
        assert (old.on_link, old.autonomous, old.preferred) == (True, False, 0)
