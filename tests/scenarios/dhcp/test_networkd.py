"""systemd-networkd as a client of all that serves a link at once.

It needs no systemd as process 1 and no D-Bus: in a mount namespace with a ``/run`` of its own, and
with ``/sys`` read-only, so that it does not wait for udev (as in containers), it runs as anywhere.
"""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.scenarios.dhcp.namespaces import Host, cable, hosts, until
from tests.scenarios.dhcp.server import PATIENCE_SECONDS, server
from tests.scenarios.dhcp.test_slaac import default_route, sysctl

pytestmark = [pytest.mark.needs("root", "netns", "ip", "sysctl", "networkctl")]

DAEMON = "/lib/systemd/systemd-networkd"
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

[dhcp.v6]
enabled = true
interface = "srv0"
[[dhcp.v6.pools]]
prefix = "2001:db8:1::"
prefix_len = 64
range_start = "2001:db8:1::1:0"
range_end = "2001:db8:1::1:ff"

[dhcp.slaac]
enabled = true
interface = "srv0"
prefix = "2001:db8:1::"
dns = ["2001:db8:1::53"]
search = ["example.net"]
"""
NETWORK = """
[Match]
Name=cli0
[Network]
DHCP=ipv4
IPv6AcceptRA=yes
IPv6PrivacyExtensions=no
"""
BEGIN = """
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/network /run/systemd/netif/links /run/systemd/netif/leases
mkdir -p /run/systemd/netif/lldp
chown -R systemd-network:systemd-network /run/systemd/netif
cp {network} /run/systemd/network/cli0.network
mount -o remount,ro,bind /sys
exec {daemon}
"""


@contextmanager
def networkd(host: Host, folder: Path) -> Iterator[Path]:
    """The daemon, running inside the block; gives its log."""
    network, log = folder / "cli0.network", folder / "networkd.log"
    network.write_text(NETWORK)
    begin = BEGIN.format(network=network, daemon=DAEMON)
    command = host.command("env", "SYSTEMD_LOG_LEVEL=debug", "unshare", "-m", "sh", "-ec", begin)
    with log.open("wb") as written:
        process = subprocess.Popen(command, stdout=written, stderr=written)
    try:
        yield log
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def test_networkd_holds_a_lease_an_address_of_its_own_and_both_routes(tmp_path: Path) -> None:
    with hosts(2) as (router, host):
        cable(router, "srv0", host, "cli0")
        sysctl(router, "net.ipv6.conf.all.forwarding=1")
        router.address("srv0", "192.0.2.1/24", "2001:db8:1::1/64")
        with server(router, tmp_path, CONFIG) as running, networkd(host, tmp_path) as log:
            shown = until(
                lambda: host.ip("address", "show", "dev", "cli0"),
                r"inet 192\.0\.2\.1\d\d/24.*inet6 2001:db8:1:",
            )
            (lease,) = running.leases(family="4")
            assert f"inet {lease['ip']}/24" in shown
            assert re.search(r"2001:db8:1:\S+/64 scope global", shown)
            until(lambda: default_route(host), r"via fe80:.*proto ra")
            # The M flag, which follows dhcp6, has it ask for an address there.
            until(lambda: host.ip("address", "show", "dev", "cli0"), r"2001:db8:1::1:\w+/128")
            until(lambda: host.ip("-4", "route"), r"default via 192\.0\.2\.1 dev cli0 proto dhcp")
            until(log.read_text, r"cli0: State changed: \w+ -> configured")
            # Our last advertisement takes the route away.
            running.stop()
            until(lambda: default_route(host) or "none", r"^none$")
