"""Each datagram comes once, to the socket that it is for, however it was sent."""

import json
import subprocess
import sys
from functools import partial

import pytest
from tests.scenarios.dhcp.namespaces import Host, cable, hosts, link_local, until
from tests.scenarios.dhcp.server import PATIENCE_SECONDS

pytestmark = [pytest.mark.needs("root", "netns", "ip")]
PROGRAM = (sys.executable, "-m", "tests.scenarios.dhcp._inlet")


def heard(ours: Host, theirs: Host, family: int, targets: list[str]) -> list[list[int]]:
    """The numbers of what came to the one socket and the other."""
    expected = 4 * len(targets)
    command = ours.command(*PROGRAM, "hear", str(family), str(expected))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as hearing:
        try:
            assert hearing.stdout is not None
            assert hearing.stdout.readline() == "hears\n"
            theirs.run(*PROGRAM, "say", str(family), *targets)
            told, _ = hearing.communicate(timeout=PATIENCE_SECONDS)
        finally:
            hearing.kill()
    found: list[list[int]] = json.loads(told)
    assert len(found[0]) + len(found[1]) == expected, found
    return found


def test_broadcast_and_unicast_over_ipv4() -> None:
    targets = ["255.255.255.255", "192.0.2.255", "192.0.2.1"]
    with hosts(2) as (ours, theirs):
        cable(ours, "srv0", theirs, "cli0")
        ours.address("srv0", "192.0.2.1/24")
        theirs.address("cli0", "192.0.2.2/24")
        ongoing, beginning = heard(ours, theirs, 4, targets)
        assert beginning == list(range(0, 12, 2))
        assert ongoing == list(range(1, 12, 2))


def test_multicast_and_unicast_over_ipv6() -> None:
    with hosts(2) as (ours, theirs):
        cable(ours, "srv0", theirs, "cli0")
        for host, interface, number in ((ours, "srv0", 1), (theirs, "cli0", 2)):
            host.run("sh", "-c", f"echo 0 >/proc/sys/net/ipv6/conf/{interface}/accept_dad")
            host.address(interface, f"2001:db8::{number}/64", f"fe80::{number}/64")
        for host, interface in ((ours, "srv0"), (theirs, "cli0")):
            until(partial(link_local, host, interface), "fe80::[12]/64")
        targets = ["ff02::1:2", "ff05::1:3", "2001:db8::1", "fe80::1"]
        ongoing, beginning = heard(ours, theirs, 6, targets)
        assert beginning == list(range(0, 16, 2))
        assert ongoing == list(range(1, 16, 2))
