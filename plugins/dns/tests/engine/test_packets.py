"""Answers of later stages that the engine's threads give again by themselves."""

import pytest
from plugins.dns.tests.listeners.wire import UdpClient, query, until
from plugins.dns.tests.packets.test_stage import CachingStage

pytest.importorskip("microdns_dns.engine.core", reason="the engine is not built")

from plugins.dns.tests.engine.test_serving import CompiledStage

from microdns.errors import Invalid
from microdns.lifecycle.kernel import Kernel
from microdns.operations import Call
from microdns.testing import run_kernel
from microdns_dns.listeners import Listeners
from microdns_dns.operations.cache import CacheOperations, Flushing
from microdns_dns.plugin import DnsPlugin
from microdns_dns.repository import ZoneRepository

pytestmark = pytest.mark.anyio

TTL_AT = -10
"""Its place in an answer that ends with an A record: length and address follow."""


def count(kernel: Kernel, name: str, *labels: str) -> object:
    return next(
        (
            sample.value
            for metric in kernel.metrics
            if metric.name == name
            for sample in metric.samples()
            if sample.labels == labels
        ),
        None,
    )


@pytest.mark.parametrize("compiled", [True, False])
async def test_threads_answer_what_was_kept_and_zones_come_first(compiled: bool) -> None:
    stage = CachingStage(order=300)
    async with run_kernel([DnsPlugin()]) as kernel:
        listeners = kernel.services.require(Listeners)
        if compiled:
            zones = CompiledStage()
            zones.outcome = None
            await listeners.listen([("127.0.0.1", 5300)], zones)
        listening = await listeners.listen([("127.0.0.1", 5300)], stage)
        with UdpClient(listening.addresses[0]) as client:
            answers = [await client.ask(query(id=id)) for id in range(1, 12)]
            assert [answer[:2] for answer in answers] == [bytes((0, id)) for id in range(1, 12)]
            assert len({answer[2:TTL_AT] + answer[TTL_AT + 4 :] for answer in answers}) == 1
            lifetimes = [int.from_bytes(answer[TTL_AT : TTL_AT + 4], "big") for answer in answers]
            assert lifetimes[0] == 300
            assert lifetimes == sorted(lifetimes, reverse=True), "they run out as time passes"
            assert len(stage.asked) == 1
            await until(lambda: count(kernel, "microdns_dns_packet_cache_total", "hit") == 10)
            assert count(kernel, "microdns_dns_packet_cache_total", "miss") == 1
            assert count(kernel, "microdns_dns_upward_total") == 1
            assert count(kernel, "microdns_dns_packet_cache_entries") == 1
            if compiled:
                repository = kernel.services.require(ZoneRepository)
                await repository.create_zone(Call(), repository.new_zone("example.com"))
                assert (await client.ask(query()))[3] & 15 == 3, "a zone's own answer"


async def test_flushing_by_operation() -> None:
    stage = CachingStage(order=300)
    async with run_kernel([DnsPlugin()]) as kernel:
        listeners = kernel.services.require(Listeners)
        listening = await listeners.listen([("127.0.0.1", 0)], stage)
        with UdpClient(listening.addresses[0]) as client:
            await client.ask(query())
            operations = CacheOperations()
            operations.packets = listeners.packets
            with pytest.raises(Invalid):
                await operations.flush(Call(), Flushing("..", below=True))
            done = await operations.flush(Call(), Flushing("Example.com", below=True))
            assert (done.flushed, done.left) == (1, 0)
            await client.ask(query())
            assert len(stage.asked) == 2
