"""What hosts are told follows which other plugins run."""

import pytest
from plugins.slaac.tests.bench import CONFIG, Bench, interface, serving

from microdns_dhcp.catalogue import Catalogue
from microdns_dhcp.model import CONFIG as CONFIG_SOURCE
from microdns_dhcp.model import Pool
from microdns_slaac.events import DnsRestored, DnsWithdrawn
from microdns_slaac.message import Advertisement
from microdns_slaac.options import EncryptedDns, RecursiveDns

pytestmark = pytest.mark.anyio

OURS, FOREIGN = "2001:db8:1::1", "2001:db8:53::53"
DNS = f"""{CONFIG}
dns = ["{OURS}", "{FOREIGN}"]
encrypted_dns = [{{ name = "a.example", addresses = ["{OURS}"] }}, {{ name = "b.example" }}]
"""


def servers(message: Advertisement) -> dict[str, int]:
    """The lifetime of each DNS server told."""
    options = [each for each in message.options if isinstance(each, RecursiveDns)]
    return {str(server): each.lifetime for each in options for server in each.servers}


def pool(subnet: str, **settings: str) -> Pool:
    return Pool(id=subnet, family=6, subnet=subnet, source=CONFIG_SOURCE, **settings)  # type: ignore[arg-type]  # kinds


def lease_from(bench: Bench, *pools: Pool) -> None:
    """Have these pools of DHCPv6."""
    bench.kernel.services.require(Catalogue).declare(6, pools=pools)


async def test_o_follows_dhcp6_and_m_its_addresses() -> None:
    there = interface("eth0", f"{OURS}/64")
    async with serving(CONFIG, there, others=("dhcp6",)) as bench:
        told = await bench.told()
        assert (told.managed, told.other) == (False, True)
        await bench.calm()
        lease_from(bench, pool("2001:db8:1::/64"))
        await bench.clock.advance(1)
        (told,) = bench.sent()
        assert (told.managed, told.other) == (True, True)
        await bench.clock.advance(10)
        bench.sent()
        await bench.kernel.stop_plugin("dhcp6")
        await bench.clock.advance(4)
        (told,) = bench.sent()
        assert (told.managed, told.other) == (False, False)
        await bench.clock.advance(10)
        bench.sent()
        await bench.kernel.start_plugin("dhcp6")
        await bench.clock.advance(4)
        (told,) = bench.sent()
        assert (told.managed, told.other) == (True, True)


@pytest.mark.parametrize(
    ("found", "managed"),
    [
        (pool("2001:db8:1::/64"), True),
        (pool("2001:db8:7::/64"), False),
        (pool("2001:db8:7::/64", interface="eth0"), True),
        (pool("2001:db8:1::/64", interface="eth1"), False),
        (pool("2001:db8:1::/64", kind="prefix"), False),
    ],
)
async def test_m_is_for_pools_of_addresses_for_the_link(found: Pool, managed: bool) -> None:
    there = interface("eth0", f"{OURS}/64")
    async with serving(CONFIG, there, others=("dhcp6",)) as bench:
        lease_from(bench, found)
        assert (await bench.told()).managed is managed


@pytest.mark.parametrize(("managed", "other"), [("on", "off"), ("off", "on")])
async def test_m_and_o_may_be_forced(managed: str, other: str) -> None:
    config = f'{CONFIG}managed = "{managed}"\nother = "{other}"'
    for others in ((), ("dhcp6",)):
        async with serving(config, others=others) as bench:
            told = await bench.told()
            assert (told.managed, told.other) == (managed == "on", other == "on")


async def test_dns_servers_of_this_machine_are_withdrawn_while_dns_is_down() -> None:
    async with serving(DNS, interface("eth0", f"{OURS}/64"), others=("dns",)) as bench:
        assert servers(await bench.told()) == {OURS: 1800, FOREIGN: 1800}
        await bench.calm()
        async with bench.kernel.bus.subscribe([DnsWithdrawn, DnsRestored]) as events:
            await bench.kernel.stop_plugin("dns")
            await bench.clock.advance(1)
            (told,) = bench.sent()
            assert servers(told) == {OURS: 0, FOREIGN: 1800}
            resolvers = [each for each in told.options if isinstance(each, EncryptedDns)]
            assert [each.lifetime for each in resolvers] == [0, 1800]
            await bench.calm()
            await bench.kernel.start_plugin("dns")
            await bench.clock.advance(4)
            assert servers(bench.sent()[0]) == {OURS: 1800, FOREIGN: 1800}
            types = [(await anext(events)).type for _ in range(2)]
            assert types == ["slaac.dns_withdrawn", "slaac.dns_restored"]


async def test_what_is_no_part_of_this_process_withdraws_nothing() -> None:
    async with serving(DNS, interface("eth0", f"{OURS}/64")) as bench:
        assert servers(await bench.told()) == {OURS: 1800, FOREIGN: 1800}


async def test_which_plugins_dns_needs_can_be_chosen() -> None:
    config = 'withdraw_dns_without = ["mine"]\n' + DNS
    there = interface("eth0", f"{OURS}/64")
    async with serving(config, there, others=("dns", "mine")) as bench:
        await bench.kernel.stop_plugin("dns")
        assert servers(await bench.told())[OURS] == 1800
        await bench.kernel.stop_plugin("mine")
        assert servers(await bench.told())[OURS] == 0
