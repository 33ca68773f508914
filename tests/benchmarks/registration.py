"""Registration under a burst of leases: how soon names stand, and what DHCP's commits wait for.

``python -m tests.benchmarks.registration --rate 5000 --seconds 4`` grants that many leases a
second, in transactions as DHCP makes them, once without registration and once with it.
"""

import argparse
import asyncio
import time
from collections.abc import Iterator, Sequence
from typing import Any

from microdns.testing import run_kernel
from microdns_dhcp.book import LeaseBook
from microdns_dhcp.catalogue import Catalogue
from microdns_dhcp.model import ACTIVE, Lease, Pool
from microdns_dhcp.plugin import DhcpPlugin
from microdns_dhcp.testing import FakeLinks
from microdns_dns.plugin import DnsPlugin
from microdns_registration.follower import Follower
from microdns_registration.plugin import RegistrationPlugin

CONFIG = """
[dhcp.dns_registration]
enabled = true
forward_zone = "gw.lo"
"""
SUBNET = "10.0.0.0/8"
LEASES_AT_ONCE = 50


def leases(now: int, count: int) -> Iterator[Lease]:
    for number in range(count):
        octets = (number + 256).to_bytes(3, "big")
        yield Lease(
            address=b"\x0a" + octets,
            client=b"\0\1\2\0\0" + octets,
            state=ACTIVE,
            expires=now + 3600,
            subnet=SUBNET,
            started=now,
            renewed=now,
            duration=3600,
            hardware=b"\1\2\0\0" + octets,
            hostname=f"host-{number}",
        )


async def measure(rate: int, seconds: float, registering: bool) -> None:
    plugins: list[Any] = [DhcpPlugin(FakeLinks()), DnsPlugin()]
    if registering:
        plugins.append(RegistrationPlugin())
    async with run_kernel(plugins, CONFIG if registering else "") as kernel:
        kernel.services.require(Catalogue).declare(
            4, pools=[Pool(id="p", family=4, subnet=SUBNET, lease_time_secs=3600)]
        )
        follower = kernel.services.find(Follower)
        while follower is not None and not follower.is_settled:  # noqa: ASYNC110  (it tells nobody)
            await asyncio.sleep(0.002)
        book = kernel.services.require(LeaseBook)
        changes = [book.grant(each) for each in leases(book.clock.now(), int(rate * seconds))]
        waits: list[float] = []
        began, cpu = time.perf_counter(), time.process_time()
        for start in range(0, len(changes), LEASES_AT_ONCE):
            await asyncio.sleep(max(0.0, began + start / rate - time.perf_counter()))
            since = time.perf_counter()
            await book.commit(changes[start : start + LEASES_AT_ONCE])
            waits.append(time.perf_counter() - since)
        granted = time.perf_counter() - began
        while follower is not None and not follower.is_settled:  # noqa: ASYNC110  (it tells nobody)
            await asyncio.sleep(0.002)
        done = time.perf_counter() - began
        cpu = time.process_time() - cpu
    show(registering, len(changes), granted, done, cpu, sorted(waits))


def show(
    registering: bool, count: int, granted: float, done: float, cpu: float, waits: Sequence[float]
) -> None:
    middle, high = waits[len(waits) // 2], waits[len(waits) * 99 // 100]
    print(
        f"{'with' if registering else 'without':8} registration: {count / granted:6.0f} leases/s, "
        f"commit {1000 * middle:5.1f} ms median {1000 * high:5.1f} ms p99, "
        f"settled {done - granted:5.2f} s after the last, {1e6 * cpu / count:5.0f} µs CPU a lease"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=4)
    given = parser.parse_args()
    for registering in (False, True):
        asyncio.run(measure(given.rate, given.seconds, registering))


if __name__ == "__main__":
    main()
