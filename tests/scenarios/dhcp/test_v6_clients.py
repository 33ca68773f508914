"""Real DHCPv6 clients and a real relay agent, in network namespaces."""

import re
import time
from pathlib import Path

import pytest
from tests.scenarios.dhcp.namespaces import Host, cable, hosts
from tests.scenarios.dhcp.server import Running, server

pytestmark = [pytest.mark.needs("root", "netns", "ip")]

CONFIG = """
[dhcp.v6]
enabled = true
interface = "srv0"

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

APPLY = """#!/bin/sh
env >>{folder}/environment
case "$reason" in
BOUND6|RENEW6|REBIND6)
    if [ -n "$new_ip6_address" ]; then
        ip -6 address replace "$new_ip6_address/128" dev "$interface"
    fi
    ;;
RELEASE6|STOP6)
    if [ -n "$old_ip6_address" ]; then
        ip -6 address del "$old_ip6_address/128" dev "$interface"
    fi
    ;;
esac
exit 0
"""


def script(folder: Path) -> str:
    """What dhclient calls when it has a lease."""
    file = folder / "apply"
    file.write_text(APPLY.format(folder=folder))
    file.chmod(0o755)
    return str(file)


def told(folder: Path) -> str:
    """What the client's script was told."""
    return (folder / "environment").read_text()


def address6(host: Host, interface: str, *addresses: str) -> None:
    """Give an interface addresses that can be used at once (no duplicate detection)."""
    quick = f"echo 0 >/proc/sys/net/ipv6/conf/{interface}/accept_dad"
    host.run("sh", "-c", quick)
    host.address(interface, *addresses)


def addresses_of(host: Host, interface: str = "cli0") -> list[str]:
    text = host.ip("-6", "address", "show", "dev", interface, "scope", "global")
    return re.findall(r"inet6 ([\da-f:]+)/", text)


def eventually(running: Running, state: str, count: int = 1) -> list[dict[str, str]]:
    """Leases in a state, once there are so many."""
    end = time.monotonic() + 20
    while True:
        found = running.leases(state=state)
        if len(found) == count or time.monotonic() > end:
            assert len(found) == count, running.log()
            return found
        time.sleep(0.2)


def link(ours: Host, theirs: Host) -> None:
    """A server's interface and a client's, with a cable between them."""
    cable(ours, "srv0", theirs, "cli0")
    address6(ours, "srv0", "2001:db8::1/64")
    theirs.ip("link", "set", "cli0", "address", "02:00:00:00:00:01")
    address6(theirs, "cli0")


def dhclient(host: Host, folder: Path, *options: str) -> str:
    """Run dhclient with files of its own."""
    files = ("-lf", str(folder / "leases"), "-pf", str(folder / "pid"), "-cf", "/dev/null")
    return host.run(
        *("dhclient", "-6", "-sf", script(folder), *files, *options, "cli0"), timeout=60
    )


@pytest.mark.needs("dhclient")
def test_dhclient_gets_and_releases_an_address(tmp_path: Path) -> None:
    with hosts(2) as (ours, theirs):
        link(ours, theirs)
        with server(ours, tmp_path, CONFIG) as running:
            dhclient(theirs, tmp_path, "-1", "-D", "LL")
            try:
                assert addresses_of(theirs) == ["2001:db8::1000"]
                (lease,) = eventually(running, "active")
                assert (lease["ip"], lease["mac"]) == ("2001:db8::1000", "02:00:00:00:00:01")
                seen = told(tmp_path)
                assert "new_dhcp6_name_servers=2001:db8::1" in seen
                assert "new_dhcp6_domain_search=example.com." in seen
            finally:
                dhclient(theirs, tmp_path, "-r")
            eventually(running, "released")
