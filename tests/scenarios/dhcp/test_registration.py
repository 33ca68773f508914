"""A real host that gets its addresses by both families, and its names in DNS."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.scenarios.dhcp.clients import Dhclient
from tests.scenarios.dhcp.namespaces import Host, hosts
from tests.scenarios.dhcp.server import COMMAND, PATIENCE_SECONDS, Running, server
from tests.scenarios.dhcp.test_v6_clients import link

pytestmark = [pytest.mark.needs("root", "netns", "ip", "dhclient", "dig")]

CONFIG = """
[dns.auth]
enabled = true
listen = "127.0.0.1:5300"
zones = ["gw.lo"]

[dhcp.v4]
enabled = true
interface = "srv0"
[[dhcp.v4.pools]]
subnet = "192.0.2.0/24"
range_start = "192.0.2.100"
range_end = "192.0.2.150"
lease_time_secs = 600

[dhcp.v6]
enabled = true
interface = "srv0"
[[dhcp.v6.pools]]
prefix = "2001:db8::"
prefix_len = 64
lease_time_secs = 600

[dhcp.dns_registration]
enabled = true
forward_zone = "gw.lo"
"""
PATIENT = (f"+timeout={PATIENCE_SECONDS}", "+tries=1")
CLIENT = """
send host-name "{name}";
send fqdn.fqdn "{name}";
send fqdn.server-update true;
also request dhcp6.fqdn;
"""


class Network:
    """A server, a client, and what both say."""

    def __init__(self, ours: Host, theirs: Host, running: Running, folder: Path) -> None:
        self.ours = ours
        self.theirs = theirs
        self.running = running
        self.four = Dhclient(theirs, folder, "-4")
        self.six = Dhclient(theirs, folder, "-6")

    def get(self, name: str = "box") -> None:
        """Have an address of each family; a lease that is there is renewed.

        What dhclient remembers of IPv6 is forgotten, since it would only confirm that.
        """
        self.six.leases.unlink(missing_ok=True)
        for client in (self.four, self.six):
            client.get(config=CLIENT.format(name=name))
            client.vanish()

    def give_back(self, client: Dhclient, name: str) -> None:
        """Release an address, as who has just got it."""
        config = CLIENT.format(name=name)
        client.get(config=config)
        client.release(config=config)

    def dig(self, *words: str) -> str:
        """What the server answers: data alone."""
        return self.ours.run("dig", "@127.0.0.1", "-p", "5300", "+short", *PATIENT, *words).strip()

    def command(self, *words: str) -> str:
        return self.ours.run(COMMAND, *words, "--config", str(self.running.config))

    def eventually(self, wanted: object, look: Callable[[], object]) -> None:
        """Wait until what is seen is what is wanted."""
        end = time.monotonic() + PATIENCE_SECONDS
        while (seen := look()) != wanted:
            assert time.monotonic() < end, f"{seen!r}\n{self.running.log()}"
            time.sleep(0.1)

    def names(self, name: str) -> tuple[str, str]:
        """The addresses of a name, IPv4 and IPv6."""
        return self.dig(f"{name}.gw.lo", "A"), self.dig(f"{name}.gw.lo", "AAAA")

    def pointers(self, four: str, six: str) -> tuple[str, str]:
        """The names of addresses."""
        return self.dig("-x", four), self.dig("-x", six)


@contextmanager
def network(folder: Path) -> Iterator[Network]:
    with hosts(2) as (ours, theirs):
        link(ours, theirs)
        ours.address("srv0", "192.0.2.1/24")
        with server(ours, folder, CONFIG) as running:
            yield Network(ours, theirs, running, folder)


def test_a_host_keeps_both_families_through_renewal_rename_move_and_release(
    tmp_path: Path,
) -> None:
    with network(tmp_path) as net:
        four, six = "192.0.2.100", "2001:db8::1000"
        net.get()
        net.eventually((four, six), lambda: net.names("box"))
        net.eventually(("box.gw.lo.", "box.gw.lo."), lambda: net.pointers(four, six))
        net.get()
        assert net.names("box") == (four, six)
        net.get("crate")
        net.eventually((four, six), lambda: net.names("crate"))
        net.eventually(("crate.gw.lo.", "crate.gw.lo."), lambda: net.pointers(four, six))
        assert net.names("box") == ("", "")
        # The address moves: a reservation gives the host another one.
        net.command("reservation", "create", "--mac", "02:00:00:00:00:01", "--ip", "192.0.2.9")
        net.four.leases.unlink()
        net.theirs.ip("-4", "address", "flush", "dev", "cli0")
        net.get("crate")
        net.eventually(("192.0.2.9", six), lambda: net.names("crate"))
        net.eventually(("", "crate.gw.lo."), lambda: net.pointers(four, six))
        net.eventually(("crate.gw.lo.", "crate.gw.lo."), lambda: net.pointers("192.0.2.9", six))
        net.give_back(net.four, "crate")
        net.eventually(("", six), lambda: net.names("crate"))
        net.give_back(net.six, "crate")
        net.eventually(("", ""), lambda: net.names("crate"))
        net.eventually(("", ""), lambda: net.pointers("192.0.2.9", six))
        assert "0 changes" in net.command("registration", "reconcile", "--dry-run")


def test_a_curated_name_is_not_shadowed(tmp_path: Path) -> None:
    with network(tmp_path) as net:
        net.command("record", "create", "gw.lo", "box", "A", "203.0.113.1")
        net.get()
        net.eventually(
            ("192.0.2.100", "2001:db8::1000"),
            lambda: (
                net.dig("dhcp-192-0-2-100.gw.lo", "A"),
                net.dig("dhcp-2001-0db8-0000-0000-0000-0000-0000-1000.gw.lo", "AAAA"),
            ),
        )
        assert net.names("box") == ("203.0.113.1", "")
        told = net.command("registration", "conflicts")
        assert told.count("curated") == 2
