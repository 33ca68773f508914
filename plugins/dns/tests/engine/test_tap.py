"""The engine's frames are those of the Python path, and its ring keeps its bounds."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from plugins.dns.tests.listeners.wire import SECONDS_MAX, UdpClient, query
from plugins.dns.tests.packets.test_stage import CachingStage
from plugins.dns.tests.test_dnstap import messages

pytest.importorskip("microdns_dns.engine.core", reason="the engine is not built")

from plugins.dns.tests.engine.test_serving import CompiledStage

from microdns.testing import run_kernel
from microdns_dns.dnstap import Exchange, Kind, frames_of, head_of
from microdns_dns.engine.tap import TapRing
from microdns_dns.listeners import Listeners
from microdns_dns.message import Address, Transport
from microdns_dns.plan import Stage
from microdns_dns.plugin import DnsPlugin
from microdns_dns.taps import Tap, Taps

pytestmark = pytest.mark.anyio

HEAD = head_of(b"ns1.example", b"MicroDNS test")


def random_exchange(source: random.Random, size_max: int = 600) -> Exchange:
    if source.randrange(2):
        client: Address = (f"192.0.2.{source.randrange(256)}", source.randrange(65536))
        server: Address = ("198.51.100.1", source.randrange(65536))
    else:
        client = (f"2001:db8::{source.randrange(65536):x}", source.randrange(65536), 0, 0)
        server = ("2001:db8::53", source.randrange(65536), 0, 0)
    asked = source.randrange(1 << 61)
    return Exchange(
        client,
        server,
        source.choice(list(Transport)),
        source.randbytes(source.randrange(size_max)),
        source.randbytes(source.randrange(size_max)),
        asked,
        asked + source.randrange(10**9),
        for_client=bool(source.randrange(2)),
        continued=source.randrange(4) == 0,
    )


def exchange_ends() -> tuple[Address, Address]:
    return ("192.0.2.1", 1), ("192.0.2.2", 53)


def test_frames_are_those_of_the_python_path() -> None:
    source = random.Random(5)
    ring = TapRing(HEAD, 1, 1 << 16)
    for _ in range(300):
        exchange = random_exchange(source)
        ring.tell(exchange)
        frames = frames_of(HEAD, exchange)
        assert ring.take(1 << 20) == (b"".join(frames), len(frames))
        assert ring.is_empty()


def test_the_ring_keeps_order_and_counts_what_has_no_room() -> None:
    """A model beside it: what went in comes out, around the end and however it is taken."""
    source = random.Random(6)
    ring = TapRing(HEAD, 1, 1 << 15)
    waiting = b""
    dropped = 0
    for _ in range(5_000):
        if source.randrange(3):
            exchange = random_exchange(source, 4096)
            before = ring.dropped
            ring.tell(exchange)
            if ring.dropped == before:
                waiting += b"".join(frames_of(HEAD, exchange))
            else:
                dropped += 1 if exchange.continued else 2
                assert len(waiting) > (1 << 15) - 12_000, "it was nearly full"
        else:
            size = source.randrange(1, 20_000)
            taken, frames = ring.take(size)
            assert waiting.startswith(taken)
            assert len(taken) <= size or frames == 1
            assert bool(taken) == bool(waiting)
            waiting = waiting[len(taken) :]
        assert len(waiting) <= 1 << 15
    assert ring.dropped == dropped > 0


def test_one_in_so_many_and_what_can_not_be() -> None:
    source = random.Random(7)
    ring = TapRing(b"", 3, 1 << 16)
    exchange = random_exchange(source)
    for _ in range(10):
        ring.tell(exchange)
    assert ring.take(1 << 20)[1] == 3 * (1 if exchange.continued else 2)
    huge = Exchange(*exchange_ends(), Transport.TCP, bytes(65_535), bytes(65_535), 1, 2)
    ring = TapRing(HEAD, 1, 1 << 18)
    ring.tell(huge)
    assert ring.take(1)[0] + ring.take(1)[0] == b"".join(frames_of(HEAD, huge))
    for head, one_in, size in ((b"x" * 641, 1, 1 << 16), (b"", 0, 1 << 16), (b"", 1, 100)):
        with pytest.raises(ValueError, match=r"octets|sample"):
            TapRing(head, one_in, size)


@asynccontextmanager
async def tapped(
    stages: list[Stage], host: str = "127.0.0.1"
) -> AsyncIterator[tuple[UdpClient, Tap]]:
    async with run_kernel([DnsPlugin()], "[dns.cookies]\nenabled = false\n") as kernel:
        listeners = kernel.services.require(Listeners)
        for stage in stages:
            listening = await listeners.listen([(host, 5300)], stage)
        with UdpClient(listening.addresses[0]) as client:
            tap = kernel.services.require(Taps).open(HEAD, buffer_bytes=1 << 18)
            try:
                yield client, tap
            finally:
                tap.close()


async def take(tap: Tap, count: int) -> list[bytes]:
    """So many frames, as soon as they are there."""
    frames: list[bytes] = []
    async with asyncio.timeout(SECONDS_MAX):
        while len(frames) < count:
            await tap.wait()
            octets, _ = tap.take(1 << 20)
            while octets:
                size = 4 + int.from_bytes(octets[:4], "big")
                frames.append(octets[:size])
                octets = octets[size:]
    return frames


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_threads_tell_of_what_they_answer(host: str) -> None:
    async with tapped([CompiledStage()], host) as (client, tap):
        asked = [query(id=id) for id in range(20)]
        answers = [await client.ask(each) for each in asked]
        found = messages(await take(tap, 40))
        mine = client.own_address()
        assert sorted(each[10] for each in found if each[1] == Kind.AUTH_QUERY) == sorted(asked)
        assert sorted(each[14] for each in found if each[1] == Kind.AUTH_RESPONSE) == sorted(
            answers
        )
        assert {each[6] for each in found} == {mine[1]}
        assert {each[4] for each in found} == {each[5] for each in found}
        assert tap.dropped == 0


async def test_what_the_packet_cache_answers_is_for_a_client() -> None:
    async with tapped([CachingStage(order=300)]) as (client, tap):
        for id in range(5):
            await client.ask(query(id=id))
        kinds = [each[1] for each in messages(await take(tap, 10))]
        assert sorted(kinds) == [Kind.CLIENT_QUERY] * 5 + [Kind.CLIENT_RESPONSE] * 5


async def test_taps_come_and_go_while_threads_answer() -> None:
    """A thread tells of an answer after it was sent: of the last to a tap that is closed by then,
    or to the next one."""
    async with run_kernel([DnsPlugin()]) as kernel:
        listeners = kernel.services.require(Listeners)
        listening = await listeners.listen([("127.0.0.1", 0)], CompiledStage())
        taps = kernel.services.require(Taps)
        with UdpClient(listening.addresses[0]) as client:
            for number in range(30):
                tap = taps.open(HEAD, buffer_bytes=1 << 16)
                asked = [query(id=5 * number + turn) for turn in range(5)]
                for each in asked:
                    await client.ask(each)
                before = tap.dropped
                if number % 2:
                    told = await take_until_told_of(tap, asked[-1])
                    assert told[-5:] == asked
                    assert told[:-5] in ([], [query(id=5 * number - 1)]), "the one before it"
                    tap.close()
                    assert tap.dropped == 0, "all was taken"
                else:
                    tap.close()
                    assert tap.dropped - before in (8, 10), "what was not taken is counted"


async def take_until_told_of(tap: Tap, last: bytes) -> list[bytes]:
    """The queries that a tap tells of, up to this one, each with its answer."""
    queries: list[bytes] = []
    while last not in queries:
        found = messages(await take(tap, 2))
        for asked, answered in zip(found[::2], found[1::2], strict=True):
            assert (asked[1], answered[1]) == (Kind.AUTH_QUERY, Kind.AUTH_RESPONSE)
            assert asked[10][:2] == answered[14][:2]
            queries.append(asked[10])
    return queries
