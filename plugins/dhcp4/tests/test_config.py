"""The section [dhcp.v4]."""

import ipaddress

import pytest

from microdns.config import ConfigError, parse_document
from microdns_dhcp.model import CONFIG
from microdns_dhcp4.check import config_problems
from microdns_dhcp4.config import Dhcp4Config

REFERENCE = """
enabled = true
interface = "eth0"

[[dhcp.v4.pools]]
range_start = "192.168.1.100"
range_end = "192.168.1.200"
subnet = "192.168.1.0/24"
gateway = "192.168.1.1"
dns = ["192.168.1.199"]
domain = "gw.lo"
lease_time_secs = 3600
next_server = "192.168.1.5"
boot_file = "pxelinux.0"

[[dhcp.v4.reservations]]
mac = "AA:BB:CC:DD:EE:FF"
ip = "192.168.1.50"
hostname = "server1"
"""
POOL = '[[dhcp.v4.pools]]\nsubnet = "192.0.2.0/24"\n'
RANGE = 'range_start = "192.0.2.10"\nrange_end = "192.0.2.20"\n'


def decode(section: str) -> Dhcp4Config:
    document = parse_document(f"[dhcp.v4]\n{section}")
    config = document.section("dhcp.v4", Dhcp4Config)
    document.raise_problems()
    assert config is not None
    return config


def test_defaults_serve_every_interface_with_authority() -> None:
    config = decode("")
    assert not config.enabled
    assert config.interfaces == ()
    assert (config.authoritative, config.rapid_commit, config.use_client_id) == (True, True, True)
    assert (config.lease_time_secs, config.lease_time_min_secs) == (3600, 60)
    assert config.lease_time_max_secs is None
    assert (config.conflict_check, config.conflict_wait_ms, config.port) == ("none", 500, 67)
    assert config.global_options() is None
    assert not list(config_problems(config))


def test_the_reference_is_accepted_as_it_stands() -> None:
    config = decode(REFERENCE)
    assert not list(config_problems(config))
    assert config.interfaces == ("eth0",)
    pool = config.pools[0].pool()
    assert (pool.source, pool.family, pool.subnet) == (CONFIG, 4, "192.168.1.0/24")
    assert (pool.range_start, pool.range_end) == ("192.168.1.100", "192.168.1.200")
    assert (pool.gateway, pool.dns, pool.domain) == ("192.168.1.1", ("192.168.1.199",), "gw.lo")
    assert (pool.next_server, pool.boot_file) == ("192.168.1.5", "pxelinux.0")
    reservation = config.reservations[0].reservation()
    assert (reservation.ip, reservation.hostname) == ("192.168.1.50", "server1")


def test_interfaces_may_be_one_or_many() -> None:
    assert decode('interface = ["eth0", "eth1"]').interfaces == ("eth0", "eth1")
    assert decode('interface = ""').interfaces == ()


def test_ids_of_declared_things_stay_and_differ() -> None:
    config = decode(POOL + RANGE + POOL + '[[dhcp.v4.reservations]]\nmac = "02:00:00:00:00:01"')
    assert [each.pool().id for each in config.pools] == [
        "config-192.0.2.10-192.0.2.20",
        "config-192.0.2.0/24",
    ]
    first = config.reservations[0].reservation()
    again = decode('[[dhcp.v4.reservations]]\nmac = "02:00:00:00:00:01"').reservations[0]
    other = decode('[[dhcp.v4.reservations]]\nmac = "02:00:00:00:00:02"').reservations[0]
    assert first.id == again.reservation().id != other.reservation().id


def test_options_for_all_are_taken_from_the_file_when_it_has_some() -> None:
    found = decode('options = [{ option = "mtu", value = 1400 }]').global_options()
    assert found is not None
    assert (found.family, found.source, found.options[0].option) == (4, CONFIG, "mtu")


def test_networks_of_relays_are_networks() -> None:
    config = decode('relays_allowed = ["10.0.0.0/8"]')
    assert config.relays_allowed == (ipaddress.IPv4Network("10.0.0.0/8"),)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("port = 0", "dhcp.v4.port"),
        ("lease_time_secs = 0", "dhcp.v4.lease_time_secs"),
        ("lease_time_secs = 4294967296", "dhcp.v4.lease_time_secs"),
        ('conflict_check = "dns"', "dhcp.v4.conflict_check"),
        ("conflict_wait_ms = 9", "dhcp.v4.conflict_wait_ms"),
        ('relays_allowed = ["10.0.0.1/8"]', "dhcp.v4.relays_allowed[0]"),
        ('identify_reservations_by = ["name"]', "dhcp.v4.identify_reservations_by[0]"),
        ("lease_time_min_secs = 9\nlease_time_max_secs = 8", "dhcp.v4.lease_time_max_secs"),
        ('pools = [{ range_start = "192.0.2.1" }]', "dhcp.v4.pools[0].subnet"),
        ('pools = [{ subnet = "192.0.2.0/24", dns = ["::1"] }]', "dhcp.v4.pools[0].dns[0]"),
        ('classes = [{ name = "a b", match = "x" }]', "dhcp.v4.classes[0].name"),
        ("boot = { bios = 7 }", "dhcp.v4.boot.bios"),
        ("authorative = true", "dhcp.v4.authorative"),
    ],
)
def test_mistakes_name_the_key(line: str, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        decode(line)
    (problem,) = caught.value.config_problems
    assert problem.path == key


@pytest.mark.parametrize(
    ("section", "path", "said"),
    [
        (POOL + 'range_start = "192.0.2.10"', "pools[0].range_end", ""),
        (POOL + RANGE + POOL + RANGE, "pools[1]", "declared twice"),
        (POOL + RANGE + 'client_class = "none"', "pools[0].client_class", "no class none"),
        (
            '[[dhcp.v4.classes]]\nname = "a"\nmatch = "arch == 1"\n' * 2,
            "classes[1].name",
            "declared twice",
        ),
        (
            POOL + '[[dhcp.v4.reservations]]\nip = "192.0.2.5"\nhostname = "x"',
            "reservations[0]",
            "",
        ),
    ],
)
def test_what_types_can_not_express_is_checked(section: str, path: str, said: str) -> None:
    problems = list(config_problems(decode(section)))
    assert problems
    assert all(problem.path.startswith(path) for problem in problems)
    assert any(said in problem.message for problem in problems)
