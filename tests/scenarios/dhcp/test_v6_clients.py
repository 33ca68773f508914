"""Real DHCPv6 clients and a real relay agent, in network namespaces."""

import re
import subprocess
from pathlib import Path

import pytest
from tests.scenarios.dhcp.clients import Dhclient, told
from tests.scenarios.dhcp.load import load
from tests.scenarios.dhcp.namespaces import Host, cable, hosts, link_local, until
from tests.scenarios.dhcp.server import PATIENCE_SECONDS, server

pytestmark = [pytest.mark.needs("root", "netns", "ip")]

CONFIG = """
[dhcp.v6]
enabled = true
interface = "srv0"
preference = 255

[[dhcp.v6.pools]]
prefix = "2001:db8::"
prefix_len = 64
dns = ["2001:db8::1"]
domain = "example.com"
lease_time_secs = 600

[[dhcp.v6.delegations]]
prefix = "2001:db8:100::"
prefix_len = 48
delegated_len = 56

[[dhcp.v6.reservations]]
mac = "02:00:00:00:00:77"
ip = "2001:db8::77"
hostname = "reserved"
"""


def address6(host: Host, interface: str, *addresses: str) -> None:
    """Give an interface addresses that can be used at once (no duplicate detection)."""
    quick = f"echo 0 >/proc/sys/net/ipv6/conf/{interface}/accept_dad"
    host.run("sh", "-c", quick)
    host.address(interface, *addresses)


def addresses_of(host: Host, interface: str = "cli0") -> list[str]:
    text = host.ip("-6", "address", "show", "dev", interface, "scope", "global")
    return re.findall(r"inet6 ([\da-f:]+)/", text)


def link(ours: Host, theirs: Host) -> None:
    """A server's interface and a client's, with a cable between them."""
    cable(ours, "srv0", theirs, "cli0")
    address6(ours, "srv0", "2001:db8::1/64")
    theirs.ip("link", "set", "cli0", "address", "02:00:00:00:00:01")
    address6(theirs, "cli0")
    until(lambda: link_local(ours, "srv0"), "fe80")
    until(lambda: link_local(theirs, "cli0"), "fe80")


@pytest.mark.needs("dhclient")
def test_dhclient_gets_and_releases_an_address(tmp_path: Path) -> None:
    with hosts(2) as (ours, theirs):
        link(ours, theirs)
        with server(ours, tmp_path, CONFIG) as running:
            client = Dhclient(theirs, tmp_path, "-6")
            client.get()
            assert addresses_of(theirs) == ["2001:db8::1000"]
            (lease,) = running.eventually("active")
            assert (lease["ip"], lease["mac"]) == ("2001:db8::1000", "02:00:00:00:00:01")
            seen = told(tmp_path)
            assert "new_dhcp6_name_servers=2001:db8::1" in seen
            assert "new_dhcp6_domain_search=example.com." in seen
            client.release()
            running.eventually("released")


@pytest.mark.needs("dhclient")
def test_dhclient_gets_its_reserved_address_and_a_prefix(tmp_path: Path) -> None:
    with hosts(2) as (ours, theirs):
        link(ours, theirs)
        theirs.ip("link", "set", "cli0", "down")
        theirs.ip("link", "set", "cli0", "address", "02:00:00:00:00:77")
        theirs.ip("link", "set", "cli0", "up")
        with server(ours, tmp_path, CONFIG) as running:
            client = Dhclient(theirs, tmp_path, "-6")
            client.get("-N", "-P")
            address, delegated = running.eventually("active", 2)
            assert (address["ip"], address["hostname"]) == ("2001:db8::77", "reserved")
            assert delegated["ip"] == "2001:db8:100::/56"
            assert delegated["peer"] == "fe80::ff:fe00:77"
            assert addresses_of(theirs) == ["2001:db8::77"]
            assert "new_ip6_prefix=2001:db8:100::/56" in told(tmp_path)
            client.release("-N", "-P")
            running.eventually("released", 2)


DHCPCD = """
duid ll
ipv6only
noipv6rs
nohook resolv.conf
interface cli0
    ia_na 1
    ia_pd 2 -
    option dhcp6_name_servers
"""


@pytest.mark.needs("dhcpcd")
def test_dhcpcd_gets_an_address_and_a_prefix(tmp_path: Path) -> None:
    config = tmp_path / "dhcpcd.conf"
    config.write_text(DHCPCD)
    with hosts(2) as (ours, theirs):
        link(ours, theirs)
        with server(ours, tmp_path, CONFIG) as running:
            once = ("-6", "-1", "-B", "-t", "60", "-f", str(config), "-c", "/bin/true")
            theirs.run("dhcpcd", *once, "cli0")
            address, delegated = running.eventually("active", 2)
            assert address["ip"] in addresses_of(theirs)
            assert delegated["ip"] == "2001:db8:100::/56"
            assert (address["iaid"], delegated["iaid"]) == (1, 2)


@pytest.mark.needs("dhclient", "dhcrelay")
def test_a_relay_agent_brings_clients_of_another_link(tmp_path: Path) -> None:
    config = (
        CONFIG
        + """
[[dhcp.v6.pools]]
prefix = "2001:db8:7::"
prefix_len = 64
"""
    )
    with hosts(3) as (ours, agent, theirs):
        cable(ours, "srv0", agent, "up0")
        cable(agent, "down0", theirs, "cli0")
        address6(ours, "srv0", "2001:db8::1/64")
        address6(agent, "up0", "2001:db8::2/64")
        address6(agent, "down0", "2001:db8:7::1/64")
        address6(theirs, "cli0")
        ours.ip("-6", "route", "add", "2001:db8:7::/64", "via", "2001:db8::2")
        with server(ours, tmp_path, config) as running:
            relaying = subprocess.Popen(
                agent.command(
                    *("dhcrelay", "-6", "-d", "-I", "-l", "down0", "-u", "2001:db8::1%up0"),
                    *("-pf", str(tmp_path / "relay.pid")),
                ),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            try:
                client = Dhclient(theirs, tmp_path, "-6")
                client.get()
                (lease,) = running.eventually("active")
                assert addresses_of(theirs) == ["2001:db8:7::1000"]
                assert (lease["ip"], lease["relay"]) == ("2001:db8:7::1000", "2001:db8:7::1")
                assert lease["circuit_id"].startswith("0x")  # the index of its interface
                assert lease["peer"].startswith("fe80::")
                client.release()
                running.eventually("released")
            finally:
                relaying.terminate()
                relaying.wait(PATIENCE_SECONDS)


@pytest.mark.needs("dhclient")
def test_an_interface_made_anew_is_served_again(tmp_path: Path) -> None:
    with hosts(2) as (ours, theirs):
        link(ours, theirs)
        with server(ours, tmp_path, CONFIG) as running:
            with running.telling("interface.down"):
                ours.ip("link", "delete", "srv0")
            with running.telling("interface.up"):
                cable(ours, "other0", theirs, "cli0")
                ours.ip("link", "set", "other0", "name", "srv0")
                address6(ours, "srv0", "2001:db8::1/64")
                address6(theirs, "cli0")
            Dhclient(theirs, tmp_path, "-6").get()
            running.eventually("active")


@pytest.mark.needs("perfdhcp")
def test_no_acknowledged_lease_is_lost_by_kill_9(tmp_path: Path) -> None:
    with hosts(2) as (ours, theirs):
        link(ours, theirs)
        with server(ours, tmp_path, CONFIG) as running:
            acknowledged = 0
            for round in range(3):
                # Other clients each time: what one round was told, the next must not be.
                with load(theirs, "-6", "-l", "cli0", "all", round=round) as clients:
                    clients.wait_for(100)
                    running.kill()
                    acknowledged += clients.end()
                running.start()
            assert running.shown("lease", "list", "--limit", "1")["total"] >= acknowledged
