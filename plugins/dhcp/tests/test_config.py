"""The section [dhcp]."""

import pytest

from microdns.config import ConfigError, parse_document
from microdns.plugin import Section
from microdns.testing import run_kernel
from microdns_dhcp.config import DhcpConfig
from microdns_dhcp.plugin import DhcpPlugin


def decode(section: str) -> DhcpConfig:
    document = parse_document(f"[dhcp]\n{section}")
    config = document.section("dhcp", DhcpConfig)
    document.raise_problems()
    assert config is not None
    return config


def test_defaults_are_those_of_the_reference() -> None:
    config = decode("")
    assert (config.retention, config.purge_interval) == (86_400, 300)
    assert (config.offer_time, config.quarantine) == (60, 3600)
    assert (config.utilisation_high, config.utilisation_normal) == (90, 80)


def test_times_are_written_with_units_or_in_seconds() -> None:
    config = decode('retention = "7d"\npurge_interval = 90\noffer_time = "1m30s"\nquarantine = 0')
    assert (config.retention, config.purge_interval) == (604_800, 90)
    assert (config.offer_time, config.quarantine) == (90, 0)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('retention = "soon"', "dhcp.retention"),
        ("retention = -1", "dhcp.retention"),
        ("purge_interval = 0", "dhcp.purge_interval"),
        ('offer_time = "2h"', "dhcp.offer_time"),
        ("utilisation_high = 101", "dhcp.utilisation_high"),
        ("utilisation_high = 0", "dhcp.utilisation_high"),
        ("utilisation_normal = -1", "dhcp.utilisation_normal"),
        ("utilisation_normal = 95", "dhcp.utilisation_normal"),
        ("lease_time = 7", "dhcp.lease_time"),
    ],
)
def test_mistakes_name_the_key_and_line(line: str, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        decode(line)
    (problem,) = caught.value.config_problems
    assert (problem.path, problem.line) == (key, 2)


def test_the_section_configures_and_does_not_choose() -> None:
    assert DhcpPlugin.section == Section("dhcp", DhcpConfig, chooses=False)


@pytest.mark.anyio
async def test_flavours_sections_within_it_are_not_its_keys() -> None:
    sections = "[dhcp]\nretention = 60\n[dhcp.v4]\nenabled = false\n[dhcp.other]\nx = 1\n"
    document = parse_document(sections)
    config = document.section("dhcp", DhcpConfig, inner=("dhcp.v4", "dhcp.other"))
    document.raise_problems()
    assert config == DhcpConfig(retention=60.0)
    async with run_kernel([DhcpPlugin()], "[dhcp]\nretention = 60\n") as kernel:
        assert kernel.services.require(DhcpConfig).retention == 60
