"""A disk that is full: nobody is told what is not kept, and all goes on once there is room."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.scenarios.dhcp.clients import UDHCPC
from tests.scenarios.dhcp.namespaces import Host, cable, hosts, until
from tests.scenarios.dhcp.server import Running, server
from tests.scenarios.dhcp.test_slaac import addresses, prefixes, sysctl

pytestmark = [pytest.mark.needs("root", "netns", "ip", "sysctl", "udhcpc", "perfdhcp")]

CONFIG = """
[dhcp.v4]
enabled = true
interface = "srv0"
[[dhcp.v4.pools]]
subnet = "10.0.0.0/16"
range_start = "10.0.1.0"
range_end = "10.0.9.255"
lease_time_secs = 600

[dhcp.slaac]
enabled = true
interface = "srv0"
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MiB."""
    mount = tmp_path / "small"
    mount.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(mount)]
    subprocess.run(command, check=True, capture_output=True)
    yield mount
    subprocess.run(["umount", "-l", str(mount)], check=True)


def fill(disk: Path) -> Path:
    """Leave no octet free; returns what takes the place."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as written:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    written.write(bytes(size))
            except OSError:
                continue
    return ballast


def become(host: Host, mac: str) -> None:
    """Have another hardware address: be another client."""
    host.ip("link", "set", "cli0", "down")
    host.ip("link", "set", "cli0", "address", mac)
    host.ip("link", "set", "cli0", "up")


def gets_nothing(host: Host) -> bool:
    """Whether a client is left without a lease."""
    told = host.run(*UDHCPC, "-n", "-s", "/bin/true", check=False)
    return "no lease, failing" in told and "obtained" not in told


def load(host: Host) -> int:
    """Ask for many leases; returns how many were acknowledged."""
    report = host.run(
        *("perfdhcp", "-4", "-r", "100", "-R", "100000", "-p", "3"),
        *("-b", "mac=02:00:01:00:00:00", "-u", "10.0.0.1"),
        check=False,
    )
    found = re.search(r"received packets: (\d+)", report.partition("REQUEST-ACK")[2])
    assert found, report
    return int(found[1])


def leases(running: Running) -> int:
    total: int = running.shown("lease", "list", "--limit", "1")["total"]
    return total


def test_a_full_disk_acknowledges_nothing_and_recovers(tmp_path: Path, small_disk: Path) -> None:
    with hosts(2) as (ours, theirs):
        cable(ours, "srv0", theirs, "cli0")
        sysctl(theirs, "net.ipv6.conf.cli0.accept_ra=1")
        ours.address("srv0", "10.0.0.1/16", "2001:db8:1::1/64")
        theirs.address("cli0", "10.0.0.2/16")
        with server(ours, tmp_path, CONFIG, small_disk / "db") as running:
            become(theirs, "02:00:00:00:00:01")
            theirs.run(*UDHCPC, "-s", "/bin/true")
            until(lambda: addresses(theirs), r"2001:db8:1:")
            ballast = fill(small_disk)
            acknowledged = 1 + load(theirs)
            assert leases(running) >= acknowledged
            become(theirs, "02:00:00:00:00:02")
            assert gets_nothing(theirs)
            # What hosts must know of the network they are told all the same.
            until(lambda: addresses(theirs), r"2001:db8:1:")
            ours.ip("address", "add", "2001:db8:2::1/64", "dev", "srv0")
            ours.ip("address", "delete", "2001:db8:1::1/64", "dev", "srv0")
            until(
                lambda: addresses(theirs),
                r"2001:db8:2:\S+ scope global.*2001:db8:1:\S+ scope global deprecated",
            )
            ballast.unlink()
            theirs.run(*UDHCPC, "-s", "/bin/true")
            assert leases(running) >= acknowledged + 1
            running.stop()
            running.start()
            assert leases(running) >= acknowledged + 1
            until(lambda: prefixes(running), r"2001:db8:2::/64 False.*2001:db8:1::/64 True")
