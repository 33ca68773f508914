"""The engine's packet cache beside the one in Python: what one keeps and gives, the other does.

An input is a row of steps: what to do, and the octets of a question and of its answer.  A third
cache, a small one, evicts all the time: what it gives is what the others give, or nothing.
"""

from random import Random
from struct import pack

import dns.message
import dns.rrset

from microdns_dns import names
from microdns_dns.engine.cache import PacketCache as Compiled
from microdns_dns.engine.core import Engine
from microdns_dns.packets.cache import PacketCache, Packets
from microdns_dns.packets.limits import BYTES_MIN

_LARGE = 1 << 24
_NAMES = ("example", "a.example", "b.a.example", "B.A.example", "x" * 63 + ".example", ".")
_TYPES = ("A", "AAAA", "TXT", "MX")
_PUT, _GET, _FLUSH, _FLUSH_BELOW = range(4)
_STEPS_MAX = 40


def _question(source: Random) -> bytes:
    message = dns.message.make_query(
        source.choice(_NAMES),
        source.choice(_TYPES),
        id=source.randrange(65536),
        want_dnssec=source.random() < 0.3,
        use_edns=0 if source.random() < 0.5 else None,
    )
    return message.to_wire()


def _answer(source: Random, asked: bytes) -> bytes:
    query = dns.message.from_wire(asked)
    reply = dns.message.make_response(query, recursion_available=True)
    owner = query.question[0].name
    for section in (reply.answer, reply.authority, reply.additional):
        for _ in range(source.randrange(3)):
            ttl = source.choice((0, 1, 60, 86_400))
            texts = [f'"{"t" * source.randrange(200)}"']
            section.append(dns.rrset.from_text(owner, ttl, "IN", "TXT", *texts))
    return reply.to_wire(max_size=65535)


def _step(kind: int, more: int, question: bytes, answer: bytes) -> bytes:
    head = pack("!BBHH", kind, more, len(question), len(answer))
    return head + question + answer


def _seed(source: Random) -> bytes:
    steps = []
    for _ in range(source.randrange(2, 12)):
        question = _question(source)
        steps.append(_step(_PUT, source.randrange(256), question, _answer(source, question)))
        steps.append(_step(_GET, source.randrange(256), source.choice((question,)), b""))
        if source.random() < 0.2:
            name = names.from_text(source.choice(_NAMES))
            steps.append(_step(source.choice((_FLUSH, _FLUSH_BELOW)), 0, name, b""))
    return b"".join(steps)


SEEDS = [_seed(Random(number)) for number in range(60)]


def one(data: bytes) -> None:
    """All three, step by step."""
    engine = Engine()
    plain, compiled = PacketCache(_LARGE), Compiled(engine.zones, _LARGE)
    small = Compiled(engine.zones, BYTES_MIN)
    now = 1_000
    for _ in range(_STEPS_MAX):
        if len(data) < 6:
            break
        kind, more = data[0] % 4, data[1]
        size, answer_size = int.from_bytes(data[2:4], "big"), int.from_bytes(data[4:6], "big")
        question, answer = data[6 : 6 + size], data[6 + size : 6 + size + answer_size]
        data = data[6 + size + answer_size :]
        now += more & 15
        plan = 1 + (more >> 4 & 1)
        did = [_do(cache, kind, plan, question, answer, now) for cache in (plain, compiled, small)]
        if did[0] != did[1] or len(plain) != len(compiled):
            raise AssertionError(f"step {kind}: {did[1]!r} and not {did[0]!r}")
        if kind == _GET and did[2] is not None and did[2] != did[0]:
            raise AssertionError(f"the small one gives {did[2]!r} and not {did[0]!r}")
        if small.bytes_used > small.bytes_max and len(small) > 1:
            raise AssertionError(f"{small.bytes_used} octets are in use")
    if {compiled.flush(), plain.flush()} and compiled.bytes_used:
        raise AssertionError("octets are in use by nothing")


def _do(cache: Packets, kind: int, plan: int, question: bytes, answer: bytes, now: int) -> object:
    if kind == _PUT:
        return cache.put(plan, question, answer, 0, 3_600, now)
    if kind == _GET:
        return cache.get(plan, question, now)
    if not _is_name(question):
        return None
    return cache.flush(names.fold(question), kind == _FLUSH_BELOW) and None


def _is_name(octets: bytes) -> bool:
    """Whether these are labels up to the root's, and nothing behind."""
    at = 0
    while at < len(octets) and octets[at]:
        if octets[at] > 63:
            return False
        at += 1 + octets[at]
    return at + 1 == len(octets) <= 255
