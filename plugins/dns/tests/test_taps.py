"""Taps: what was asked and answered waits in bounds, is taken in turns, and dropped is counted."""

import asyncio
from collections.abc import AsyncGenerator, Callable

import pytest
from plugins.dns.tests.listeners.wire import SECONDS_MAX, query
from plugins.dns.tests.stages import FixedStage, LateStage, a_responder

from microdns.errors import Conflict
from microdns.testing import FakeClock
from microdns_dns.dnstap import Exchange, head_of
from microdns_dns.message import Address, Reply, Transport
from microdns_dns.plan import Messages
from microdns_dns.responder import Late, Many, Responder
from microdns_dns.taps import Tap, Taps

pytestmark = pytest.mark.anyio

CLIENT: Address = ("192.0.2.1", 4000)
SERVER: Address = ("192.0.2.53", 53)
AN_EXCHANGE = Exchange(CLIENT, SERVER, Transport.UDP, b"query", b"response", 1, 2)
HEAD = head_of(b"", b"")


class Ring:
    """Stands for a thread of the engine."""

    def __init__(self) -> None:
        self.opened: list[tuple[bytes, int, int]] = []
        self.frames: list[bytes] = []
        self.frames_dropped = 7

    def open_tap(self, head: bytes, one_in: int, size: int) -> None:
        self.opened.append((head, one_in, size))

    def close_tap(self) -> None:
        self.opened.pop()

    def take_frames(self, size_max: int) -> tuple[bytes, int]:
        return (self.frames.pop(0), 1) if self.frames else (b"", 0)

    def tap_is_empty(self) -> bool:
        return not self.frames


@pytest.fixture(params=["plain", "compiled"])
def taps(request: pytest.FixtureRequest) -> Taps:
    if request.param == "plain":
        return Taps()
    tap = pytest.importorskip("microdns_dns.engine.tap", reason="the engine is not built")
    return Taps(tap.TapRing)


def take_all(tap: Tap, size_max: int = 1 << 20) -> list[tuple[bytes, int]]:
    return list(iter(lambda: tap.take(size_max), (b"", 0)))


async def test_frames_are_taken_whole_up_to_a_size(taps: Taps) -> None:
    tap = taps.open(HEAD, buffer_bytes=1 << 20)
    for _ in range(3):
        tap.note(AN_EXCHANGE)
    ((octets, frames),) = take_all(tap)
    assert frames == 6
    size = len(octets) // 3
    for _ in range(3):
        tap.note(AN_EXCHANGE)
    assert [frames for _, frames in take_all(tap, size)] == [2, 2, 2]
    tap.note(AN_EXCHANGE)
    assert [frames for _, frames in take_all(tap, 1)] == [1, 1], "one alone at the least"


async def test_what_finds_no_room_is_dropped_and_counted(taps: Taps) -> None:
    tap = taps.open(HEAD, buffer_bytes=1 << 15)
    for _ in range(1000):
        tap.note(AN_EXCHANGE)
    ((octets, frames),) = take_all(tap)
    assert len(octets) <= 1 << 15
    assert frames + tap.dropped == 2000
    tap.note(AN_EXCHANGE)
    tap.close()
    assert frames + tap.dropped == 2002, "what was not taken is lost"


async def test_one_in_so_many(taps: Taps) -> None:
    tap = taps.open(HEAD, one_in=4, buffer_bytes=1 << 20)
    for _ in range(10):
        tap.note(AN_EXCHANGE)
    assert take_all(tap)[0][1] == 4


async def test_sources_have_their_turns_whenever_they_come(taps: Taps) -> None:
    early, late = Ring(), Ring()
    taps.add(early)
    tap = taps.open(HEAD, one_in=2, buffer_bytes=1 << 15)
    taps.add(late)
    assert early.opened == late.opened == [(HEAD, 2, 1 << 15)]
    early.frames, late.frames = [b"a"] * 3, [b"b"] * 3
    assert b"".join(octets for octets, _ in take_all(tap)) == b"ababab"
    late.frames_dropped = 9
    assert tap.dropped == 2, "since it was opened"
    taps.remove(late)
    assert (tap.dropped, late.opened) == (2, [])
    tap.close()
    assert early.opened == []
    assert taps.tap is None


async def test_waiting_ends_by_either_path(taps: Taps) -> None:
    ring = Ring()
    taps.add(ring)
    taps.wake()
    tap = taps.open(HEAD, buffer_bytes=1 << 15)

    async def woken(by: Callable[[], None]) -> None:
        waiting = asyncio.ensure_future(tap.wait())
        await asyncio.sleep(0)
        taps.wake()  # for nothing: it waits on
        for _ in range(3):
            await asyncio.sleep(0)
        assert not waiting.done()
        by()
        await asyncio.wait_for(waiting, SECONDS_MAX)

    def by_ring() -> None:
        ring.frames.append(b"a")
        taps.wake()

    await woken(by_ring)
    take_all(tap)
    await woken(lambda: tap.note(AN_EXCHANGE))


async def test_there_is_one_at_most(taps: Taps) -> None:
    first = taps.open(HEAD, buffer_bytes=1 << 15)
    with pytest.raises(Conflict):
        taps.open(HEAD, buffer_bytes=1 << 15)
    first.close()
    second = taps.open(HEAD, buffer_bytes=1 << 15)
    first.close()
    assert taps.tap is second


def told(responder: Responder, noted: list[Exchange]) -> None:
    """Let a responder's exchanges be noted as they are."""
    tap = responder.taps.open(HEAD, buffer_bytes=1 << 15)
    tap.note = noted.append  # type: ignore[assignment, method-assign] # seen before it is encoded


async def test_a_responder_tells_of_both_messages_and_their_times(fake_clock: FakeClock) -> None:
    stage = LateStage()
    responder, _ = a_responder([stage], fake_clock)
    responder.bound = SERVER
    noted: list[Exchange] = []
    told(responder, noted)
    asked = query(id=5)
    began = fake_clock.time_ns()
    response = responder.respond(asked, CLIENT, Transport.UDP)
    assert isinstance(response, Late)
    stage.release(5)
    await fake_clock.advance(2)
    octets = await response.octets()
    assert isinstance(octets, bytes)
    (exchange,) = noted
    assert exchange == Exchange(
        CLIENT, SERVER, Transport.UDP, asked, octets, began, began + 2_000_000_000
    )


@pytest.mark.parametrize(("order", "for_client"), [(100, False), (200, True), (300, True)])
async def test_who_answered_makes_the_kind(
    fake_clock: FakeClock, order: int, for_client: bool
) -> None:
    responder, _ = a_responder([FixedStage(order=order)], fake_clock)
    noted: list[Exchange] = []
    told(responder, noted)
    local: Address = ("192.0.2.54", 53)
    responder.respond(query(), CLIENT, Transport.TCP, local)
    responder.respond(query()[:-1], CLIENT, Transport.UDP, local)  # a FORMERR is our own
    assert [(each.for_client, each.server) for each in noted] == [
        (for_client, local),
        (False, local),
    ]


async def test_what_gets_no_answer_is_not_told(fake_clock: FakeClock) -> None:
    responder, _ = a_responder([FixedStage()], fake_clock)
    noted: list[Exchange] = []
    told(responder, noted)
    assert responder.respond(b"short", CLIENT, Transport.UDP) is None
    assert noted == []


async def test_all_messages_of_an_answer_were_asked_for_at_one_time(fake_clock: FakeClock) -> None:
    """Whatever the clock does while they are made."""

    async def replies() -> AsyncGenerator[Reply, None]:
        yield Reply()
        await fake_clock.advance(2)
        yield Reply()
        fake_clock.jump_wall(-60)
        yield Reply()

    stage = FixedStage(Messages(replies(), 1, lambda complete: None))
    responder, _ = a_responder([stage], fake_clock)
    noted: list[Exchange] = []
    told(responder, noted)
    began = fake_clock.time_ns()
    answer = responder.respond(query(), CLIENT, Transport.TCP)
    assert isinstance(answer, Many)
    assert len([octets async for octets in answer.octets()]) == 3
    answer.close()
    assert {each.asked_ns for each in noted} == {began}
    assert [each.answered_ns - began for each in noted] == [0, 2_000_000_000, 0]
    assert [each.continued for each in noted] == [False, True, True]
