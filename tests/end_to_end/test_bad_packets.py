"""200,000 messages that nobody should send: none is a surprise, and none leaves anything behind."""

import asyncio
import gc
import logging
import os
import random
from pathlib import Path

import pytest
from tests.fuzz.dns_messages import SEEDS, build, one, respond
from tests.fuzz.mutate import mutated

from microdns.lifecycle.kernel import Kernel
from microdns.network import Address
from microdns.testing import run_kernel
from microdns_auth.plugin import AuthPlugin
from microdns_dns.message import Transport

MESSAGES = 200_000
WARM_UP = 20_000
READ_EVERY = 100
GROWTH_BYTES_MAX = 4 << 20
BY_SOCKET = 4_000
CONFIG = """
[dns.auth]
enabled = true
listen = "127.0.0.1:0"
zones = ["example.com"]
"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def resident_bytes() -> int:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def test_mutated_messages_are_answered_or_dropped_and_forgotten(
    caplog: pytest.LogCaptureFixture,
) -> None:
    source = random.Random(6891)
    responder, metrics, faults = build()
    transports = list(Transport)
    before = 0
    for number in range(MESSAGES):
        if number == WARM_UP:
            before = resident_bytes()
        data = mutated(source, SEEDS)
        respond(responder, data, transports[number % 2])
        if number % READ_EVERY == 0:
            one(data)
    assert resident_bytes() - before < GROWTH_BYTES_MAX
    assert faults == []
    assert metrics.stage_failures.cell("encode").value == 0
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    rcodes = {rcode for _, _, rcode in metrics.answered}
    assert rcodes >= {0, 1, 3, 4, 5, 9, 16}, "the mutations reach little"


@pytest.mark.anyio
async def test_a_server_under_mutated_messages_goes_on_answering(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with run_kernel([AuthPlugin()], CONFIG) as kernel:
        host, _, port = kernel.facts(kernel.records["auth"])["listen"][0].rpartition(":")
        address = (host, int(port))
        source = random.Random(7766)
        await flood_udp(address, source)
        await flood_tcp(address, source)
        assert await answers(address)
        assert dropped(kernel) > 0
    told = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert told == []


async def flood_udp(address: Address, source: random.Random) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, remote_addr=address
    )
    for _ in range(BY_SOCKET):
        transport.sendto(mutated(source, SEEDS))
        await asyncio.sleep(0)
    transport.close()


async def flood_tcp(address: Address, source: random.Random) -> None:
    """Connections that begin well, go wrong, are left half-way, or are only noise."""
    for _ in range(BY_SOCKET // 40):
        reader, writer = await asyncio.open_connection(*address)
        for _ in range(source.randrange(20)):
            message = mutated(source, SEEDS)[:65535]
            size = len(message) if source.random() < 0.9 else source.randrange(65536)
            writer.write(size.to_bytes(2, "big") + message)
        if source.random() < 0.5:
            writer.write_eof()
        try:
            async with asyncio.timeout(0.02):
                while await reader.read(65536):
                    pass
        except (TimeoutError, ConnectionError):
            pass
        writer.transport.abort()


async def answers(address: Address) -> bool:
    message = next(seed for seed in SEEDS if b"\7example" in seed)
    reader, writer = await asyncio.open_connection(*address)
    writer.write(len(message).to_bytes(2, "big") + message)
    async with asyncio.timeout(60):
        size = int.from_bytes(await reader.readexactly(2), "big")
        answer = await reader.readexactly(size)
    writer.close()
    return answer[:2] == message[:2]


def dropped(kernel: Kernel) -> float:
    (metric,) = [each for each in kernel.metrics if each.name == "microdns_dns_dropped_total"]
    return sum(
        sample.value for sample in metric.samples() if isinstance(sample.value, (int, float))
    )
