"""UDP: answers leave from where they were asked, and nothing stops the listener."""

import asyncio
import socket

import pytest
from plugins.dns.tests.listeners.wire import UdpClient, query, serving, until
from plugins.dns.tests.stages import FixedStage, LateStage, SilentStage

from microdns.network import SystemNetwork
from microdns.testing import FakeClock
from microdns_dns.listeners.udp import BATCH, UdpListener

pytestmark = pytest.mark.anyio


async def test_a_query_is_answered(fake_clock: FakeClock) -> None:
    async with serving(FixedStage(), fake_clock) as server:
        with UdpClient(server.address) as client:
            answer = await client.ask(query(7))
            assert answer[:3] == b"\0\7\x85"


async def test_more_than_a_batch_at_once_is_answered(fake_clock: FakeClock) -> None:
    async with serving(FixedStage(), fake_clock) as server:
        with UdpClient(server.address) as client:
            for id in range(2 * BATCH + 1):
                client.send(query(id))
            got = {
                int.from_bytes((await client.receive())[:2], "big") for _ in range(2 * BATCH + 1)
            }
            assert got == set(range(2 * BATCH + 1))


@pytest.mark.parametrize(
    ("host", "target"),
    [
        ("0.0.0.0", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.2"),
        ("0.0.0.0", "127.200.3.4"),
        ("::", "::1"),
        ("::1", "::1"),
        ("127.0.0.3", "127.0.0.3"),
    ],
)
async def test_answers_leave_from_the_address_that_was_asked(
    fake_clock: FakeClock, host: str, target: str
) -> None:
    async with serving(FixedStage(), fake_clock, host=host, network=SystemNetwork()) as server:
        with UdpClient((target, server.address[1])) as client:
            assert await client.ask(query(3))


async def test_late_answers_leave_from_the_address_that_was_asked(fake_clock: FakeClock) -> None:
    late = LateStage()
    async with serving(late, fake_clock, host="0.0.0.0", network=SystemNetwork()) as server:
        with UdpClient(("127.0.0.2", server.address[1])) as client:
            client.send(query(1))
            client.send(query(2))
            await until(lambda: len(late.waiting) == 2)
            assert server.metrics.inflight.value == 2
            late.release(2)
            assert (await client.receive())[:2] == b"\0\2"
            late.release(1)
            assert (await client.receive())[:2] == b"\0\1"
            await until(lambda: server.metrics.inflight.value == 0)


async def test_what_is_no_query_gets_silence_and_harms_nobody(fake_clock: FakeClock) -> None:
    async with serving(FixedStage(), fake_clock) as server:
        with UdpClient(server.address) as client:
            for noise in (b"", b"x", b"\xff" * 11, b"\0\1\x80" + b"\0" * 20, b"\0" * 4097):
                client.send(noise)
            assert (await client.ask(query(9)))[:2] == b"\0\x09"
            dropped = {str(drop): cell.value for drop, cell in server.metrics.dropped.items()}
            assert dropped == {"short": 3, "response": 1}
            assert server.metrics.dropped_oversize.value == 1


async def test_4096_octets_are_taken(fake_clock: FakeClock) -> None:
    async with serving(FixedStage(), fake_clock) as server:
        with UdpClient(server.address) as client:
            assert (await client.ask(query(9).ljust(4096, b"\0")))[3] & 0xF == 1  # FORMERR


async def test_beyond_the_limit_of_waiting_queries_they_are_dropped(fake_clock: FakeClock) -> None:
    late = LateStage()
    async with serving(late, fake_clock, inflight_max=2) as server:
        with UdpClient(server.address) as client:
            for id in (1, 2, 3):
                client.send(query(id))
            await until(lambda: server.metrics.dropped_overload.value == 1)
            late.release(1)
            late.release(2)
            assert {(await client.receive())[1] for _ in range(2)} == {1, 2}
            await until(lambda: server.metrics.inflight.value == 0)
            client.send(query(4))
            await until(lambda: 4 in late.waiting)


async def test_an_answer_that_cannot_be_sent_is_counted(fake_clock: FakeClock) -> None:
    async with serving(FixedStage(), fake_clock, host="0.0.0.0", network=SystemNetwork()) as server:
        udp = server.listeners._places[0].udp
        assert isinstance(udp, UdpListener)
        udp._send(b"x" * 70_000, ("127.0.0.1", 9), [])  # EMSGSIZE
        assert server.metrics.dropped_unsent.value == 1


async def test_a_full_socket_drops_answers_and_does_not_wait(fake_clock: FakeClock) -> None:
    class Full:
        def fileno(self) -> int:
            return -1

    async with serving(FixedStage(), fake_clock) as server:
        udp = server.listeners._places[0].udp
        assert isinstance(udp, UdpListener)

        def refuse(octets: bytes, client: object, ancillary: object) -> None:
            raise BlockingIOError

        udp._datagrams.send = refuse  # type: ignore[method-assign] # a socket that is full
        with UdpClient(server.address) as client:
            client.send(query(1))
            await until(lambda: server.metrics.dropped_unsent.value == 1)


async def test_a_closed_listener_is_silent_and_its_port_free(fake_clock: FakeClock) -> None:
    late = LateStage()
    async with serving(late, fake_clock) as server:
        with UdpClient(server.address) as client:
            client.send(query(1))
            await until(lambda: len(late.waiting) == 1)
            await server.listeners.close()
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
                again.bind(server.address)


async def test_nobody_answers_is_refused(fake_clock: FakeClock) -> None:
    async with serving(SilentStage(), fake_clock) as server:
        with UdpClient(server.address) as client:
            assert (await client.ask(query(1)))[3] & 0xF == 5


async def test_other_tasks_run_while_queries_pour_in(fake_clock: FakeClock) -> None:
    async with serving(FixedStage(), fake_clock) as server:
        with UdpClient(server.address) as client:
            turns = 0
            for id in range(500):
                client.send(query(id))
            while server.metrics.latency["udp"].counts == [0] * 17 or turns < 3:  # type: ignore[index] # a StrEnum
                await asyncio.sleep(0)
                turns += 1
