"""Real DHCPv4 clients and a real relay agent, in network namespaces."""

import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from tests.scenarios.dhcp.clients import UDHCPC, Dhclient, script, told
from tests.scenarios.dhcp.load import load
from tests.scenarios.dhcp.namespaces import Host, cable, hosts, until
from tests.scenarios.dhcp.server import PATIENCE_SECONDS, server

pytestmark = [pytest.mark.needs("root", "netns", "ip")]

CONFIG = """
[dhcp.v4]
enabled = true
interface = "srv0"

[[dhcp.v4.pools]]
subnet = "192.0.2.0/24"
range_start = "192.0.2.100"
range_end = "192.0.2.150"
gateway = "192.0.2.1"
dns = ["192.0.2.53"]
domain = "example.com"
search = ["example.com", "lab.example.com"]
ntp = ["192.0.2.123"]
lease_time_secs = 600
options = [
    { option = "mtu", value = 1400 },
    { option = "classless-routes", value = [{ to = "10.0.0.0/8", via = "192.0.2.254" }] },
]

[[dhcp.v4.reservations]]
mac = "02:00:00:00:00:77"
ip = "192.0.2.77"
hostname = "reserved"
"""


def address_of(host: Host, interface: str = "cli0") -> str:
    found = re.search(r"inet (192\.[\d.]+)/", host.ip("-4", "address", "show", "dev", interface))
    assert found
    return found[1]


@pytest.mark.needs("udhcpc")
def test_udhcpc_gets_renews_and_releases_an_address(tmp_path: Path) -> None:
    with hosts(2) as (ours, theirs):
        cable(ours, "srv0", theirs, "cli0")
        ours.address("srv0", "192.0.2.1/24")
        theirs.address("cli0")
        with server(ours, tmp_path, CONFIG) as running:
            client = subprocess.Popen(
                theirs.command(
                    *("udhcpc", "-i", "cli0", "-f", "-R", "-t", "3", "-T", "1", "-A", "1"),
                    *("-O", "search", "-O", "staticroutes", "-x", "hostname:box"),
                    *("-s", script(tmp_path)),
                ),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            try:
                (lease,) = running.eventually("active")
                assert (lease["ip"], lease["hostname"]) == ("192.0.2.100", "box")
                until(lambda: told(tmp_path), r"(?m)^ip=192\.0\.2\.100$")
                time.sleep(1.1)  # times are shown in seconds
                client.send_signal(signal.SIGUSR1)  # renews
                end = time.monotonic() + PATIENCE_SECONDS
                while running.leases()[0]["renewed"] == lease["renewed"]:
                    assert time.monotonic() < end
                    time.sleep(0.1)
            finally:
                client.terminate()  # with -R, it releases
                client.wait(PATIENCE_SECONDS)
            running.eventually("released")
            seen = told(tmp_path)
            assert "search=example.com lab.example.com" in seen
            assert "staticroutes=0.0.0.0/0 192.0.2.1 10.0.0.0/8 192.0.2.254" in seen


@pytest.mark.needs("dhclient")
def test_dhclient_gets_and_releases_its_reserved_address(tmp_path: Path) -> None:
    with hosts(2) as (ours, theirs):
        cable(ours, "srv0", theirs, "cli0")
        ours.address("srv0", "192.0.2.1/24")
        theirs.ip("link", "set", "cli0", "address", "02:00:00:00:00:77")
        theirs.address("cli0")
        client = Dhclient(theirs, tmp_path, "-4")
        with server(ours, tmp_path, CONFIG) as running:
            client.get(config="also request interface-mtu, ntp-servers;")
            assert address_of(theirs) == "192.0.2.77"
            (lease,) = running.eventually("active")
            assert lease["hostname"] == "reserved"
            seen = told(tmp_path)
            assert "new_interface_mtu=1400" in seen
            assert "new_ntp_servers=192.0.2.123" in seen
            client.release()
            running.eventually("released")


@pytest.mark.needs("dhcpcd")
def test_dhcpcd_gets_an_address(tmp_path: Path) -> None:
    with hosts(2) as (ours, theirs):
        cable(ours, "srv0", theirs, "cli0")
        ours.address("srv0", "192.0.2.1/24")
        theirs.address("cli0")
        with server(ours, tmp_path, CONFIG) as running:
            once = ("-4", "-1", "-B", "-t", "60", "-f", "/dev/null", "-c", "/bin/true")
            theirs.run("dhcpcd", *once, "--noarp", "cli0")
            (lease,) = running.eventually("active")
            assert lease["ip"] == address_of(theirs)


@pytest.mark.needs("udhcpc", "dhcrelay")
def test_a_relay_agent_with_option_82_brings_clients_of_another_subnet(tmp_path: Path) -> None:
    config = (
        CONFIG
        + """
[[dhcp.v4.pools]]
subnet = "198.51.100.0/24"
range_start = "198.51.100.10"
range_end = "198.51.100.20"
gateway = "198.51.100.1"
"""
    )
    with hosts(3) as (ours, relay, theirs):
        cable(ours, "srv0", relay, "up0")
        cable(relay, "down0", theirs, "cli0")
        ours.address("srv0", "192.0.2.1/24")
        relay.address("up0", "192.0.2.2/24")
        relay.address("down0", "198.51.100.1/24")
        ours.ip("route", "add", "198.51.100.0/24", "via", "192.0.2.2")
        theirs.address("cli0")
        with server(ours, tmp_path, config) as running:
            agent = subprocess.Popen(
                relay.command(
                    *("dhcrelay", "-4", "-d", "-a", "-iu", "up0", "-id", "down0", "192.0.2.1")
                ),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            try:
                theirs.run(*UDHCPC, "-s", script(tmp_path))
                (lease,) = running.eventually("active")
            finally:
                agent.terminate()
                agent.wait(PATIENCE_SECONDS)
            assert lease["ip"] == "198.51.100.10"
            assert lease["relay"] == "198.51.100.1"
            assert lease["circuit_id"] == "down0"


@pytest.mark.needs("udhcpc")
def test_an_interface_made_anew_is_served_again(tmp_path: Path) -> None:
    with hosts(2) as (ours, theirs):
        cable(ours, "srv0", theirs, "cli0")
        ours.address("srv0", "192.0.2.1/24")
        theirs.address("cli0")
        with server(ours, tmp_path, CONFIG) as running:
            theirs.run(*UDHCPC, "-s", script(tmp_path))
            with running.telling("interface.down"):
                ours.ip("link", "set", "srv0", "down")
            with running.telling("interface.up"):
                ours.ip("link", "set", "srv0", "up")
            theirs.run(*UDHCPC, "-s", script(tmp_path))
            with running.telling("interface.down"):
                ours.ip("link", "delete", "srv0")
            with running.telling("interface.up"):
                cable(ours, "other0", theirs, "cli0")
                ours.ip("link", "set", "other0", "name", "srv0")
                ours.address("srv0", "192.0.2.1/24")
                theirs.address("cli0")
            theirs.run(*UDHCPC, "-s", script(tmp_path))
            assert len(running.leases()) >= 1


@pytest.mark.needs("perfdhcp")
def test_no_acknowledged_lease_is_lost_by_kill_9(tmp_path: Path) -> None:
    config = """
[dhcp.v4]
enabled = true
interface = "srv0"
[[dhcp.v4.pools]]
subnet = "10.0.0.0/8"
range_start = "10.1.0.0"
range_end = "10.9.255.255"
"""
    with hosts(2) as (ours, theirs):
        cable(ours, "srv0", theirs, "cli0")
        ours.address("srv0", "10.0.0.1/8")
        theirs.address("cli0", "10.0.0.2/8")
        with server(ours, tmp_path, config) as running:
            acknowledged = 0
            for round in range(3):
                # Other clients each time: what one round was told, the next must not be.
                with load(theirs, "-4", "10.0.0.1", round=round) as clients:
                    clients.wait_for(100)
                    running.kill()
                    acknowledged += clients.end()
                running.start()
            assert running.shown("lease", "list", "--limit", "1")["total"] >= acknowledged
