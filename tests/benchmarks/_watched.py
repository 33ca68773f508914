"""A server whose records are changed at a rate, for the benchmark of watch streams.

It makes its changes itself, each a durable transaction, so that the cost of asking for them over
HTTP is not counted with the cost of telling them.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from microdns.network import SystemNetwork
from microdns.operations import Call
from microdns.testing import run_kernel
from microdns_auth.plugin import AuthPlugin
from microdns_dns.plugin import DnsPlugin
from microdns_dns.repository import Add, Change, Draft, RemoveMatching, ZoneRepository
from microdns_rest.plugin import RestPlugin

CONFIG = """\
[dns.auth]
enabled = true
listen = "127.0.0.1:0"
[api.rest]
enabled = true
listen = "127.0.0.1:{port}"
client_requests_per_second = 0
connections_max = 10000
streams_max = 10000
"""
OWNERS = 500
CALL = Call()


async def run(port: int, folder_of_store: str | None) -> None:
    plugins = [DnsPlugin(), AuthPlugin(), RestPlugin()]
    config = CONFIG.format(port=port)
    with tempfile.TemporaryDirectory(dir=folder_of_store) as folder:
        async with run_kernel(
            plugins, config, folder=Path(folder), network=SystemNetwork()
        ) as kernel:
            repository = kernel.services.require(ZoneRepository)
            zone = (await repository.create_zone(CALL, repository.new_zone("bench.example"))).zone
            loop = asyncio.get_running_loop()
            while line := await loop.run_in_executor(None, sys.stdin.readline):
                rate, seconds = map(int, line.split())
                began = time.perf_counter()
                await change(repository, zone.id, rate, seconds)
                sys.stdout.write(f"{time.perf_counter() - began}\n")
                sys.stdout.flush()


async def change(repository: ZoneRepository, zone: str, rate: int, seconds: int) -> None:
    """Make ``rate * seconds`` changes: each begins at its time, or late if there was no time."""
    loop = asyncio.get_running_loop()
    began, under_way = loop.time(), set[asyncio.Task[object]]()
    for number in range(rate * seconds):
        ahead = began + number / rate - loop.time()
        if ahead > 0:
            await asyncio.sleep(ahead)
        owner = f"h{number % OWNERS}"
        address = bytes((192, 0, 2, number // OWNERS % 256))
        one: Change = Add(Draft(owner, 1, address))
        if number % (2 * OWNERS) >= OWNERS:
            one = RemoveMatching(owner)
        task = loop.create_task(repository.change(CALL, zone, [one]))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        if len(under_way) >= 64:
            await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.gather(*under_way)


if __name__ == "__main__":
    uvloop.run(run(int(sys.argv[1]), sys.argv[2] or None))
