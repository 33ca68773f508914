"""The packet cache in the plan: what is kept, what is given, and who is asked first."""

import dns.flags
import dns.message
from plugins.dns.tests.stages import FixedStage, SilentStage, a_responder, an_answer

from microdns.testing import FakeClock
from microdns_dns.message import Query, Reply, Transport
from microdns_dns.metrics import DnsMetrics
from microdns_dns.packets.cache import PacketCache
from microdns_dns.packets.stage import PacketStage, with_packets
from microdns_dns.plan import Outcome
from microdns_dns.protocol import RRType
from microdns_dns.responder import Responder
from microdns_dns.rrset import RRset
from microdns_dns.view import Views

CLIENT = ("192.0.2.99", 4711)


class CachingStage(FixedStage):
    """Lets its answers be kept for a minute."""

    name = "caching"
    caches = True
    octets = 4

    def answer(self, query: Query) -> Outcome:
        self.asked.append(query)
        reply = an_answer(query)
        if self.octets > 4:
            rdatas = tuple(bytes((number,)) * 100 for number in range(self.octets // 100))
            reply.answer = [(query.qname, RRset(65280, 300, rdatas))]
        reply.cache_seconds = 60
        return reply


def responder_of(clock: FakeClock, *stages: FixedStage) -> tuple[Responder, DnsMetrics]:
    metrics = DnsMetrics(Views())
    packets = PacketStage(PacketCache(1 << 20), 1, clock, metrics)
    responder, _ = a_responder(with_packets(stages, packets), clock, metrics=metrics)
    responder.packets = packets
    return responder, metrics


def ask(
    responder: Responder, transport: Transport = Transport.UDP, **options: object
) -> dns.message.Message:
    query = dns.message.make_query("www.example.com", "A", **options)  # type: ignore[arg-type] # options of many types
    octets = responder.respond(query.to_wire(), CLIENT, transport)
    assert isinstance(octets, bytes)
    return dns.message.from_wire(octets)


def test_a_stage_is_asked_once(fake_clock: FakeClock) -> None:
    stage = CachingStage(order=300)
    responder, metrics = responder_of(fake_clock, stage)
    first, second = ask(responder), ask(responder)
    assert first.answer == second.answer
    assert len(stage.asked) == 1
    assert (metrics.cache_hits.value, metrics.cache_misses.value) == (1, 1)
    assert metrics.answered[Transport.UDP, RRType.A, 0] == 2


def test_stages_before_it_are_asked_each_time(fake_clock: FakeClock) -> None:
    first, last = SilentStage(order=0), CachingStage(order=200)
    responder, _ = responder_of(fake_clock, last, first)
    ask(responder)
    ask(responder)
    assert (len(first.asked), len(last.asked)) == (2, 1)


def test_answers_that_say_nothing_of_it_are_not_kept(fake_clock: FakeClock) -> None:
    stage = CachingStage(Reply(3), order=300)
    stage.answer = lambda query: stage.asked.append(query) or Reply(3)  # type: ignore[method-assign, func-returns-value] # a stage that keeps nothing
    responder, _ = responder_of(fake_clock, stage)
    ask(responder)
    ask(responder)
    assert len(stage.asked) == 2


def test_edns_is_made_anew_and_who_can_not_take_it_gets_tc(fake_clock: FakeClock) -> None:
    stage = CachingStage(order=300)
    stage.octets = 900
    responder, _ = responder_of(fake_clock, stage)
    assert len(ask(responder, use_edns=0, payload=1232).answer[0]) == 9
    again = ask(responder, use_edns=0, payload=1232)
    assert len(again.answer[0]) == 9
    assert again.edns == 0
    small = ask(responder, use_edns=0, payload=512)
    assert small.flags & dns.flags.TC
    assert not small.answer
    assert len(ask(responder, Transport.TCP, use_edns=0, payload=512).answer[0]) == 9
    assert len(stage.asked) == 1
