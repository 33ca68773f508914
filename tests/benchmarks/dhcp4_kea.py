"""Four-way DHCPv4 exchanges a second, beside Kea, by perfdhcp: same namespaces, same load, in turn.

First as many as each can do, then how soon replies come at half of that; with ``--at`` only how
soon they come at that rate, from a server that was never overloaded.  ``TMPDIR=/dev/shm`` leaves
the disk out.

Every ACK of ours is on disk before it is sent; Kea's lease file is written without a sync.  Needs
root, kea-dhcp4 and perfdhcp.
"""

import argparse
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from tests.benchmarks._perfdhcp import acknowledged, at_rate, load, summary
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
    process = subprocess.Popen(
        host.command("kea-dhcp4", "-c", str(file)),
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
    given = parser.parse_args()
    if os.geteuid() != 0:
        print("left out: needs root")
        return
    for _ in range(given.rounds):
        for name, serve in (("kea", kea), ("microdns", microdns)):
            with hosts(2) as (ours, theirs), tempfile.TemporaryDirectory() as folder:
                cable(ours, "srv0", theirs, "cli0")
                ours.address("srv0", "10.0.0.1/8")
                theirs.address("cli0", "10.0.0.2/8")
                with serve(ours, Path(folder)) as process:
                    pin(process)
                    rates = (given.rate, given.at)
                    for line in measured(process, theirs, 4, TARGET, rates, given.seconds):
                        print(f"{name:9} {line}", flush=True)


def pin(process: int) -> None:
    """Keep a server to one processor, the other being the clients'."""
    subprocess.run(("taskset", "-acp", "0", str(process)), capture_output=True)


def measured(
    process: int,
    clients: Host,
    family: int,
    target: Sequence[str],
    rates: tuple[int, int],
    seconds: int,
) -> Iterator[str]:
    """The figures of a server at its limit, and at half of that; or at the second rate alone."""
    rate, at = rates
    if at:
        yield at_rate(load(clients, family, at, seconds, target))
        return
    before = processor_seconds(process)
    report = load(clients, family, rate, seconds, target)
    yield summary(report, seconds, processor_seconds(process) - before)
    half = int(acknowledged(report, seconds) / 2)
    if half:
        time.sleep(1)
        yield "half: " + at_rate(load(clients, family, half, seconds, target))


def processor_seconds(process: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
