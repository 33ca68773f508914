"""TCP (RFC 7766): pipelining, order, limits, and peers that misbehave."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from functools import partial

import pytest
from plugins.dns.tests.listeners.wire import framed, query, serving, until
from plugins.dns.tests.stages import FixedStage, LateStage

from microdns.testing import FakeClock
from microdns_dns.message import Reply
from microdns_dns.plan import Messages

pytestmark = pytest.mark.anyio


async def test_a_query_is_answered_and_the_connection_stays(fake_clock: FakeClock) -> None:
    async with serving(FixedStage(), fake_clock) as server:
        client = await server.connect()
        for id in (1, 2, 3):
            client.send(query(id))
            assert await client.receive_id() == id
        assert server.metrics.tcp_connections.value == 1
        client.close()
        await until(lambda: server.metrics.tcp_connections.value == 0)


async def test_rfc7766_6_2_1_1_queries_may_be_pipelined(fake_clock: FakeClock) -> None:
    async with serving(FixedStage(), fake_clock) as server:
        client = await server.connect()
        client.send(*[query(id) for id in range(1000)])
        assert [await client.receive_id() for _ in range(1000)] == list(range(1000))


async def test_rfc7766_8_messages_may_come_in_any_pieces(fake_clock: FakeClock) -> None:
    async with serving(FixedStage(), fake_clock) as server:
        client = await server.connect()
        for octet in framed(query(1), query(2)):
            client.writer.write(bytes([octet]))
            await asyncio.sleep(0)
        assert [await client.receive_id() for _ in range(2)] == [1, 2]


async def test_rfc7766_6_2_1_1_answers_come_in_whatever_order(fake_clock: FakeClock) -> None:
    late = LateStage()
    async with serving(late, fake_clock) as server:
        client = await server.connect()
        client.send(query(1), query(2), query(3))
        await until(lambda: len(late.waiting) == 3)
        for id in (2, 3, 1):
            late.release(id)
            assert await client.receive_id() == id


async def test_several_messages_come_after_a_stage_that_answers_late(
    fake_clock: FakeClock,
) -> None:
    """As a transfer does that a policy has to look up first; also when no more is asked."""

    async def replies() -> AsyncGenerator[Reply, None]:
        yield Reply()
        yield Reply()

    ended: list[bool] = []
    late, several = LateStage(order=1), FixedStage(Messages(replies(), 9, ended.append), order=2)
    async with serving(late, fake_clock, port=53) as server:
        await server.listeners.listen([("127.0.0.1", 53)], several)
        client = await server.connect()
        client.send(query(7))
        await until(lambda: len(late.waiting) == 1)
        late.pass_on(7)
        assert [await client.receive_id() for _ in range(2)] == [7, 7]
        await until(lambda: ended == [True])


async def test_a_large_message_is_read_whole(fake_clock: FakeClock) -> None:
    async with serving(FixedStage(), fake_clock) as server:
        client = await server.connect()
        client.send(query(5).ljust(65535, b"\0"), query(6))
        assert (await client.receive())[3] & 0xF == 1  # FORMERR: octets after the end
        assert await client.receive_id() == 6


async def test_a_connection_beyond_the_limit_is_reset(fake_clock: FakeClock) -> None:
    async with serving(FixedStage(), fake_clock, tcp_connections_max=2) as server:
        clients = [await server.connect() for _ in range(2)]
        await until(lambda: server.metrics.tcp_connections.value == 2)
        beyond = await server.connect()
        assert await beyond.ended()
        assert server.metrics.tcp_closed["rejected"].value == 1
        clients[0].close()
        await until(lambda: server.metrics.tcp_connections.value == 1)
        another = await server.connect()
        another.send(query(1))
        assert await another.receive_id() == 1


async def test_an_idle_connection_is_closed(fake_clock: FakeClock) -> None:
    async with serving(FixedStage(), fake_clock, tcp_idle_timeout_secs=10) as server:
        client = await server.connect()
        await fake_clock.advance(6)
        client.send(query(1))
        assert await client.receive_id() == 1
        await fake_clock.advance(6)
        server.sweep()
        assert server.metrics.tcp_connections.value == 1
        await fake_clock.advance(4)
        server.sweep()
        assert await client.ended()
        assert server.metrics.tcp_closed["idle"].value == 1


async def test_half_a_message_does_not_keep_a_connection(fake_clock: FakeClock) -> None:
    async with serving(FixedStage(), fake_clock, tcp_idle_timeout_secs=10) as server:
        client = await server.connect()
        for octet in framed(query(1))[:5]:
            client.writer.write(bytes([octet]))
            await asyncio.sleep(0.01)
            await fake_clock.advance(2)
        server.sweep()
        assert await client.ended()


async def test_a_connection_that_waits_for_its_answer_is_not_idle(fake_clock: FakeClock) -> None:
    late = LateStage()
    async with serving(late, fake_clock, tcp_idle_timeout_secs=10) as server:
        client = await server.connect()
        client.send(query(1))
        await until(lambda: len(late.waiting) == 1)
        await fake_clock.advance(20)
        server.sweep()
        late.release(1)
        assert await client.receive_id() == 1


async def test_every_connection_ends_after_the_total_timeout(fake_clock: FakeClock) -> None:
    async with serving(FixedStage(), fake_clock, tcp_total_timeout_secs=30) as server:
        client = await server.connect()
        for id in range(6):
            client.send(query(id))
            assert await client.receive_id() == id
            await fake_clock.advance(5)
            server.sweep()
        assert await client.ended()
        assert server.metrics.tcp_closed["total"].value == 1


async def test_the_clock_sweeps_by_itself(fake_clock: FakeClock) -> None:
    async with serving(FixedStage(), fake_clock, tcp_idle_timeout_secs=10) as server:
        running = asyncio.create_task(server.listeners.run())
        client = await server.connect()
        await until(lambda: server.metrics.tcp_connections.value == 1)
        await fake_clock.advance(11)
        assert await client.ended()
        running.cancel()


async def test_a_peer_that_reads_nothing_is_read_no_further_and_ended(
    fake_clock: FakeClock,
) -> None:
    stage = FixedStage(octets=60_000)
    async with serving(stage, fake_clock, tcp_idle_timeout_secs=10) as server:
        client = await server.connect()
        assert isinstance(client.writer.transport, asyncio.Transport)
        client.reader._transport.pause_reading()  # type: ignore[attr-defined] # the peer's slowness
        client.send(*[query(id) for id in range(2000)])
        await until(lambda: server.metrics.tcp_connections.value == 1)
        connection = next(iter(server.listeners._connections._open))
        await until(lambda: connection._unread)
        count = len(stage.asked)
        await asyncio.sleep(0.05)
        assert len(stage.asked) == count < 500
        assert connection._transport.get_write_buffer_size() < 65_536 + 2 * 60_000 + 20_000
        assert len(connection._received) <= 16_384 + 65_537
        await fake_clock.advance(11)
        server.sweep()
        await until(lambda: server.metrics.tcp_connections.value == 0)
        assert server.metrics.tcp_closed["idle"].value == 1


async def test_a_slow_reader_gets_everything_in_the_end(fake_clock: FakeClock) -> None:
    stage = FixedStage(octets=30_000)
    async with serving(stage, fake_clock, tcp_write_buffer_max=4096) as server:
        client = await server.connect()
        client.send(*[query(id) for id in range(200)])
        await asyncio.sleep(0.05)
        assert [await client.receive_id() for _ in range(200)] == list(range(200))


async def test_too_many_waiting_queries_of_one_connection_are_read_later(
    fake_clock: FakeClock,
) -> None:
    late = LateStage()
    async with serving(late, fake_clock, tcp_inflight_max=2) as server:
        client = await server.connect()
        client.send(*[query(id) for id in range(5)])
        await until(lambda: len(late.waiting) == 2)
        await asyncio.sleep(0.02)
        assert sorted(late.waiting) == [0, 1]
        for id in range(5):
            await until(partial(late.waiting.__contains__, id))
            late.release(id)
            assert await client.receive_id() == id


async def test_queries_beyond_the_limit_of_all_are_dropped(fake_clock: FakeClock) -> None:
    late = LateStage()
    async with serving(late, fake_clock, inflight_max=1) as server:
        client = await server.connect()
        client.send(query(1), query(2), query(3))
        await until(lambda: server.metrics.dropped_overload.value == 2)
        late.release(1)
        assert await client.receive_id() == 1
        client.send(query(4))
        await until(lambda: 4 in late.waiting)
        late.release(4)
        assert await client.receive_id() == 4


async def test_a_peer_that_asks_no_more_gets_its_answers(fake_clock: FakeClock) -> None:
    late = LateStage()
    async with serving(late, fake_clock) as server:
        client = await server.connect()
        client.send(query(1), query(2))
        client.writer.write_eof()
        await until(lambda: len(late.waiting) == 2)
        await asyncio.sleep(0.02)
        late.release(2)
        late.release(1)
        assert {await client.receive_id(), await client.receive_id()} == {1, 2}
        assert await client.ended()
        await until(lambda: server.metrics.tcp_connections.value == 0)


async def test_an_end_without_waiting_queries_closes(fake_clock: FakeClock) -> None:
    async with serving(FixedStage(), fake_clock) as server:
        client = await server.connect()
        client.send(query(1))
        client.writer.write_eof()
        assert await client.receive_id() == 1
        assert await client.ended()


@pytest.mark.parametrize(
    "noise", [b"\0\0", b"\0\5hello", framed(query(1)[:2] + b"\x80" + query(1)[3:])]
)
async def test_what_is_no_query_ends_the_connection(fake_clock: FakeClock, noise: bytes) -> None:
    async with serving(FixedStage(), fake_clock) as server:
        client = await server.connect()
        client.writer.write(noise + framed(query(2)))
        assert await client.ended()
        assert server.metrics.tcp_closed["malformed"].value == 1


async def test_a_peer_that_leaves_before_its_answer_is_forgotten(fake_clock: FakeClock) -> None:
    late = LateStage()
    async with serving(late, fake_clock) as server:
        client = await server.connect()
        client.send(query(1))
        await until(lambda: len(late.waiting) == 1)
        client.close()
        await asyncio.sleep(0.02)
        late.release(1)
        await until(lambda: server.metrics.inflight.value == 0)
        await until(lambda: server.metrics.tcp_connections.value == 0)


async def test_closing_ends_connections_and_frees_the_port(fake_clock: FakeClock) -> None:
    async with serving(LateStage(), fake_clock) as server:
        client = await server.connect()
        client.send(query(1))
        await until(lambda: server.metrics.inflight.value == 1)
        await server.listeners.close()
        assert await client.ended()
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as again:
            again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            again.bind(server.address)
