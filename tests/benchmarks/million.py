"""A zone of a million names, beside NSD, Knot and BIND: import, restart, memory, changes.

In one run: how long each server takes from its start to its first answer, and how much memory it
then rests in; how long ``microdns zone import`` takes for a zone that is new; how soon changes of
that zone are answered; what a second import of the size does to queries that go on meanwhile.
Processor seconds stand beside those of the clock: other work on the machine moves the latter.
"""

import argparse
import asyncio
import gc
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import uvloop
from tests.benchmarks.changes import CALL, WRITERS, added, query, visibility
from tests.benchmarks.engine import cpu_seconds
from tests.peers import Bind, Child, Knot, MicroDns, NameServer, Nsd, Peer, ZoneFile, free_port

from microdns.network import SystemNetwork
from microdns.testing import run_kernel
from microdns_auth.plugin import AuthPlugin
from microdns_dns.plugin import DnsPlugin
from microdns_dns.repository import ZoneRepository

PEERS: dict[str, Peer] = {"nsd": Nsd(), "knot": Knot(), "bind": Bind()}
ORIGIN = "example.com."
ASK_SECONDS = 0.0005
LOST_SECONDS = 2.0
START_SECONDS_MAX = 60.0
REST_SECONDS = 4.0
CONFIG = """\
[database]
path = "{store}"

[dns.auth]
enabled = true
listen = "127.0.0.1:0"
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--names", type=int, default=1_000_000)
    parser.add_argument("--changes", type=int, default=2_000)
    parser.add_argument("--rate", type=int, default=2_000, help="changes a second under queries")
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3, help="restarts of MicroDNS")
    parser.add_argument("--servers", default="nsd,knot,bind", help="peers, or nothing")
    parser.add_argument(
        "--cores", default="0,1", help="while changes go on: of the server, of who asks"
    )
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has its bytecode
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        file = folder / "example.com.zone"
        records = write_zone(file, ORIGIN, options.names)
        say(
            f"{options.names:,} names, {records:,} records, {file.stat().st_size >> 20} MiB of text"
        )
        for name in filter(None, options.servers.split(",")):
            peer(PEERS[name], folder / name, file)
        own(folder / "microdns", file, options)
    return 0


def write_zone(path: Path, origin: str, names: int) -> int:
    """A name has an address; every tenth an IPv6 address, every twentieth an MX."""
    records = 4
    with path.open("w") as file:
        file.write(f"$ORIGIN {origin}\n$TTL 300\n@ SOA ns1 hostmaster 1 3600 900 604800 60\n")
        file.write("@ NS ns1\nns1 A 192.0.2.1\nmail A 192.0.2.25\n")
        for number in range(names - 3):
            file.write(f"host{number} A 10.{number >> 16}.{number >> 8 & 255}.{number & 255}\n")
            records += 1
            if number % 10 == 0:
                file.write(f"host{number} AAAA 2001:db8::{number >> 16:x}:{number & 65535:x}\n")
                records += 1
            if number % 20 == 0:
                file.write(f"host{number} MX 10 mail\n")
                records += 1
    return records


def peer(server: Peer, folder: Path, file: Path) -> None:
    """Start another server from the zone file."""
    began = time.perf_counter()
    with server.start(folder, [ZoneFile(ORIGIN, file)]) as running:
        wait_for_answer(running.address)
        seconds = time.perf_counter() - began
        report(f"{server.name}: start from the zone file", seconds, running)


def own(folder: Path, file: Path, options: argparse.Namespace) -> None:
    """All that is measured of MicroDNS."""
    with MicroDns().start(folder, []) as server:
        before, began = cpu_seconds(server), time.perf_counter()
        import_zone(folder, file)
        wait_for_answer(server.address)
        seconds = time.perf_counter() - began
        used = cpu_seconds(server) - before
        say(f"microdns: first import {seconds:.2f} s, {used:.2f} s of processor in the server")
        time.sleep(REST_SECONDS)
        say(f"microdns: rests in {resident(server) / 1e6:.0f} MB after the import")
    for _ in range(options.rounds):
        with restarted(folder) as (server, seconds):
            report("microdns: restart to first answer", seconds, server)
    with restarted(folder) as (server, _):
        while_importing(folder, server, options)
    uvloop.run(changes(folder / "store", options))


def import_zone(folder: Path, file: Path) -> None:
    command = [sys.executable, "-m", "microdns", "zone", "import", str(file)]
    config = ["--config", str(folder / "microdns.toml")]
    subprocess.run([*command, *config], check=True, stdout=subprocess.DEVNULL)


@contextmanager
def restarted(folder: Path) -> Iterator[tuple[NameServer, float]]:
    """A server on the store that is there, and the seconds to its first answer."""
    port = free_port()
    command = [sys.executable, "-m", "microdns", "run", "--plugins", "auth"]
    settings = ["--config", str(folder / "microdns.toml")]
    listen = ["--set", f"dns.auth.listen=127.0.0.1:{port}"]
    began = time.perf_counter()
    with Child([*command, *settings, *listen], folder / "microdns.log") as child:
        server = NameServer("microdns", "127.0.0.1", port, child)
        wait_for_answer(server.address)
        yield server, time.perf_counter() - began


def wait_for_answer(address: tuple[str, int]) -> None:
    """Return with the first answer that has the zone's data."""
    end = time.perf_counter() + START_SECONDS_MAX
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(address)
        client.settimeout(0.01)
        while time.perf_counter() < end:
            try:
                client.send(query("host7.example.com"))
                answer = client.recv(512)
            except OSError:
                time.sleep(0.002)
                continue
            if answer[3] & 15 == 0 and answer[7]:
                return
    raise SystemExit("no answer")


def resident(server: NameServer) -> int:
    """Octets of memory that the server's processes rest in, what they share counted once."""
    assert server.process is not None
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if (folder / "stat").read_text().rpartition(")")[2].split()[3] == str(
                server.process.pid
            ):
                lines = (folder / "smaps_rollup").read_text().splitlines()
                total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        except OSError:
            continue  # it ended meanwhile
    return total * 1024


def report(what: str, seconds: float, server: NameServer) -> None:
    used, memory = cpu_seconds(server), resident(server) / 1e6
    say(f"{what} {seconds:.2f} s, {used:.2f} s of processor, {memory:.0f} MB")


# --- queries while something else goes on


def while_importing(folder: Path, server: NameServer, options: argparse.Namespace) -> None:
    """Import a second zone of the size while queries of the first go on."""
    other = folder / "other.example.zone"
    write_zone(other, "other.example.", options.names)
    idle = asking(server.address, lambda: time.sleep(options.seconds))
    say(f"microdns: idle: {idle}")
    began = time.perf_counter()
    busy = asking(server.address, lambda: import_zone(folder, other))
    say(f"microdns: while importing ({time.perf_counter() - began:.1f} s): {busy}")


def asking(address: tuple[str, int], work: Callable[[], None], core: int | None = None) -> str:
    """Ask one query after the other in a process of its own until the work is done."""
    pinned = [] if core is None else ["taskset", "-c", str(core)]
    asker = [sys.executable, "-c", _ASKING, *map(str, (*address, ASK_SECONDS, LOST_SECONDS))]
    with subprocess.Popen(
        [*pinned, *asker],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        work()
        told, _ = child.communicate("")
    return told.strip()


_ASKING = """
import select, socket, sys, time
host, port, pause, lost_seconds = sys.argv[1], int(sys.argv[2]), *map(float, sys.argv[3:])
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.connect((host, port))
client.settimeout(lost_seconds)
question = bytes.fromhex("000100000001000000000000") + b"\\5host7\\7example\\3com\\0\\0\\1\\0\\1"
times, lost = [], 0
while not select.select([sys.stdin], [], [], pause)[0]:
    began = time.perf_counter()
    client.send(question)
    try:
        client.recv(512)
        times.append(time.perf_counter() - began)
    except TimeoutError:
        lost += 1
times.sort()
middle, high = (times[len(times) * part // 100] * 1e6 for part in (50, 99))
print(f"{len(times):,} queries, median {middle:.0f} us, 99th percentile {high:.0f} us, {lost} lost")
"""


async def changes(store: Path, options: argparse.Namespace) -> None:
    """How soon single changes are answered, and what so many a second do to queries.

    The server has one processor, who asks has the other: so an answer waits for the server alone.
    """
    server_core, asking_core = map(int, options.cores.split(","))
    os.sched_setaffinity(0, {server_core})
    async with run_kernel(
        [DnsPlugin(), AuthPlugin()], CONFIG.format(store=store), network=SystemNetwork()
    ) as kernel:
        repository = kernel.services.require(ZoneRepository)
        host, _, port = kernel.facts(kernel.records["auth"])["listen"][0].rpartition(":")
        address = (host, int(port))
        gc.freeze()  # as the server does
        await visibility(repository, address, options.changes)
        rest = partial(time.sleep, options.seconds)
        idle = await asyncio.to_thread(asking, address, rest, asking_core)
        say(f"microdns: idle: {idle}")
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        work = asyncio.create_task(change_at(repository, options, stop))

        def wait() -> None:
            time.sleep(options.seconds)
            loop.call_soon_threadsafe(stop.set)

        busy = await asyncio.to_thread(asking, address, wait, asking_core)
        say(f"microdns: with {await work:,.0f} changes a second: {busy}")


async def change_at(
    repository: ZoneRepository, options: argparse.Namespace, stop: asyncio.Event
) -> float:
    """Changes by many writers at the rate wanted; how many a second there were."""
    began = time.perf_counter()
    done = 0

    async def write(writer: int) -> None:
        nonlocal done
        number = 0
        while not stop.is_set():
            ahead = done / options.rate - (time.perf_counter() - began)
            if ahead > 0:
                await asyncio.sleep(ahead)
                continue
            done += 1
            await repository.change(CALL, "example.com", [added(f"w{writer}-{number}-{began}")])
            number += 1

    await asyncio.gather(*(write(writer) for writer in range(WRITERS)))
    return done / (time.perf_counter() - began)


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
