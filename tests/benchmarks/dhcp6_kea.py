"""Four-way DHCPv6 exchanges a second, beside Kea: same namespaces, same load, in turn.

First as many as each can do, then how soon replies come at half of that.  The load is perfdhcp's,
or, with ``--bursts``, a closed loop of clients that wait for each other.

Every REPLY of ours is on disk before it is sent; Kea's lease file is written without a sync.  Needs
root, kea-dhcp6 and perfdhcp.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import msgspec
from tests.benchmarks.dhcp4_kea import measured, pin, processor_seconds
from tests.scenarios.dhcp.namespaces import Host, cable, hosts
from tests.scenarios.dhcp.server import server

CLIENT_SECONDS = 2
"""What the clients' interface takes at most until it can send to a multicast group."""
TARGET = ("-l", "cli0", "all")
Serve = Callable[[Host, Path], AbstractContextManager[int]]
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
    process = subprocess.Popen(
        host.command("kea-dhcp6", "-c", str(file)),
        env={**os.environ, **places},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(2)
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=20_000)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--at", type=int, default=0, help="only how soon replies come at this rate")
    parser.add_argument("--bursts", action="store_true", help="clients that wait for replies")
    given = parser.parse_args()
    rate = 0 if given.bursts else given.rate
    if os.geteuid() != 0:
        print("left out: needs root")
        return
    for _ in range(given.rounds):
        for name, serve in (("kea", kea), ("microdns", microdns)):
            for line in figures(serve, (rate, given.at), given.seconds):
                print(f"{name:9} {line}", flush=True)


def figures(serve: Serve, rates: tuple[int, int], seconds: int) -> Iterator[str]:
    """A run against one server.  Rates of 0 mean bursts."""
    with hosts(2) as (ours, theirs), tempfile.TemporaryDirectory() as folder:
        cable(ours, "srv0", theirs, "cli0")
        for host, interface, address in (
            (ours, "srv0", "2001:db8::1/64"),
            (theirs, "cli0", "2001:db8::2/64"),
        ):
            at_once = f"echo 0 >/proc/sys/net/ipv6/conf/{interface}/accept_dad"
            host.run("sh", "-c", at_once)
            host.address(interface, address)
        with serve(ours, Path(folder)) as process:
            pin(process)
            time.sleep(CLIENT_SECONDS)
            if any(rates):
                yield from measured(process, theirs, 6, TARGET, rates, seconds)
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
