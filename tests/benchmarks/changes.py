"""How soon a single-record change of a large zone is answered, and how many a second are taken.

One process with a real store: each change is one durable transaction.  The time is from its
acknowledgement to the first answer that shows it, asked over UDP.
"""

import argparse
import asyncio
import os
import socket
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from microdns.network import SystemNetwork
from microdns.operations import Call
from microdns.testing import run_kernel
from microdns_auth.plugin import AuthPlugin
from microdns_dns import names
from microdns_dns.plugin import DnsPlugin
from microdns_dns.protocol import RRType
from microdns_dns.repository import Add, Draft, ZoneRepository

CALL = Call()
CONFIG = '[dns.auth]\nenabled = true\nlisten = "127.0.0.1:0"\n'
WRITERS = 32


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--changes", type=int, default=2_000)
    parser.add_argument("--seconds", type=float, default=5)
    uvloop.run(run(parser.parse_args()))
    return 0


async def run(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with run_kernel(
            [DnsPlugin(), AuthPlugin()], CONFIG, folder=Path(folder), network=SystemNetwork()
        ) as kernel:
            repository = kernel.services.require(ZoneRepository)
            began = time.perf_counter()
            await fill(repository, options.records)
            say(f"{options.records:,} records taken in {time.perf_counter() - began:.1f} s")
            host, _, port = kernel.facts(kernel.records["auth"])["listen"][0].rpartition(":")
            say(f"engine: {kernel.facts(kernel.records['dns'])['engine']}")
            await visibility(repository, (host, int(port)), options.changes)
            idle = ask_for((host, int(port)), options.seconds)
            say(f"idle: {await asyncio.to_thread(idle)}")
            asking = asyncio.get_running_loop().run_in_executor(
                None, ask_for((host, int(port)), options.seconds)
            )
            rate = await change_for(repository, options.seconds)
            say(f"with {rate:,.0f} changes a second: {await asking}")


async def fill(repository: ZoneRepository, count: int) -> None:
    drafts = [
        Draft(f"host{number}", RRType.A, number.to_bytes(4, "big")) for number in range(count)
    ]
    await repository.create_zone(CALL, repository.new_zone("example.com"), drafts)


async def visibility(repository: ZoneRepository, address: tuple[str, int], count: int) -> None:
    """From the acknowledgement of a new name to the answer with it."""
    times = []
    asked = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(address)
        client.settimeout(2)
        for number in range(count):
            question = query(f"new{number}.example.com")
            await repository.change(CALL, "example.com", [added(f"new{number}")])
            began = time.perf_counter()
            while True:
                asked += 1
                client.send(question)
                if client.recv(512)[3] & 15 == 0:
                    break
            times.append(time.perf_counter() - began)
    times.sort()
    say(
        f"answered after its acknowledgement: median {times[count // 2] * 1e6:.0f} us, "
        f"99th percentile {times[count * 99 // 100] * 1e6:.0f} us, "
        f"{asked - count} of {count} not with the first question"
    )


async def change_for(repository: ZoneRepository, seconds: float) -> float:
    """Changes by many writers at a time; how many a second."""
    end = time.perf_counter() + seconds
    done = 0

    async def write(writer: int) -> None:
        nonlocal done
        number = 0
        while time.perf_counter() < end:
            await repository.change(CALL, "example.com", [added(f"w{writer}-{number}")])
            number += 1
            done += 1

    await asyncio.gather(*(write(writer) for writer in range(WRITERS)))
    return done / seconds


def added(name: str) -> Add:
    return Add(Draft(name, RRType.A, b"\xc0\0\2\1"))


class ask_for:  # noqa: N801 (called like a function)
    """Asks one after the other in a process of its own, and tells how long answers took."""

    def __init__(self, address: tuple[str, int], seconds: float) -> None:
        self._address = address
        self._seconds = seconds

    def __call__(self) -> str:
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(write, self._ask().encode())
            os._exit(0)
        os.close(write)
        os.waitpid(child, 0)
        with os.fdopen(read) as told:
            return told.read()

    def _ask(self) -> str:
        question = query("host7.example.com")
        times = []
        end = time.perf_counter() + self._seconds
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.connect(self._address)
            client.settimeout(2)
            while (began := time.perf_counter()) < end:
                client.send(question)
                client.recv(512)
                times.append(time.perf_counter() - began)
                time.sleep(0.0005)
        times.sort()
        middle, high = times[len(times) // 2], times[len(times) * 99 // 100]
        return f"query median {middle * 1e6:.0f} us, 99th percentile {high * 1e6:.0f} us"


def query(name: str) -> bytes:
    return b"\0\1\0\0\0\1\0\0\0\0\0\0" + names.from_text(name) + b"\0\1\0\1"


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
