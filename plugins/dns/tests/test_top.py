"""The live view: rates of what was counted, names and clients of what was sampled."""

import asyncio

import msgspec
import pytest
from plugins.dns.tests.listeners.wire import TcpClient, UdpClient, query
from plugins.dns.tests.stages import FixedStage, a_responder

from microdns.clock import SystemClock
from microdns.operations import Call
from microdns.testing import FakeClock, run_kernel
from microdns_dns.listeners import Listeners
from microdns_dns.message import Transport
from microdns_dns.metrics import DnsMetrics
from microdns_dns.operations.top import TopOperations, TopWanted, render_top
from microdns_dns.plugin import DnsPlugin
from microdns_dns.protection.prefixes import octets_of
from microdns_dns.samples import SAMPLES_MAX, Samples
from microdns_dns.view import Views
from microdns_dns.watching import Watching

pytestmark = pytest.mark.anyio


async def test_rates_names_and_clients(fake_clock: FakeClock) -> None:
    metrics = DnsMetrics(Views())
    responder, _ = a_responder([FixedStage()], fake_clock, metrics=metrics)
    responder.respond(query(name="before.example"), ("192.0.2.9", 1), Transport.UDP)
    with metrics.samples.watched():
        watching = Watching(metrics, fake_clock)
        for number in range(30):
            name = "a.example" if number % 3 else "b.example"
            responder.respond(query(name=name), ("192.0.2.1", 1), Transport.UDP)
        responder.respond(query(name="c.example"), ("2001:db8::1", 1, 0, 0), Transport.TCP)
        await fake_clock.advance(2)
        top = watching.next(2, live=True)
    assert (top.seconds, top.queries, top.udp, top.tcp) == (2.0, 15.5, 15.0, 0.5)
    assert top.rcodes == {"NOERROR": 15.5}
    assert [(each.what, each.per_second) for each in top.names] == [
        ("a.example", 10.0),
        ("b.example", 5.0),
    ]
    assert [each.what for each in top.clients] == ["192.0.2.1", "2001:db8::1"]
    assert top.cache_hit_rate is None
    shown = render_top(msgspec.to_builtins(top))
    assert "a.example" in shown
    assert "\x1b" not in shown, "this is no terminal"


@pytest.mark.parametrize("engine", ["auto", "python"])
async def test_a_question_that_can_not_be_read_has_no_name(engine: str) -> None:
    """It is answered with FORMERR, and seen as what it is."""
    async with run_kernel([DnsPlugin()], f'[dns]\nengine = "{engine}"\n') as kernel:
        listeners = kernel.services.require(Listeners)
        listening = await listeners.listen([("127.0.0.1", 0)], CompiledStage())
        with UdpClient(listening.addresses[0]) as client:
            with listeners._metrics.samples.watched():
                watching = Watching(listeners._metrics, SystemClock())
                assert (await client.ask(query()[:12]))[3] & 15 == 1
                await asyncio.sleep(0)
                top = watching.next(5, live=False)
            assert [each.what for each in top.names] == ["(unreadable)"]


async def test_quiet_is_no_error(fake_clock: FakeClock) -> None:
    watching = Watching(DnsMetrics(Views()), fake_clock)
    top = watching.next(5, live=False)
    assert (top.queries, top.latency_p99_us, top.names) == (0, 0, [])
    assert "none" in render_top(msgspec.to_builtins(top))


def test_nothing_is_taken_while_nobody_looks_and_never_too_much() -> None:
    samples = Samples()
    samples.add(b"\1a\0", "192.0.2.1", 1, 0)
    assert samples.take() == []
    with samples.watched():
        for _ in range(SAMPLES_MAX + 5):
            samples.add(b"\1a\0", "192.0.2.1", 1, 0)
    assert len(samples.take()) == SAMPLES_MAX
    assert octets_of("192.0.2.1")[-4:] == bytes((192, 0, 2, 1))


class CompiledStage(FixedStage):
    """Stands for the authoritative one: where there is an engine, it is not asked."""

    compiled = True


@pytest.mark.parametrize("engine", ["auto", "python"])
async def test_both_paths_are_seen(engine: str, fake_clock: FakeClock) -> None:
    async with run_kernel([DnsPlugin()], f'[dns]\nengine = "{engine}"\n') as kernel:
        listeners = kernel.services.require(Listeners)
        listening = await listeners.listen([("127.0.0.1", 0)], CompiledStage())
        address = listening.addresses[0]
        operations = TopOperations()
        operations.follow(listeners._metrics, fake_clock)
        over_tcp = TcpClient(*await asyncio.open_connection(*address))
        with UdpClient(address) as over_udp, over_tcp:
            looking = operations.top(Call(), TopWanted(seconds=2, once=True))
            look = asyncio.ensure_future(anext(looking))
            await fake_clock.settle()
            for _ in range(20):
                await over_udp.ask(query(name="udp.example"))
                over_tcp.send(query(name="tcp.example"))
                await over_tcp.receive()
            await fake_clock.advance(2)
            top = await look
            assert (top.udp, top.tcp) == (10, 10)
            assert {each.what for each in top.names} == {"udp.example", "tcp.example"}
            assert [each.what for each in top.clients] == ["127.0.0.1"]
            assert top.latency_p99_us > 0
            with pytest.raises(StopAsyncIteration):
                await anext(looking)
