"""The guard before the plan: who is dropped, refused, told to come back, and what is counted."""

import ipaddress

import dns.edns
import dns.flags
import dns.message
import dns.rcode
from plugins.dns.tests.stages import FixedStage, a_responder

from microdns.testing import FakeClock
from microdns_dns.message import Drop, Fault, Reply, Transport
from microdns_dns.metrics import DnsMetrics
from microdns_dns.protection.config import CookieConfig, RateLimitConfig
from microdns_dns.protection.guard import Guard
from microdns_dns.responder import Responder
from microdns_dns.view import Views

HERE = ("192.0.2.99", 4711)
ELSEWHERE = ("198.51.100.1", 4711)
NETWORK = ipaddress.ip_network("192.0.2.0/24")


def guarded(
    clock: FakeClock, stage: FixedStage | None = None, **settings: object
) -> tuple[Responder, DnsMetrics]:
    metrics = DnsMetrics(Views())
    guard = Guard(clock, metrics, **settings)  # type: ignore[arg-type] # settings of many types
    return a_responder([stage or FixedStage()], clock, metrics=metrics, guard=guard)


def ask(
    responder: Responder,
    client: tuple[str, int] = HERE,
    transport: Transport = Transport.UDP,
    cookie: bytes | None = None,
) -> dns.message.Message | None:
    code = dns.edns.OptionType.COOKIE
    options: list[dns.edns.Option] = []
    if cookie is not None:
        options.append(dns.edns.GenericOption(code, cookie))
    query = dns.message.make_query("www.example.com", "A", use_edns=bool(options), options=options)
    octets = responder.respond(query.to_wire(), client, transport)
    return dns.message.from_wire(octets) if isinstance(octets, bytes) else None


def cookie_of(response: dns.message.Message | None) -> bytes:
    assert response is not None
    (option,) = response.options
    return option.to_wire() or b""


def test_whom_deny_names_gets_nothing(fake_clock: FakeClock) -> None:
    responder, metrics = guarded(fake_clock, deny=(NETWORK,), allow=(NETWORK,))
    assert ask(responder) is None
    assert metrics.dropped_denied.value == 1
    assert responder.respond(b"short", HERE, Transport.UDP) is None
    assert metrics.dropped[Drop.SHORT].value == 0


def test_whom_allow_does_not_name_is_refused(fake_clock: FakeClock) -> None:
    responder, metrics = guarded(fake_clock, allow=(NETWORK,))
    answered, refused = ask(responder), ask(responder, ELSEWHERE)
    assert answered is not None
    assert answered.rcode() == dns.rcode.NOERROR
    assert refused is not None
    assert refused.rcode() == dns.rcode.REFUSED
    assert metrics.not_allowed.value == 1


def test_a_client_learns_a_cookie_and_is_exempt_from_rates_with_it(fake_clock: FakeClock) -> None:
    responder, metrics = guarded(
        fake_clock,
        cookies=CookieConfig(),
        rate_limit=RateLimitConfig(responses_per_second=1, slip=0),
    )
    given = cookie_of(ask(responder, cookie=b"8 octets"))
    assert ask(responder) is None
    for _ in range(3):
        assert cookie_of(ask(responder, cookie=given)) == given
    assert [cell.value for cell in metrics.cookies] == [1, 3, 0, 0]
    assert [cell.value for cell in metrics.rate_limited[0]] == [1, 0, 0]


def test_badcookie_over_udp_where_one_is_required(fake_clock: FakeClock) -> None:
    responder, _ = guarded(fake_clock, cookies=CookieConfig(require=True))
    told = ask(responder, cookie=b"8 octets")
    assert told is not None
    assert told.rcode() == dns.rcode.BADCOOKIE
    assert not told.answer
    answered = ask(responder, cookie=cookie_of(told))
    assert answered is not None
    assert answered.answer
    over_tcp = ask(responder, transport=Transport.TCP, cookie=b"8 octets")
    without = ask(responder)
    assert over_tcp is not None
    assert over_tcp.answer
    assert without is not None
    assert without.answer


def test_7873_5_2_2_a_cookie_of_another_length_is_malformed(fake_clock: FakeClock) -> None:
    responder, metrics = guarded(fake_clock, cookies=CookieConfig())
    for size in (0, 7, 9, 15, 41):
        response = ask(responder, cookie=bytes(size))
        assert response is not None
        assert response.rcode() == dns.rcode.FORMERR
        assert not response.options
    assert metrics.malformed[Fault.COOKIE].value == 5


def test_without_cookies_the_option_is_none_of_ours(fake_clock: FakeClock) -> None:
    responder, _ = guarded(fake_clock, cookies=CookieConfig(enabled=False))
    response = ask(responder, cookie=b"2")
    assert response is not None
    assert response.answer
    assert not response.options


def test_what_slips_is_empty_and_truncated(fake_clock: FakeClock) -> None:
    limit = RateLimitConfig(responses_per_second=1, slip=1)
    responder, metrics = guarded(fake_clock, rate_limit=limit, cookies=CookieConfig())
    ask(responder)
    response = ask(responder, cookie=b"8 octets")
    assert response is not None
    assert response.flags & dns.flags.TC
    assert not response.answer
    assert len(cookie_of(response)) == 24
    assert ask(responder, transport=Transport.TCP) is not None
    assert [cell.value for cell in metrics.rate_limited[0]] == [0, 1, 0]


def test_an_error_slips_as_it_is(fake_clock: FakeClock) -> None:
    limit = RateLimitConfig(errors_per_second=1, slip=1)
    responder, _ = guarded(fake_clock, FixedStage(Reply(5)), rate_limit=limit)
    for _ in range(3):
        response = ask(responder)
        assert response is not None
        assert response.rcode() == dns.rcode.REFUSED
        assert not response.flags & dns.flags.TC


def test_exempt_networks_and_log_only_send_all(fake_clock: FakeClock) -> None:
    limit = RateLimitConfig(responses_per_second=1, exempt=(NETWORK,))
    responder, metrics = guarded(fake_clock, rate_limit=limit)
    assert all(ask(responder) for _ in range(5))
    assert metrics.limited_total() == (0, 0, 0)
    limit = RateLimitConfig(responses_per_second=1, log_only=True)
    responder, metrics = guarded(fake_clock, rate_limit=limit)
    assert all(ask(responder) for _ in range(5))
    assert metrics.limited_total() == (0, 0, 4)


def ask_without_question(
    responder: Responder, cookie: bytes, transport: Transport = Transport.UDP
) -> dns.message.Message:
    opt = b"\0\0\x29\x04\xd0\0\0\0\0" + (len(cookie) + 4).to_bytes(2, "big")
    option = b"\0\x0a" + len(cookie).to_bytes(2, "big") + cookie
    query = b"\x12\x34\0\0" + b"\0\0\0\0\0\0\0\1" + opt + option
    octets = responder.respond(query, HERE, transport)
    assert isinstance(octets, bytes)
    return dns.message.from_wire(octets)


def test_7873_5_4_a_cookie_alone_may_be_asked_for(fake_clock: FakeClock) -> None:
    responder, metrics = guarded(fake_clock, cookies=CookieConfig())
    told = ask_without_question(responder, b"8 octets")
    given = cookie_of(told)
    assert told.rcode() == dns.rcode.NOERROR
    assert not told.question
    assert len(given) == 24
    assert ask_without_question(responder, given).rcode() == dns.rcode.NOERROR
    for transport in Transport:
        forged = ask_without_question(responder, b"8 octets" + bytes(16), transport)
        assert forged.rcode() == dns.rcode.BADCOOKIE
        assert len(cookie_of(forged)) == 24
    assert metrics.malformed[Fault.QUESTION].value == 0
    assert ask_without_question(responder, b"short").rcode() == dns.rcode.FORMERR


def test_no_question_is_malformed_where_cookies_are_not_used(fake_clock: FakeClock) -> None:
    responder, metrics = guarded(fake_clock, cookies=CookieConfig(enabled=False))
    told = ask_without_question(responder, b"8 octets")
    assert told.rcode() == dns.rcode.FORMERR
    assert metrics.malformed[Fault.QUESTION].value == 1


def test_whom_allow_does_not_name_gets_no_cookie_alone(fake_clock: FakeClock) -> None:
    network = ipaddress.ip_network("203.0.113.0/24")
    responder, _ = guarded(fake_clock, allow=(network,), cookies=CookieConfig())
    assert ask_without_question(responder, b"8 octets").rcode() == dns.rcode.REFUSED
