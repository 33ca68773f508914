"""``[dhcp.dns_registration]``."""

import pytest

from microdns.config import ConfigError
from microdns.testing import run_kernel
from microdns_registration.plugin import RegistrationPlugin

pytestmark = pytest.mark.anyio

SEED = """
[dhcp.dns_registration]
enabled = true
forward_zone = "gw.lo"
reverse_zone_v4 = "1.168.192.in-addr.arpa"
reverse_zone_v6 = ""
default_ttl = 300
"""


async def test_the_reference_is_taken_as_it_stands() -> None:
    async with run_kernel([RegistrationPlugin()], SEED) as kernel:
        assert kernel.records["registration"].state.value == "running"


async def test_every_mistake_is_told_with_its_place() -> None:
    wrong = """
[dhcp.dns_registration]
enabled = true
forward_zone = "a..b"
reverse_zone_v4 = "example.com"
reverse_cut_v4 = 20
reverse_cut_v6 = 30
generated_name = "x"
blocked_names = ["a.b"]
duplicates = "never"
ttl_min = 20
ttl_max = 10
"""
    with pytest.raises(ConfigError) as caught:
        async with run_kernel([RegistrationPlugin()], wrong):
            pass
    told = str(caught.value)
    for key in ("forward_zone", "reverse_zone_v4", "reverse_cut_v4", "reverse_cut_v6"):
        assert f"dhcp.dns_registration.{key}" in told
    assert "blocked_names[0]" in told
    assert "duplicates" in told


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('generated_name = "x"', "generated_name: names would not differ"),
        ("ttl_min = 90000", "ttl_min: is greater than ttl_max"),
    ],
)
async def test_keys_are_held_against_each_other(line: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        async with run_kernel([RegistrationPlugin()], SEED + line):
            pass
