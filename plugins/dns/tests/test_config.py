"""The section ``[dns]``: defaults of the reference, bounds, clear mistakes."""

import pytest

from microdns.config import ConfigError
from microdns.testing import run_kernel
from microdns_dns.config import DnsConfig
from microdns_dns.plugin import DnsPlugin

pytestmark = pytest.mark.anyio


def test_defaults_are_those_of_the_reference() -> None:
    config = DnsConfig()
    assert config.tcp_connections_max == 1_000
    assert config.tcp_total_timeout_secs == 30
    assert config.inflight_max == 10_000
    assert config.udp_payload_max == 1232
    assert (config.version, config.hostname, config.nsid) == ("", "", "")


@pytest.mark.parametrize(
    ("setting", "where"),
    [
        ("udp_payload_max = 511", "dns.udp_payload_max"),
        ("udp_payload_max = 5000", "dns.udp_payload_max"),
        ("tcp_connections_max = 0", "dns.tcp_connections_max"),
        ("tcp_total_timeout_secs = 0", "dns.tcp_total_timeout_secs"),
        ("nsid = 1", "dns.nsid"),
        ('version = "é"', "dns.version"),
        (f'hostname = "{"x" * 256}"', "dns.hostname"),
        ("tcp_conections_max = 5", "tcp_connections_max"),
    ],
)
async def test_mistakes_are_told_with_their_key(setting: str, where: str) -> None:
    with pytest.raises(ConfigError, match=where):
        async with run_kernel([DnsPlugin()], f"[dns]\n{setting}\n"):
            pass
