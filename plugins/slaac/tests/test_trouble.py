"""Clock jumps, a disk that fails, interfaces that go: what hosts are told then."""

from pathlib import Path

import anyio
import pytest
from plugins.slaac.tests.bench import CONFIG, interface, serving
from plugins.slaac.tests.test_prefixes import OTHER, prefixes

from microdns.errors import StorageFault
from microdns.testing import FakeClock
from microdns_dhcp.testing import fake_interface
from microdns_slaac.ledger import Ledger
from microdns_slaac.plugin import SlaacPlugin
from microdns_slaac.schedule import FINAL_DELAY_SECONDS

pytestmark = pytest.mark.anyio

YEAR = 365 * 86_400


async def test_between_the_last_advertisements_there_is_some_time() -> None:
    """What makes one of them get lost may be over by then."""
    async with serving() as bench:
        await bench.calm()
        plugin = bench.kernel.records["slaac"].loaded.plugin
        assert isinstance(plugin, SlaacPlugin)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(plugin._server.final, FINAL_DELAY_SECONDS)
            counts = []
            for _ in range(4):
                await bench.turn()
                counts.append(len(bench.sent()))
                await bench.clock.advance(FINAL_DELAY_SECONDS)
        assert counts == [1, 1, 1, 0]


@pytest.mark.parametrize(
    ("forwarding", "lifetime", "told"), [(True, 1800, 0), (False, 0, 0), (False, 1800, 1)]
)
async def test_a_router_that_forwards_nothing_is_told_of(
    forwarding: bool, lifetime: int, told: int, caplog: pytest.LogCaptureFixture
) -> None:
    config = f"{CONFIG}router_lifetime_secs = {lifetime}\n"
    async with serving(config, forwarding=forwarding):
        assert caplog.text.count("forwards nothing") == told


@pytest.mark.parametrize("jump", [-3600, YEAR])
async def test_a_clock_jump_changes_no_lifetime(jump: int, tmp_path: Path) -> None:
    clock = FakeClock()
    async with serving(clock=clock, folder=tmp_path) as bench:
        await bench.calm()
    async with serving(OTHER + "count_down = true", clock=clock, folder=tmp_path) as bench:
        await bench.calm()
        clock.jump_wall(jump)
        await bench.clock.advance(100)
        found = prefixes(await bench.told())
        gone = clock.monotonic() - 1060
        assert found["2001:db8:1::/64"][1] == 0
        assert found["2001:db8:1::/64"][0] == pytest.approx(5400 - gone, abs=120)
        assert found["2001:db8:2::/64"][0] == pytest.approx(5400 - gone, abs=5)


@pytest.mark.parametrize(("jump", "told"), [(-3600, True), (YEAR, False)])
async def test_a_clock_jump_while_it_is_down_is_believed_forward_alone(
    jump: int, told: bool, tmp_path: Path
) -> None:
    clock = FakeClock()
    async with serving(clock=clock, folder=tmp_path) as bench:
        await bench.calm()
    clock.jump_wall(jump)
    async with serving(OTHER, clock=clock, folder=tmp_path) as bench:
        found = prefixes(await bench.told())
        assert ("2001:db8:1::/64" in found) is told
        if told:
            assert 5300 <= found["2001:db8:1::/64"][0] <= 5400


@pytest.mark.parametrize("jump", [-3600, YEAR])
async def test_a_clock_jump_delays_no_advertisement(jump: int) -> None:
    async with serving() as bench:
        await bench.calm()
        bench.clock.jump_wall(jump)
        await bench.ask()
        await bench.clock.advance(0.6)
        assert len(bench.sent()) == 1
        await bench.clock.advance(601)
        assert bench.sent()


async def test_while_the_disk_is_full_hosts_are_told_and_later_it_is_remembered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clock = FakeClock()
    first = interface("eth0", "2001:db8:1::1/64")
    async with serving("", first, clock=clock, folder=tmp_path) as bench:
        await bench.calm()

        async def fail(*_: object) -> None:
            raise StorageFault("the disk is full")

        with monkeypatch.context() as broken:
            broken.setattr(Ledger, "save", fail)
            bench.links.change(interface("eth0", "2001:db8:2::1/64"))
            await bench.turn()
            found = prefixes(await bench.told())
            assert found["2001:db8:1::/64"][1] == 0
            assert found["2001:db8:2::/64"] == (5400, 2700)
            await bench.clock.advance(20)
            assert bench.count("save_failures") >= 3
        await bench.clock.advance(10)
        await bench.journal("slaac.prefix_deprecated")
    second = interface("eth0", "2001:db8:2::1/64")
    async with serving("", second, clock=clock, folder=tmp_path) as bench:
        assert prefixes(await bench.told())["2001:db8:1::/64"][1] == 0


async def test_an_interface_that_goes_down_and_comes_back_is_advertised_on_again() -> None:
    async with serving() as bench:
        await bench.calm()
        before = bench.socket()
        bench.links.change(interface(up=False))
        await bench.turn()
        assert before.closed
        await bench.clock.advance(1000)
        bench.links.change(interface(index=9))
        await bench.turn()
        await bench.clock.advance(1)
        assert len(bench.sent()) == 1


async def test_an_interface_made_anew_keeps_to_the_rate_limit() -> None:
    async with serving() as bench:
        await bench.clock.advance(1)
        for index in range(3, 9):
            bench.links.change(interface(index=index))
            await bench.turn()
        assert not bench.sent()
        await bench.clock.advance(1.4)
        assert not bench.sent()
        await bench.clock.advance(3)
        assert len(bench.sent()) == 1


async def test_an_interface_renamed_to_the_wanted_name_is_advertised_on() -> None:
    async with serving() as bench:
        await bench.calm()
        bench.links.change(interface("other0"))
        await bench.turn()
        assert bench.socket().closed
        assert bench.kernel.facts(bench.kernel.records["slaac"]) == {"interfaces": []}
        bench.links.change(interface("eth0"))
        await bench.turn()
        assert prefixes(await bench.told())["2001:db8:1::/64"] == (5400, 2700)


async def test_an_interface_without_a_link_local_address_waits_for_one() -> None:
    async with serving(CONFIG, fake_interface("eth0", "2001:db8:1::1/64")) as bench:
        await bench.clock.advance(1000)
        await bench.ask()
        await bench.clock.advance(10)
        assert not bench.sent()
        bench.links.change(interface("eth0", "2001:db8:1::1/64"))
        await bench.turn()
        await bench.clock.advance(1)
        assert len(bench.sent()) == 1


async def test_what_can_not_be_sent_is_tried_again() -> None:
    async with serving() as bench:
        bench.socket().broken = True
        await bench.clock.advance(5)
        assert bench.count("advertisements_unsent", "eth0") >= 4
        bench.socket().broken = False
        await bench.clock.advance(1.1)
        assert len(bench.sent()) == 1


async def test_sockets_that_can_not_be_opened_are_tried_again() -> None:
    async with serving() as bench:
        bench.links.refusing = True
        bench.links.change(interface(index=9))
        await bench.turn()
        bench.links.refusing = False
        bench.links.change(interface(index=9))
        await bench.turn()
        await bench.clock.advance(5)
        assert bench.sent()
