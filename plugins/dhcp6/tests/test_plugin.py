"""The server in a running kernel."""

from pathlib import Path

import pytest
from plugins.dhcp6.tests.bench import SERVER, serving

from microdns.testing import check_plugin, run_kernel
from microdns_dhcp.compiled import COMPILED, INTERPRETED
from microdns_dhcp.plugin import DhcpPlugin
from microdns_dhcp.testing import FakeLinks
from microdns_dhcp6.plugin import Dhcp6Plugin

pytestmark = pytest.mark.anyio


async def test_keeps_to_the_kernels_contract() -> None:
    await check_plugin(Dhcp6Plugin(), '[dhcp.v6]\nenabled = true\ninterface = "none0"')


async def test_tells_what_it_serves() -> None:
    async with serving() as bench:
        facts = dict(bench.kernel.facts(bench.kernel.records["dhcp6"]))
        assert facts.pop("engine") in (COMPILED, INTERPRETED)
        assert facts == {"interfaces": ["eth0"], "subnets": 1, "duid": SERVER.hex()}


async def test_7_1_both_multicast_groups_are_joined() -> None:
    async with serving() as bench:
        assert bench.links.groups == {"eth0": ("ff02::1:2", "ff05::1:3")}


async def test_11_the_servers_duid_stays_the_same(tmp_path: Path) -> None:
    found = []
    for _ in range(2):
        plugins = [DhcpPlugin(FakeLinks()), Dhcp6Plugin()]
        config = "[dhcp.v6]\nenabled = true"
        async with run_kernel(plugins, config, folder=tmp_path) as kernel:
            found.append(kernel.facts(kernel.records["dhcp6"])["duid"])
    assert found[0] == found[1]
    assert str(found[0]).startswith("0004")


async def test_11_a_configured_duid_is_used() -> None:
    async with serving(settings='duid = "00:02:00:00:00:09:01:02"') as bench:
        facts = bench.kernel.facts(bench.kernel.records["dhcp6"])
        assert facts["duid"] == "0002000000090102"
