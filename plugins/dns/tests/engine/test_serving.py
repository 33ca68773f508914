"""The engine in a running server: what it answers, what goes up, what is counted."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Any, Literal

import pytest
from plugins.dns.tests.listeners.wire import UdpClient, query, until
from plugins.dns.tests.stages import FixedStage

from microdns.network import SystemNetwork
from microdns.operations import Call
from microdns.testing import run_kernel
from microdns_dns import names
from microdns_dns.listeners import Listeners
from microdns_dns.message import Query
from microdns_dns.plan import Outcome, Stage
from microdns_dns.plugin import DnsPlugin
from microdns_dns.protocol import RRType
from microdns_dns.repository import ZoneRepository
from microdns_dns.view import Views

pytest.importorskip("microdns_dns.engine.core", reason="the engine is not built")

from microdns_dns.engine.core import Engine
from microdns_dns.engine.listener import EngineUdpListener
from microdns_dns.engine.serving import ALL, NOTHING, OURS, reach_of

pytestmark = pytest.mark.anyio


class CompiledStage(FixedStage):
    """Stands for the authoritative one; must never be asked."""

    name = "compiled"
    compiled = True

    outcome: Outcome | Literal["never"] = "never"

    def answer(self, query: Query) -> Outcome:
        if self.outcome == "never":
            raise AssertionError("the engine should have answered")
        return self.outcome


def reach(*stages: Stage) -> int:
    return reach_of(stages)


async def test_the_engine_answers_only_where_nothing_comes_before_it() -> None:
    assert reach() == NOTHING
    assert reach(FixedStage()) == NOTHING
    assert reach(CompiledStage()) == ALL
    assert reach(CompiledStage(), FixedStage(order=200)) == OURS
    assert reach(FixedStage(order=0), CompiledStage()) == NOTHING


async def serve_example(kernel_services: object, stages: Sequence[Stage], host: str) -> UdpClient:
    listeners = kernel_services.require(Listeners)  # type: ignore[attr-defined] # the kernel's
    for stage in stages:
        listening = await listeners.listen([(host, 5300)], stage)
    return UdpClient(listening.addresses[0])


async def test_a_change_is_answered_when_it_is_acknowledged() -> None:
    async with run_kernel([DnsPlugin()]) as kernel:
        repository = kernel.services.require(ZoneRepository)
        await repository.create_zone(Call(), repository.new_zone("example.com"))
        with await serve_example(kernel.services, [CompiledStage()], "127.0.0.1") as client:
            assert (await client.ask(query()))[3] & 15 == 3
            view = kernel.services.require(Views).zone("example.com")
            assert view is not None
            owner = names.from_text("www.example.com")
            for number in range(20):
                view.add(owner, RRType.A, 300, bytes((192, 0, 2, number)))
                kernel.services.require(Views).publish([view])
                answer = await client.ask(query())
                assert answer[3] & 15 == 0
                assert int.from_bytes(answer[6:8], "big") == number + 1


async def test_names_of_others_are_refused_or_left_to_the_next_stage() -> None:
    async with run_kernel([DnsPlugin()]) as kernel:
        repository = kernel.services.require(ZoneRepository)
        await repository.create_zone(Call(), repository.new_zone("example.com"))
        listeners = kernel.services.require(Listeners)
        ours = CompiledStage()
        with await serve_example(kernel.services, [ours], "127.0.0.1") as client:
            assert (await client.ask(query(name="example.org")))[3] & 15 == 5
            ours.outcome = None
            following = FixedStage(order=200)
            await listeners.listen([("127.0.0.1", 5300)], following)
            assert (await client.ask(query(name="example.org")))[3] & 15 == 0
            assert (await client.ask(query()))[3] & 15 == 3
            assert len(following.asked) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_what_is_not_for_the_engine_goes_up_and_comes_back(host: str) -> None:
    async with run_kernel([DnsPlugin()], '[dns]\nversion = "9"\n') as kernel:
        with await serve_example(kernel.services, [CompiledStage()], host) as client:
            chaos = bytearray(query(name="version.bind", rdtype="TXT"))
            chaos[-1] = 3
            assert b"\x019" in await client.ask(bytes(chaos))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_stages_are_told_who_asks(host: str) -> None:
    async with run_kernel([DnsPlugin()]) as kernel:
        stage = FixedStage()
        with await serve_example(kernel.services, [stage], host) as client:
            await client.ask(query())
            assert stage.asked[0].client == client.own_address()


async def test_what_threads_count_shows_in_the_metrics() -> None:
    async with run_kernel([DnsPlugin()]) as kernel:
        repository = kernel.services.require(ZoneRepository)
        await repository.create_zone(Call(), repository.new_zone("example.com"))
        with await serve_example(kernel.services, [CompiledStage()], "127.0.0.1") as client:
            for _ in range(5):
                await client.ask(query())
            client.send(b"short")
            client.send(query()[:2] + b"\x80" + query()[3:])

            def counted() -> dict[tuple[str, ...], object]:
                return {
                    (metric.name, *sample.labels): sample.value
                    for metric in kernel.metrics
                    for sample in metric.samples()
                }

            await until(lambda: counted()["microdns_dns_dropped_total", "response"] == 1)
            found = counted()
            assert found["microdns_dns_queries_total", "udp", "A", "NXDOMAIN"] == 5
            assert found["microdns_dns_dropped_total", "short"] == 1
            taken = list(kernel.services.require(Views).take_answered())
            assert taken == [("example.com", "nxdomain", 5)]


async def test_nothing_is_answered_before_a_stage_has_joined_nor_left_uncounted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make = EngineUdpListener.__init__

    def make_and_ask(
        self: EngineUdpListener, engine: Engine, sockets: Any, *more: Any, **named: Any
    ) -> None:
        make(self, engine, sockets, *more, **named)
        asking.connect(sockets[0].getsockname())
        asking.settimeout(0.2)
        asking.send(query())
        with pytest.raises(TimeoutError):  # it is not known yet what may be answered
            asking.recv(512)

    monkeypatch.setattr(EngineUdpListener, "__init__", make_and_ask)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        async with run_kernel([DnsPlugin()]) as kernel:
            listeners = kernel.services.require(Listeners)
            await listeners.listen([("127.0.0.1", 5300)], FixedStage())
            asking.settimeout(60)
            answer = await asyncio.to_thread(asking.recv, 512)
            assert answer[3] & 15 == 0
            queries = next(each for each in kernel.metrics if each.name.endswith("_queries_total"))
            assert [(each.labels[1:], each.value) for each in queries.samples()] == [
                (("A", "NOERROR"), 1)
            ]


async def test_answers_leave_from_the_address_that_was_asked() -> None:
    network = SystemNetwork()  # the test's own gives no wildcard
    async with run_kernel([DnsPlugin()], network=network) as kernel:
        listeners = kernel.services.require(Listeners)
        listening = await listeners.listen([("0.0.0.0", 0)], CompiledStage())
        asked = ("127.0.0.9", listening.addresses[0][1])  # all of 127/8 is this machine
        with UdpClient(asked) as client:  # connected: takes answers from there only
            assert (await client.ask(query()))[3] & 15 == 5
