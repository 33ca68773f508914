"""From octets to octets: what is dropped, counted, cut, and identified."""

from collections.abc import AsyncGenerator

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import pytest
from plugins.dns.tests.stages import FixedStage, LateStage, SilentStage, a_responder

from microdns.testing import FakeClock
from microdns_dns.message import Query, Reply, Transport
from microdns_dns.plan import Messages
from microdns_dns.protocol import RRType
from microdns_dns.responder import Late, Many
from microdns_dns.rrset import RRset

pytestmark = pytest.mark.anyio

CLIENT = ("192.0.2.99", 4711)


def packet(rdtype: str = "A", **options: object) -> bytes:
    return dns.message.make_query("www.example.com", rdtype, **options).to_wire()  # type: ignore[arg-type] # options are of many types


def test_answers_are_counted_by_transport_type_and_rcode(fake_clock: FakeClock) -> None:
    responder, metrics = a_responder([FixedStage()], fake_clock)
    for sent in (packet(), packet(), packet("TYPE1234")):
        assert isinstance(responder.respond(sent, CLIENT, Transport.UDP), bytes)
    assert isinstance(responder.respond(packet()[:20], CLIENT, Transport.TCP), bytes)
    counted = {
        sample.labels: sample.value
        for metric in metrics
        if metric.name == "microdns_dns_queries_total"
        for sample in metric.samples()
    }
    assert counted == {
        ("udp", "A", "NOERROR"): 2,
        ("udp", "other", "NOERROR"): 1,
        ("tcp", "other", "FORMERR"): 1,
    }
    assert sum(metrics.latency[Transport.UDP].counts) == 3


def test_what_is_no_query_gets_no_answer(fake_clock: FakeClock) -> None:
    responder, metrics = a_responder([FixedStage()], fake_clock)
    response = bytearray(packet())
    response[2] |= 0x80
    assert responder.respond(b"\0" * 11, CLIENT, Transport.UDP) is None
    assert responder.respond(bytes(response), CLIENT, Transport.UDP) is None
    dropped = {str(drop): cell.value for drop, cell in metrics.dropped.items()}
    assert dropped == {"short": 1, "response": 1}


def test_a_large_answer_is_cut_over_udp_and_whole_over_tcp(fake_clock: FakeClock) -> None:
    responder, metrics = a_responder([FixedStage(octets=2000)], fake_clock)
    cut = responder.respond(packet(), CLIENT, Transport.UDP)
    whole = responder.respond(packet(), CLIENT, Transport.TCP)
    assert isinstance(cut, bytes)
    assert isinstance(whole, bytes)
    assert dns.message.from_wire(cut).flags & dns.flags.TC
    assert not dns.message.from_wire(whole).flags & dns.flags.TC
    assert metrics.truncated[Transport.UDP].value == 1
    assert metrics.truncated[Transport.TCP].value == 0


async def test_late_answers_are_encoded_and_timed_when_they_come(fake_clock: FakeClock) -> None:
    late = LateStage()
    responder, metrics = a_responder([late], fake_clock)
    sent = packet()
    response = responder.respond(sent, CLIENT, Transport.UDP)
    assert isinstance(response, Late)
    await fake_clock.advance(0.2)
    late.release(int.from_bytes(sent[:2], "big"))
    octets = await response.octets()
    assert isinstance(octets, bytes)
    assert dns.message.from_wire(octets).answer
    assert metrics.latency[Transport.UDP].sum == pytest.approx(0.2)


def test_a_reply_that_cannot_be_written_is_servfail(fake_clock: FakeClock) -> None:
    broken = Reply()
    broken.answer.append((b"\3www\0", RRset(RRType.MX, 300, (b"\0\1\5cut",))))
    responder, metrics = a_responder([FixedStage(broken)], fake_clock)
    octets = responder.respond(packet(), CLIENT, Transport.UDP)
    assert isinstance(octets, bytes)
    assert dns.message.from_wire(octets).rcode() == dns.rcode.SERVFAIL
    assert metrics.stage_failures.cell("encode").value == 1


def nsid_of(octets: object) -> list[bytes]:
    assert isinstance(octets, bytes)
    message = dns.message.from_wire(octets)
    return [option.to_wire() or b"" for option in message.options]


def test_rfc5001_2_1_nsid_is_given_to_those_who_ask(fake_clock: FakeClock) -> None:
    responder, _ = a_responder([FixedStage()], fake_clock, nsid="ns-1")
    asking = packet(use_edns=0, options=[dns.edns.NSIDOption(b"")])
    assert nsid_of(responder.respond(asking, CLIENT, Transport.UDP)) == [b"ns-1"]
    assert nsid_of(responder.respond(packet(use_edns=0), CLIENT, Transport.UDP)) == []
    assert nsid_of(responder.respond(packet(), CLIENT, Transport.UDP)) == []
    later = packet(use_edns=1, options=[dns.edns.NSIDOption(b"")])
    assert nsid_of(responder.respond(later, CLIENT, Transport.UDP)) == []
    anonymous, _ = a_responder([SilentStage()], fake_clock)
    assert nsid_of(anonymous.respond(asking, CLIENT, Transport.UDP)) == []


def test_the_stage_learns_who_asks_and_how(fake_clock: FakeClock) -> None:
    stage = FixedStage()
    responder, _ = a_responder([stage], fake_clock)
    responder.respond(packet(), CLIENT, Transport.TCP)
    query: Query = stage.asked[0]
    assert (query.client, query.transport) == (CLIENT, Transport.TCP)


@pytest.mark.parametrize("transport", Transport)
async def test_several_messages_after_an_awaited_stage_are_sent_over_tcp(
    transport: Transport, fake_clock: FakeClock
) -> None:
    async def replies() -> AsyncGenerator[Reply, None]:
        yield Reply()
        yield Reply()

    ended: list[bool] = []
    late, several = LateStage(), FixedStage(Messages(replies(), 1, ended.append), order=200)
    responder, _ = a_responder([late, several], fake_clock)
    sent = packet()
    response = responder.respond(sent, CLIENT, transport)
    assert isinstance(response, Late)
    late.pass_on(int.from_bytes(sent[:2], "big"))
    answer = await response.octets()
    if transport is Transport.TCP:
        assert isinstance(answer, Many)
        assert len([octets async for octets in answer.octets()]) == 2
        answer.close()
    else:
        assert isinstance(answer, bytes)
        assert dns.message.from_wire(answer).rcode() == dns.rcode.SERVFAIL
    assert ended == [transport is Transport.TCP]
