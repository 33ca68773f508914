"""Packet caches, the one in Python and the one of the engine: the same answers, and bounds."""

import importlib.util
from collections.abc import Callable
from random import Random

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from microdns_dns import names
from microdns_dns.packets.cache import PacketCache, Packets

Made = Callable[[int], Packets]


def compiled(bytes_max: int) -> Packets:
    from microdns_dns.engine.cache import PacketCache as Compiled
    from microdns_dns.engine.core import Engine

    return Compiled(Engine().zones, bytes_max)


BUILT = importlib.util.find_spec("microdns_dns.engine.cache") is not None
KINDS = {"python": PacketCache, **({"compiled": compiled} if BUILT else {})}


@pytest.fixture(params=KINDS)
def make(request: pytest.FixtureRequest) -> Made:
    made: Made = KINDS[request.param]
    return made


def question(
    name: str = "www.example.com", rdtype: str = "A", id: int = 1, **options: object
) -> bytes:
    return dns.message.make_query(name, rdtype, id=id, **options).to_wire()  # type: ignore[arg-type] # options of many types


def answer(asked: bytes, ttl: int = 60, count: int = 1) -> bytes:
    query = dns.message.from_wire(asked)
    reply = dns.message.make_response(query, recursion_available=True)
    name = query.question[0].name
    addresses = [f"192.0.2.{number}" for number in range(count)]
    reply.answer.append(dns.rrset.from_text(name, ttl, "IN", "A", *addresses))
    reply.authority.append(dns.rrset.from_text("example.com.", ttl * 2, "IN", "NS", "ns.example."))
    return reply.to_wire()


def shown(found: tuple[int, int, bytes] | None) -> dns.message.Message:
    assert found is not None
    return dns.message.from_wire(found[2])


def test_it_comes_back_with_the_askers_id_and_case_and_what_is_left_of_ttls(make: Made) -> None:
    packets = make(1 << 20)
    asked = question()
    assert packets.put(1, asked, answer(asked), 0, 3600, 1000)
    found = packets.get(1, question("WWW.example.COM", id=7), 1025)
    message = shown(found)
    assert message.id == 7
    assert str(message.question[0].name) == "WWW.example.COM."
    assert str(message.answer[0].name) == "WWW.example.COM."
    assert message.answer[0].ttl == 35
    assert message.authority[0].ttl == 95
    assert message.flags & dns.flags.RA


def test_it_lives_as_long_as_its_shortest_ttl_or_shorter(make: Made) -> None:
    packets = make(1 << 20)
    asked = question()
    packets.put(1, asked, answer(asked, 60), 0, 3600, 0)
    assert packets.get(1, asked, 59)
    assert packets.get(1, asked, 60) is None
    packets.put(1, asked, answer(asked, 60), 0, 10, 100)
    assert packets.get(1, asked, 109)
    assert packets.get(1, asked, 110) is None
    assert not packets.put(1, asked, answer(asked, 0), 0, 10, 0)
    assert len(packets) == 1, "the same question has one place"


def test_what_makes_a_difference_is_kept_apart(make: Made) -> None:
    packets = make(1 << 20)
    asked = question()
    packets.put(1, asked, answer(asked), 0, 60, 0)
    no_recursion = bytearray(asked)
    no_recursion[2] &= ~1
    checking_disabled = bytearray(asked)
    checking_disabled[3] |= 0x10
    for other in (
        question(rdtype="AAAA"),
        question("example.com"),
        question(use_edns=0),
        question(want_dnssec=True),
        bytes(no_recursion),
        bytes(checking_disabled),
    ):
        assert packets.get(1, other, 0) is None
    assert packets.get(2, asked, 0) is None
    assert packets.get(1, asked, 0)


def test_opt_is_left_out_and_its_rcode_kept(make: Made) -> None:
    packets = make(1 << 20)
    asked = question(use_edns=0)
    query = dns.message.from_wire(asked)
    reply = dns.message.make_response(query)
    reply.answer.append(dns.rrset.from_text("www.example.com.", 5, "IN", "A", "192.0.2.1"))
    reply.set_rcode(dns.rcode.BADCOOKIE)
    assert packets.put(1, asked, reply.to_wire(), 4, 60, 0)
    found = packets.get(1, asked, 0)
    assert found is not None
    assert found[:2] == (23, 4)
    assert shown(found).edns == -1


@pytest.mark.parametrize("change", ["truncated", "cut", "longer", "mangled"])
def test_what_can_not_be_given_to_others_is_not_kept(make: Made, change: str) -> None:
    packets = make(1 << 20)
    asked = question()
    response = bytearray(answer(asked))
    if change == "truncated":
        response[2] |= 2
    elif change == "cut":
        del response[-1]
    elif change == "longer":
        response += b"\0"
    else:
        asked = asked[:-1]
    assert not packets.put(1, asked, bytes(response), 0, 60, 0)
    assert len(packets) == 0


def test_memory_is_bounded_and_a_scan_pushes_nothing_popular_out(make: Made) -> None:
    packets = make(1 << 16)
    popular = [question(f"popular{number}.example") for number in range(20)]
    for asked in popular:
        packets.put(1, asked, answer(asked), 0, 60, 0)
        assert packets.get(1, asked, 0)
    for number in range(3_000):
        asked = question(f"once{number}.example")
        packets.put(1, asked, answer(asked), 0, 60, 0)
        assert packets.bytes_used <= packets.bytes_max
        if number % 50 == 0:
            assert all(packets.get(1, asked, 0) for asked in popular)
    assert packets.evicted > 2_000
    assert len(packets) > 50


def test_flushing_all_a_name_or_a_tree(make: Made) -> None:
    packets = make(1 << 20)
    for name in ("example.com", "a.example.com", "b.a.example.com", "notexample.com"):
        asked = question(name)
        packets.put(1, asked, answer(asked), 0, 60, 0)
    assert packets.flush(names.from_text("a.example.com")) == 1
    assert packets.flush(names.from_text("example.com"), True) == 2
    assert packets.get(1, question("notexample.com"), 0)
    assert packets.flush() == 1
    assert (len(packets), packets.bytes_used) == (0, 0)


@pytest.mark.skipif(not BUILT, reason="the engine is not built")
@pytest.mark.parametrize("seed", range(4))
def test_both_do_the_same(seed: int) -> None:
    random = Random(seed)
    python, engine = PacketCache(1 << 24), compiled(1 << 24)
    both = (python, engine)
    now = 2**32 - 500 if seed == 0 else 1000
    asked = [
        question(f"{letter}.{zone}.example", rdtype, use_edns=edns)
        for letter in "aBc"
        for zone in ("x", "y")
        for rdtype in ("A", "TXT")
        for edns in (-1, 0)
    ]
    for _ in range(3_000):
        one = random.choice(asked)
        results: set[object]
        match random.randrange(8):
            case 0 | 1:
                response = bytearray(
                    answer(one, random.choice((1, 5, 100)), random.randrange(1, 4))
                )
                if random.random() < 0.2:
                    response[random.randrange(len(response))] ^= 1 << random.randrange(8)
                seconds = random.choice((1, 60))
                results = {
                    packets.put(1, one, bytes(response), 0, seconds, now) for packets in both
                }
            case 2:
                now += random.choice((0, 1, 3))
                results = {len(packets) for packets in both}
            case 3 if random.random() < 0.05:
                name = names.fold(names.from_text("x.example"))
                results = {packets.flush(name, True) for packets in both}
            case _:
                results = {packets.get(1, one, now) for packets in both}
        assert len(results) == 1, results
