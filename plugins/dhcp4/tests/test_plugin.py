"""The server in a running kernel."""

import pytest
from plugins.dhcp4.tests.bench import POOL, serving

from microdns.config import ConfigError
from microdns.testing import check_plugin, run_kernel
from microdns_dhcp.compiled import COMPILED, INTERPRETED
from microdns_dhcp4.plugin import Dhcp4Plugin

pytestmark = pytest.mark.anyio


async def test_keeps_to_the_kernels_contract() -> None:
    await check_plugin(Dhcp4Plugin(), '[dhcp.v4]\nenabled = true\ninterface = "none0"')


async def test_tells_what_it_serves() -> None:
    async with serving() as bench:
        facts = dict(bench.kernel.facts(bench.kernel.records["dhcp4"]))
        assert facts.pop("engine") in (COMPILED, INTERPRETED)
        assert facts == {"interfaces": ["eth0"], "subnets": 1}


async def test_every_mistake_of_the_section_is_told_at_once() -> None:
    wrong = """
[dhcp.v4]
enabled = true
options = [{ option = "no-such-option", value = 1 }]
[[dhcp.v4.pools]]
subnet = "192.0.2.0/24"
range_start = "192.0.2.9"
range_end = "192.0.3.1"
[[dhcp.v4.classes]]
name = "x"
match = "bogus == 1"
[[dhcp.v4.reservations]]
ip = "10.0.0.1"
"""
    with pytest.raises(ConfigError) as caught:
        async with run_kernel([Dhcp4Plugin()], wrong):
            raise AssertionError
    text = str(caught.value)
    assert "dhcp.v4.options" in text
    assert "no option is called 'no-such-option'" in text
    assert "192.0.3.1 lies outside the subnet" in text
    assert "no field 'bogus'" in text
    assert "10.0.0.1 lies in no pool's subnet" in text


async def test_overlapping_pools_are_refused() -> None:
    with pytest.raises(ConfigError, match="overlaps"):
        async with run_kernel(
            [Dhcp4Plugin()], "[dhcp.v4]\nenabled = true\n" + POOL + POOL.replace("100", "105")
        ):
            raise AssertionError
