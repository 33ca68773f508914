"""How long a zone file takes: ``python -m tests.benchmarks.zone_import --records 100000``.

From the file to durable and answered, by the operation that ``microdns zone import`` calls:
reading, comparing, one transaction, the views.  Beside it dnspython reads the same file (as text
only, into its own zone), since the machine's mood moves both alike: the ratio is what counts.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import dns.zone
import uvloop

from microdns.lifecycle.kernel import Kernel
from microdns.operations import Call
from microdns.testing.kernels import run_kernel
from microdns_auth.operations import _ImportArguments, _load
from microdns_auth.plugin import AuthPlugin
from microdns_dns.plugin import DnsPlugin

CONFIG = '[dns.auth]\nenabled = true\nlisten = "127.0.0.1:0"\n'
ZONE = "example.com"


def zone_file(records: int) -> str:
    """A zone as they are: 70 % A, 10 % AAAA, and CNAME, MX, TXT, SRV."""
    source = random.Random(1)
    lines = [
        f"$ORIGIN {ZONE}.",
        "$TTL 300",
        "@ IN SOA ns1 admin 2026010101 3600 600 1209600 300",
        "@ IN NS ns1",
        "ns1 IN A 192.0.2.1",
    ]
    for number in range(records - 2):
        lines.append(_line(number, source.random()))
    return "\n".join(lines) + "\n"


def _line(number: int, chance: float) -> str:
    a, b, c = number >> 16 & 255, number >> 8 & 255, number & 255
    if chance < 0.70:
        return f"host{number} IN A 10.{a}.{b}.{c}"
    if chance < 0.80:
        return f"host{number}\t3600\tIN\tAAAA\t2001:db8::{a:x}:{number & 0xFFFF:x}"
    if chance < 0.85:
        return f"alias{number} IN CNAME host{number // 2}"
    if chance < 0.90:
        return f"mail{number} 600 IN MX 10 mx{number % 10}.example.net."
    if chance < 0.95:
        return f'txt{number} IN TXT "v=spf1 ip4:10.0.{c}.0/24 -all"'
    return f"_sip._tcp.s{number} IN SRV 10 60 5060 host{number // 3}"


class Silence:
    """The longest time for which the loop did not get round to anything else."""

    def __init__(self) -> None:
        self.longest_ms = 0.0

    async def listen(self) -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            self.longest_ms = max(self.longest_ms, (now - last) * 1e3)
            last = now


async def timed(what: str, work: Callable[[], Awaitable[Any]]) -> Any:
    """Do it, and print the seconds (wall and CPU of this thread) and the longest silence."""
    silence = Silence()
    listening = asyncio.create_task(silence.listen())
    started, cpu = time.perf_counter(), time.thread_time()
    outcome = await work()
    seconds, cpu = time.perf_counter() - started, time.thread_time() - cpu
    listening.cancel()
    print(f"  {what:<34}{seconds:7.2f} s {cpu:7.2f} s CPU, silent for {silence.longest_ms:6.0f} ms")
    sys.stdout.flush()
    return outcome


async def measure(folder: Path, file: Path) -> None:
    async def load_and_import(kernel: Kernel) -> Any:
        given = _load(_ImportArguments(str(file)))
        return await kernel.operations.call("zone.import", given, Call())

    async with run_kernel([DnsPlugin(), AuthPlugin()], CONFIG, folder=folder) as kernel:
        done = await timed("file to durable and answered", lambda: load_and_import(kernel))
        again = await timed("the same file again", lambda: load_and_import(kernel))
        if (again.added, again.changed, again.removed) != (0, 0, 0):
            raise AssertionError(again)
        await timed("export", lambda: kernel.operations.call("zone.export", {"id": ZONE}, Call()))
    started = time.perf_counter()
    async with run_kernel([DnsPlugin(), AuthPlugin()], CONFIG, folder=folder):
        print(f"  {'start with that zone':<34}{time.perf_counter() - started:7.2f} s")
    print(f"  {done.added} records, serial {done.serial}")


def peer(text: str) -> None:
    started, cpu = time.perf_counter(), time.thread_time()
    dns.zone.from_text(text, relativize=False)
    seconds, cpu = time.perf_counter() - started, time.thread_time() - cpu
    print(f"  {'dnspython, reading alone':<34}{seconds:7.2f} s {cpu:7.2f} s CPU")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--path", help="folder on the disk to measure")
    parser.add_argument("--no-peer", action="store_true", help="leave dnspython out")
    options = parser.parse_args()
    text = zone_file(options.records)
    for number in range(options.rounds):
        print(f"round {number + 1} of {options.rounds}: {options.records} records")
        with tempfile.TemporaryDirectory(dir=options.path) as folder:
            file = Path(folder) / f"{ZONE}.zone"
            file.write_text(text)
            uvloop.run(measure(Path(folder), file))
        if not options.no_peer:
            peer(text)


if __name__ == "__main__":
    main()
