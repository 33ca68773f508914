"""The section [dhcp.slaac]."""

import ipaddress

import pytest

from microdns.config import ConfigError, parse_document
from microdns_slaac.check import config_problems
from microdns_slaac.config import SlaacConfig
from microdns_slaac.profile import Prefix, profile

NETWORK = ipaddress.IPv6Network


def decode(section: str) -> SlaacConfig:
    document = parse_document(f"[dhcp.slaac]\n{section}")
    config = document.section("dhcp.slaac", SlaacConfig)
    document.raise_problems()
    assert config is not None
    return config


def test_the_reference_is_accepted_as_it_stands() -> None:
    config = decode(
        """
        enabled = true
        interface = "eth0"
        prefix = "2001:db8::"
        prefix_len = 64
        """
    )
    assert config.served == ("eth0",)
    assert not list(config_problems(config))
    told = profile(config, "eth0")
    assert told.prefixes == (Prefix(NETWORK("2001:db8::/64")),)


def test_defaults_are_those_of_the_rfcs() -> None:
    told = profile(decode('interface = "eth0"'), "eth0")
    assert told.prefixes is None
    assert (told.interval_max, told.interval_min, told.router_lifetime) == (600, 200, 1800)
    assert (told.each.valid, told.each.preferred) == (5400, 2700)
    assert (told.hop_limit, told.mtu, told.dns_lifetime) == (64, 0, 1800)
    assert (told.managed, told.other, told.preference) == ("auto", "auto", "medium")


def test_an_interface_overrides_the_section() -> None:
    config = decode(
        """
        prefix = "2001:db8::"
        dns = ["2001:db8::53"]
        interval_max_secs = 30
        [[dhcp.slaac.interfaces]]
        name = "eth1"
        dns = []
        interval_max_secs = 90
        prefixes = [{ prefix = "2001:db8:1::/64", valid_lifetime_secs = 100 }]
        """
    )
    assert config.served == ("eth1",)
    assert not list(config_problems(config))
    told = profile(config, "eth1")
    assert told.dns == ()
    assert told.prefixes == (Prefix(NETWORK("2001:db8:1::/64"), 100, 100),)
    assert (told.interval_max, told.interval_min, told.router_lifetime) == (90, 30, 270)
    other = profile(config, "eth0")
    assert (other.interval_max, other.interval_min, other.dns_lifetime) == (30, 10, 90)
    assert other.prefixes == (Prefix(NETWORK("2001:db8::/64")),)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('prefix = "192.0.2.0"', "dhcp.slaac.prefix"),
        ("prefix_len = 129", "dhcp.slaac.prefix_len"),
        ('managed = "maybe"', "dhcp.slaac.managed"),
        ("hop_limit = 256", "dhcp.slaac.hop_limit"),
        ('routes = [{ prefix = "2001:db8::1/64" }]', "dhcp.slaac.routes[0].prefix"),
        ("interval_max_secs = 3", "dhcp.slaac.interval_max_secs"),
        ("advertise = true", "dhcp.slaac.advertise"),
    ],
)
def test_mistakes_name_the_key_and_line(line: str, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        decode(line)
    (problem,) = caught.value.config_problems
    assert (problem.path, problem.line) == (key, 2)


@pytest.mark.parametrize(
    ("line", "path", "said"),
    [
        ('prefix = "2001:db8::1"', "prefix", "bits set beyond"),
        ('prefix = "fe80::"', "prefix", "is not one that"),
        ("mtu = 1000", "mtu", "below 1280"),
        ('prefixes = [{ prefix = "2001:db8::/48" }]', "prefixes[0].prefix", "a /64 alone"),
        ('prefixes = [{ prefix = "ff02::/64" }]', "prefixes[0].prefix", "is not one that"),
        ('search = ["a..b"]', "search[0]", "not a domain name"),
        ('pref64 = ["64:ff9b::/95"]', "pref64[0]", "RFC 8781"),
        ('captive_portal = "http://x"', "captive_portal", "https"),
        ('encrypted_dns = [{ name = "a..b" }]', "encrypted_dns[0].name", "not a domain name"),
        (
            'encrypted_dns = [{ name = "a.b", alpn = ["dot"] }]',
            "encrypted_dns[0].addresses",
            "need addresses",
        ),
        ("interval_max_secs = 10\ninterval_min_secs = 9", "interval_min_secs", "three quarters"),
        ("router_lifetime_secs = 5", "router_lifetime_secs", "shorter"),
        (
            "valid_lifetime_secs = 5\npreferred_lifetime_secs = 9",
            "preferred_lifetime_secs",
            "longer than",
        ),
        (
            'prefix = "2001:db8::"\nprefixes = [{ prefix = "2001:db8::/64" }]',
            "prefixes",
            "announced twice",
        ),
        (
            'prefixes = [{ prefix = "2001:db8::/64", valid_lifetime_secs = 1, '
            "preferred_lifetime_secs = 2 }]",
            "prefixes",
            "longer than",
        ),
        ('interfaces = [{ name = "eth7" }]', "interfaces[0].name", "not among"),
        (
            'interfaces = [{ name = "eth0", mtu = 7 }]',
            "interfaces[0].mtu",
            "below 1280",
        ),
    ],
)
def test_what_types_can_not_express_is_checked(line: str, path: str, said: str) -> None:
    problems = list(config_problems(decode(f'interface = "eth0"\n{line}')))
    assert [problem.path for problem in problems] == [path]
    assert said in problems[0].message


@pytest.mark.parametrize(
    ("section", "path"),
    [
        ("", "interface"),
        ('interface = ["eth0", "eth0"]', "interface"),
        ('interfaces = [{ name = "a" }, { name = "a" }]', "interfaces[1].name"),
    ],
)
def test_interfaces_are_named_and_named_once(section: str, path: str) -> None:
    assert [problem.path for problem in config_problems(decode(section))] == [path]
