"""Four-way DHCPv6 exchanges a second, beside Kea and ISC dhcpd: same namespaces and load, in turn.

First as many as each can do, then how soon replies come at half of that.  The load is perfdhcp's,
or, with ``--bursts``, a closed loop of clients that wait for each other.

Every REPLY of ours is on disk before it is sent; Kea's lease file is written without a sync, and so
is dhcpd's, which syncs for DHCPv4 alone (``_dhcpd.py``).  Before each server's replies, ``disk:``
says how long the disk alone would have arrivals at that rate wait, so ``_disk.py``: whoever syncs
before it answers can't be faster.  Needs root, perfdhcp, and of kea-dhcp6 and dhcpd (Debian's
kea-dhcp6-server and isc-dhcp-server) those that are to be measured.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from tests.benchmarks._dhcp_trial import (
    Peer,
    Trial,
    options,
    pin,
    present,
    processor_seconds,
    running,
)
from tests.benchmarks._dhcpd import RATE_MAX, dhcpd6
from tests.scenarios.dhcp.namespaces import Host, cable, hosts
from tests.scenarios.dhcp.server import server

CLIENT_SECONDS = 2
"""What the clients' interface takes at most until it can send to a multicast group."""
TARGET = ("-l", "cli0", "all")
POOL = """
[dhcp.v6]
enabled = true
interface = "srv0"
[[dhcp.v6.pools]]
prefix = "2001:db8::"
prefix_len = 64
range_start = "2001:db8::1:0"
range_end = "2001:db8::ffff:ffff"
dns = ["2001:db8::1"]
domain = "example.com"
"""


@contextmanager
def microdns(host: Host, folder: Path) -> Iterator[int]:
    with server(host, folder, POOL) as running:
        assert running.process is not None
        yield running.process.pid


@contextmanager
def kea(host: Host, folder: Path) -> Iterator[int]:
    options = [
        {"name": "dns-servers", "data": "2001:db8::1"},
        {"name": "domain-search", "data": "example.com"},
    ]
    config = {
        "interfaces-config": {"interfaces": ["srv0"]},
        "multi-threading": {"enable-multi-threading": False},
        "lease-database": {"type": "memfile", "name": str(folder / "leases.csv")},
        "server-id": {"type": "LL", "persist": False},
        "preferred-lifetime": 2250,
        "valid-lifetime": 3600,
        "subnet6": [
            {
                "subnet": "2001:db8::/64",
                "interface": "srv0",
                "pools": [{"pool": "2001:db8::1:0 - 2001:db8::ffff:ffff"}],
                "option-data": options,
            }
        ],
        "loggers": [{"name": "kea-dhcp6", "severity": "ERROR"}],
    }
    file = folder / "kea.json"
    file.write_bytes(msgspec.json.encode({"Dhcp6": config}))
    places = {"KEA_PIDFILE_DIR": str(folder), "KEA_LOCKFILE_DIR": str(folder)}
    with running(host.command("kea-dhcp6", "-c", str(file)), **places) as process:
        yield process


PEERS = {
    "kea": Peer(kea, "kea-dhcp6", "kea-dhcp6-server"),
    "dhcpd": Peer(dhcpd6, "dhcpd", "isc-dhcp-server", RATE_MAX),
    "microdns": Peer(microdns),
}


def main() -> None:
    parser = options(__doc__, PEERS)
    parser.add_argument("--bursts", action="store_true", help="clients that wait for replies")
    given = parser.parse_args()
    rate = 0 if given.bursts else given.rate
    if os.geteuid() != 0:
        print("left out: needs root")
        return
    peers = present(given.servers, PEERS)
    for _ in range(given.rounds):
        for name, peer in peers.items():
            for line in figures(peer, peer.rates(rate, given.at), given.seconds):
                print(f"{name:9} {line}", flush=True)


def figures(peer: Peer, rates: tuple[int, int], seconds: int) -> Iterator[str]:
    """A run against one server.  Rates of 0 mean bursts."""
    with hosts(2) as (ours, theirs), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cable(ours, "srv0", theirs, "cli0")
        for host, interface, address in (
            (ours, "srv0", "2001:db8::1/64"),
            (theirs, "cli0", "2001:db8::2/64"),
        ):
            at_once = f"echo 0 >/proc/sys/net/ipv6/conf/{interface}/accept_dad"
            host.run("sh", "-c", at_once)
            host.address(interface, address)
        with peer.serve(ours, folder) as process:
            pin(process)
            time.sleep(CLIENT_SECONDS)
            if any(rates):
                yield from Trial(process, folder, theirs, 6, TARGET, seconds).measured(rates)
                return
            bursts(theirs, 0.5, 1 << 23)  # both have done some work before it counts
            before = processor_seconds(process)
            done = bursts(theirs, seconds, 0)
            each = 1e6 * (processor_seconds(process) - before) / max(1, done)
            yield f"{done / seconds:8.0f} exchanges/s, {each:.0f} us of processor an exchange"


def bursts(host: Host, seconds: float, first: int) -> int:
    """Exchanges of clients from a number on, in so many seconds."""
    command = (sys.executable, "-m", "tests.benchmarks._dhcp6_bursts")
    return int(host.run("taskset", "-c", "1", *command, "cli0", str(seconds), str(first)))


if __name__ == "__main__":
    main()
