"""The router in a running kernel."""

import pytest
from plugins.slaac.tests.bench import serving

from microdns.testing import check_plugin
from microdns_slaac.plugin import SlaacPlugin

pytestmark = pytest.mark.anyio


async def test_keeps_to_the_kernels_contract() -> None:
    await check_plugin(SlaacPlugin(), '[dhcp.slaac]\nenabled = true\ninterface = "none0"')


async def test_tells_what_it_advertises_on() -> None:
    async with serving() as bench:
        facts = bench.kernel.facts(bench.kernel.records["slaac"])
        assert facts == {"interfaces": ["eth0"]}


async def test_hosts_hear_of_the_prefix_at_once() -> None:
    async with serving() as bench:
        began = bench.clock.monotonic()
        told = await bench.told()
        assert bench.clock.monotonic() - began <= 16  # MAX_INITIAL_RTR_ADVERT_INTERVAL
        assert told.lifetime == 1800
        assert "2001:db8:1::/64" in str(told.options)
