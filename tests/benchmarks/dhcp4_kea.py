"""Four-way DHCPv4 exchanges a second, beside Kea and ISC dhcpd: same namespaces and load, in turn.

First as many as each can do, then how soon replies come at half of that; with ``--at`` only how
soon they come at that rate, from a server that was never overloaded.  ``TMPDIR=/dev/shm`` leaves
the disk out.

Every ACK of ours is on disk before it is sent, and every ACK of dhcpd, by its settings in
``_dhcpd.py``; Kea's lease file is written without a sync.  Before each server's replies, ``disk:``
says how long the disk alone would have arrivals at that rate wait, so ``_disk.py``: whoever syncs
before it answers can't be faster.  Needs root, perfdhcp, and of kea-dhcp4 and dhcpd (Debian's
kea-dhcp4-server and isc-dhcp-server) those that are to be measured.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from tests.benchmarks._dhcp_trial import Peer, Trial, options, pin, present, running
from tests.benchmarks._dhcpd import RATE_MAX, dhcpd4
from tests.scenarios.dhcp.namespaces import Host, cable, hosts
from tests.scenarios.dhcp.server import server

TARGET = ("10.0.0.1",)
POOL = """
[dhcp.v4]
enabled = true
interface = "srv0"
[[dhcp.v4.pools]]
subnet = "10.0.0.0/8"
range_start = "10.1.0.1"
range_end = "10.200.255.255"
gateway = "10.0.0.1"
dns = ["10.0.0.1"]
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
        {"name": "routers", "data": "10.0.0.1"},
        {"name": "domain-name-servers", "data": "10.0.0.1"},
        {"name": "domain-name", "data": "example.com"},
    ]
    config = {
        "interfaces-config": {"interfaces": ["srv0"], "dhcp-socket-type": "udp"},
        "multi-threading": {"enable-multi-threading": False},
        "lease-database": {"type": "memfile", "name": str(folder / "leases.csv")},
        "valid-lifetime": 3600,
        "subnet4": [
            {
                "subnet": "10.0.0.0/8",
                "pools": [{"pool": "10.1.0.1 - 10.200.255.255"}],
                "option-data": options,
            }
        ],
        "loggers": [{"name": "kea-dhcp4", "severity": "ERROR"}],
    }
    file = folder / "kea.json"
    file.write_bytes(msgspec.json.encode({"Dhcp4": config}))
    places = {"KEA_PIDFILE_DIR": str(folder), "KEA_LOCKFILE_DIR": str(folder)}
    with running(host.command("kea-dhcp4", "-c", str(file)), **places) as process:
        yield process


PEERS = {
    "kea": Peer(kea, "kea-dhcp4", "kea-dhcp4-server"),
    "dhcpd": Peer(dhcpd4, "dhcpd", "isc-dhcp-server", RATE_MAX),
    "microdns": Peer(microdns),
}


def main() -> None:
    given = options(__doc__, PEERS).parse_args()
    if os.geteuid() != 0:
        print("left out: needs root")
        return
    peers = present(given.servers, PEERS)
    for _ in range(given.rounds):
        for name, peer in peers.items():
            for line in figures(peer, peer.rates(given.rate, given.at), given.seconds):
                print(f"{name:9} {line}", flush=True)


def figures(peer: Peer, rates: tuple[int, int], seconds: int) -> Iterator[str]:
    """A run against one server."""
    with hosts(2) as (ours, theirs), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cable(ours, "srv0", theirs, "cli0")
        ours.address("srv0", "10.0.0.1/8")
        theirs.address("cli0", "10.0.0.2/8")
        with peer.serve(ours, folder) as process:
            pin(process)
            yield from Trial(process, folder, theirs, 4, TARGET, seconds).measured(rates)


if __name__ == "__main__":
    main()
