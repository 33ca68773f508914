"""What the section accepts, and what it makes of it."""

from ipaddress import IPv6Address, IPv6Network

import hypothesis.strategies as st
import pytest
from hypothesis import given

from microdns.config import ConfigError
from microdns.testing import run_kernel
from microdns_dhcp.arena import PoolInUse, excluded
from microdns_dhcp.plugin import DhcpPlugin
from microdns_dhcp.testing import FakeLinks
from microdns_dhcp6.config import Dhcp6Config, PoolConfig, default_range
from microdns_dhcp6.plugin import Dhcp6Plugin

pytestmark = pytest.mark.anyio


@given(length=st.integers(1, 128), bits=st.integers(0, 2**128 - 1))
def test_a_pool_without_a_range_lies_in_its_prefix(length: int, bits: int) -> None:
    network = IPv6Network((bits, length), strict=False)
    first, last = default_range(network)
    assert int(network.network_address) <= first <= last <= int(network.broadcast_address)


def test_a_pool_without_a_range_leaves_room_for_servers_and_anycast() -> None:
    first, last = default_range(IPv6Network("2001:db8::/64"))
    assert first == int(IPv6Network("2001:db8::1000/128").network_address)
    assert last - first + 1 < 1 << 48
    first, last = default_range(IPv6Network("2001:db8::/112"))
    assert last & 0xFFFF == 0xFF7F
    first, last = default_range(IPv6Network("2001:db8::/124"))
    assert (first & 0xF, last & 0xF) == (1, 15)


def test_a_pool_gives_out_neither_its_servers_nor_what_is_excluded() -> None:
    pool = PoolConfig(
        prefix=IPv6Address("2001:db8::"),
        prefix_len=124,
        dns=(IPv6Address("2001:db8::3"),),
        exclude=(IPv6Address("2001:db8::4"),),
    ).pool()
    assert {number & 0xF for number in excluded(pool)} == {3, 4}
    assert PoolInUse(pool).free.size == 15


def test_defaults() -> None:
    config = Dhcp6Config()
    assert (config.enabled, config.port, config.interfaces) == (False, 547, ())
    assert config.global_options() is None


WRONG = """
[dhcp.v6]
enabled = true
duid = "zz"
options = [{ option = "no-such-option", value = 1 }]
[[dhcp.v6.pools]]
prefix = "2001:db8::"
range_start = "2001:db8::9"
range_end = "2001:db8:1::1"
[[dhcp.v6.pools]]
prefix = "2001:db8:5::"
preferred_time_secs = 9000
client_class = "nobody"
[[dhcp.v6.delegations]]
prefix = "2001:db8:5::"
prefix_len = 48
delegated_len = 56
[[dhcp.v6.delegations]]
prefix = "2001:db8:6::"
prefix_len = 48
delegated_len = 40
[[dhcp.v6.classes]]
name = "x"
match = "bogus == 1"
[[dhcp.v6.reservations]]
ip = "2001:db8:99::1"
prefix = "2001:db8:99::/56"
"""


@pytest.mark.parametrize(
    "message",
    [
        "'zz' is not hexadecimal",
        "no option is called 'no-such-option'",
        "2001:db8:1::1 lies outside the subnet",
        "is longer than the valid lifetime, 3600 s",
        "no class nobody",
        "overlaps 2001:db8:5::/64",
        "delegated_length",
        "no field 'bogus'",
        "2001:db8:99::1 lies in no pool's subnet",
        "2001:db8:99::/56 is none that a pool could delegate",
        "name the client by",
    ],
)
async def test_every_mistake_of_the_section_is_told(message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        async with run_kernel([DhcpPlugin(FakeLinks()), Dhcp6Plugin()], WRONG):
            raise AssertionError
    assert message in str(caught.value)
