"""Pools of 16 million addresses, empty and 99 % full; a start with a million leases.

``python -m tests.benchmarks.dhcp_pool`` shows the processor time of one allocation (to take an
address, and to choose one for a client, as DISCOVER does), then the time from the start of a
process that finds ``--leases`` leases to its first ACK, and its memory.
"""

import argparse
import asyncio
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from plugins.dhcp4.tests.client import ip, request

from microdns.testing import run_kernel
from microdns_dhcp.arena import Arena, Subnet
from microdns_dhcp.book import LeaseBook
from microdns_dhcp.free import FreeAddresses
from microdns_dhcp.model import ACTIVE, Lease, Pool
from microdns_dhcp.plugin import DhcpPlugin
from microdns_dhcp.testing import FakeLinks, fake_interface
from microdns_dhcp4.message import DISCOVER, REQUEST
from microdns_dhcp4.plugin import Dhcp4Plugin

SIZE = 1 << 24
SUBNET = "10.0.0.0/8"
POOL = Pool(id="p", family=4, subnet=SUBNET, range_start="10.0.0.0", range_end="10.255.255.255")
CONFIG = """
[dhcp.v4]
enabled = true
interface = "eth0"
[[dhcp.v4.pools]]
subnet = "10.0.0.0/8"
range_start = "10.0.1.0"
range_end = "10.200.255.255"
"""
FILLED_AT_ONCE = 2_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100_000)
    parser.add_argument("--leases", type=int, default=1_000_000)
    parser.add_argument("--serve", type=Path, help="only start on the leases in this folder")
    given = parser.parse_args()
    if given.serve:
        asyncio.run(first_ack(given.serve))
        return
    allocations(given.rounds)
    starts(given.leases)


def pools() -> list[tuple[str, FreeAddresses]]:
    """An empty pool, and two that are 99 % full: by fresh addresses, and by ones given back."""
    first = int.from_bytes(ip("10.0.0.0"), "big")
    empty, full, cycled = (FreeAddresses(first, first + SIZE - 1) for _ in range(3))
    full.rebuild(range(first, first + SIZE * 99 // 100))
    cycled.rebuild(range(first, first + SIZE))
    for address in range(first, first + SIZE, 100):
        cycled.release(address)
    return [("empty", empty), ("99 % full", full), ("99 % full, reused", cycled)]


def allocations(rounds: int) -> None:
    for name, pool in pools():
        spent = best(pool.take, rounds)
        print(f"{name:20} {spent:8.0f} ns to take one, with {pool.free} left")
    for name, pool in pools():
        arena = Arena(Subnet(id=SUBNET, family=4, pools=(POOL,)))
        arena.pools[0].free = pool
        spent = best(allocator(arena), rounds)
        print(f"{name:20} {spent:8.0f} ns to choose, offer and lease one")


def allocator(arena: Arena) -> Callable[[], None]:
    """What an exchange does to an arena: choose, offer, claim, and the lease that follows."""
    numbers = iter(range(1 << 40))

    def allocate() -> None:
        client = next(numbers).to_bytes(7, "big")
        address = arena.choose(client, b"", _anyone)
        assert address is not None
        arena.offer(client, address, 60)
        arena.claim(client, address, _anyone)
        arena.put(address, client, ACTIVE, 3600)

    return allocate


def _anyone(_pool: Pool) -> bool:
    return True


def best(step: Callable[[], object], rounds: int) -> float:
    """Nanoseconds of processor time that a step takes: the best of five stretches."""
    least = float("inf")
    for _ in range(5):
        began = time.process_time_ns()
        for _ in range(rounds // 5):
            step()
        least = min(least, (time.process_time_ns() - began) / (rounds // 5))
    return least


def starts(leases: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(fill(Path(folder), leases))
        for _ in range(2):
            began = time.perf_counter()
            command = (sys.executable, "-m", "tests.benchmarks.dhcp_pool", "--serve", folder)
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            ended, told = done.stdout.split(maxsplit=1)
            print(f"{leases} leases: {float(ended) - began:.2f} s to the first ACK, {told.strip()}")


def interface() -> FakeLinks:
    return FakeLinks(fake_interface("eth0", "10.0.0.1/8"))


async def fill(folder: Path, leases: int) -> None:
    """Write so many active leases, of ascending addresses, ending within a thousand seconds."""
    async with run_kernel([DhcpPlugin(interface())], folder=folder) as running:
        book = running.services.require(LeaseBook)
        now = book.clock.now()
        for start in range(0, leases, FILLED_AT_ONCE):
            part = range(start, min(start + FILLED_AT_ONCE, leases))
            await book.commit([book.grant(lease(number, now)) for number in part])


def lease(number: int, now: int) -> Lease:
    octets = (number + 256).to_bytes(3, "big")
    return Lease(
        address=b"\x0a" + octets,
        client=b"\0\1\2\0\0" + octets,
        state=ACTIVE,
        expires=now + 86_400 + number % 1000,
        subnet=SUBNET,
        started=now,
        renewed=now,
        duration=86_400,
        hardware=b"\1\2\0\0" + octets,
        hostname=f"host-{number}",
        interface="eth0",
    )


async def first_ack(folder: Path) -> None:
    """Start, lease an address to one more client, and tell when that was and what it took."""
    links = interface()
    async with run_kernel([DhcpPlugin(links), Dhcp4Plugin()], CONFIG, folder=folder):
        offer = await exchange(links, request(DISCOVER))
        address = offer[42:][16:20]
        wanted = ((50, address), (54, ip("10.0.0.1")))
        await exchange(links, request(REQUEST, *wanted))
        ended = time.perf_counter()
        spent = time.process_time()
        print(f"{ended} {spent:.2f} s of processor, {memory_peak():.0f} MiB", flush=True)


def memory_peak() -> float:
    """The most that this process has had resident, in MiB.

    Not by getrusage(2), which counts what the process was before it became this program.
    """
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


async def exchange(links: FakeLinks, message: bytes) -> bytes:
    """The reply to a message."""
    while "eth0" not in links.frames:  # noqa: ASYNC110  (nobody tells)
        await asyncio.sleep(0.001)
    sent = links.frames["eth0"].sent
    sent.clear()
    links.datagrams["eth0"].deliver(message, ("0.0.0.0", 68))
    while not sent:  # noqa: ASYNC110  (nobody tells)
        await asyncio.sleep(0.001)
    return sent[0]


if __name__ == "__main__":
    main()
