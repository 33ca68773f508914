"""The engine's guard decides as the one in Python: cookies, rates, prefixes, all in one."""

import ipaddress
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("microdns_dns.engine.core", reason="the engine is not built")
pytest.importorskip("microdns_auth", reason="the Python path to compare with is in microdns-auth")

from plugins.dns.tests.engine.generated import random_message, random_records, random_zones
from plugins.dns.tests.engine.pair import Guarding, Pair

from microdns.testing import FakeClock
from microdns_dns import names
from microdns_dns.engine.guard import CompiledGuard
from microdns_dns.message import Transport
from microdns_dns.metrics import DnsMetrics
from microdns_dns.protection.config import CookieConfig, RateLimitConfig
from microdns_dns.protection.cookies import Cookies
from microdns_dns.protection.guard import Guard
from microdns_dns.protection.prefixes import octets_of
from microdns_dns.protection.rates import RateLimiter
from microdns_dns.view import Views

COOKIES = CookieConfig(
    secret="e5e973e5a6b2a43f48e7dc849e37bfcf", previous_secret="dd3bdf9344b678b185a6f5cb60fca715"
)
HOSTS = [
    *(f"192.0.{third}.{host}" for third in (2, 3, 4) for host in (1, 129, 200)),
    *(f"2001:db8:0:{part:x}::1" for part in (0, 1, 0xFF, 0x100, 0xFFFF)),
]


def compiled(limit: RateLimitConfig, cookies: CookieConfig = COOKIES) -> CompiledGuard:
    guard = Guard(FakeClock(), DnsMetrics(Views()), rate_limit=limit, cookies=cookies)
    return CompiledGuard(guard)


@settings(deadline=None)
@given(st.binary(max_size=48), st.sampled_from(HOSTS), st.integers(0, 2**32 - 1))
def test_options_are_worth_the_same(option: bytes, host: str, now: int) -> None:
    cookies, address = Cookies(COOKIES), octets_of(host)
    assert compiled(RateLimitConfig()).judge_cookie(option, address, now) == cookies.judge(
        option, address, now
    )


@settings(deadline=None)
@given(
    st.sampled_from(HOSTS),
    st.integers(0, 2**32 - 1),
    st.integers(-400, 4000),
    st.sampled_from([COOKIES.secret, COOKIES.previous_secret]),
    st.integers(0, 24 * 8),
)
def test_cookies_of_ours_are_worth_the_same(
    host: str, made: int, age: int, secret: str, flipped: int
) -> None:
    address = octets_of(host)
    option = bytearray(Cookies(CookieConfig(secret=secret)).make(b"8 octets", address, made))
    if flipped < 24 * 8:
        option[flipped // 8] ^= 1 << flipped % 8
    now = (made + age) & 0xFFFF_FFFF
    expected = Cookies(COOKIES).judge(bytes(option), address, now)
    assert compiled(RateLimitConfig()).judge_cookie(bytes(option), address, now) == expected


@pytest.mark.parametrize("seed", range(8))
def test_rates_come_out_the_same(seed: int) -> None:
    random = Random(seed)
    limit = RateLimitConfig(
        responses_per_second=random.choice((1, 7, 30_000)),
        nxdomains_per_second=random.choice((0, 3)),
        all_per_second=random.choice((0, 20)),
        window_secs=random.choice((1, 15)),
        slip=random.choice((0, 1, 2, 10)),
        ipv4_prefix=random.choice((24, 32, 25)),
        ipv6_prefix=random.choice((56, 64, 48)),
    )
    python, engine = RateLimiter(limit), compiled(limit)
    now = 65_530  # the seconds that the table keeps wrap around
    for _ in range(20_000):
        if random.random() < 0.01:
            now += random.choice((1, 1, 2, 20, 1000))
        if random.random() < 0.01:
            now -= 1  # a thread whose clock was read a little earlier
        address, kind = octets_of(random.choice(HOSTS)), random.randrange(5)
        assert engine.judge(address, kind, now) == python.judge(address, kind, now)


def test_a_full_table_forgets_who_was_quiet() -> None:
    limit = RateLimitConfig(responses_per_second=1, table_size=1024, ipv4_prefix=32)
    engine = compiled(limit)
    loud = octets_of("192.0.2.1")
    for second in range(200):
        for number in range(20):
            engine.judge(bytes(10) + b"\xff\xff" + bytes((10, 0, second, number)), 0, second)
        sent = [engine.judge(loud, 0, second)[0] for _ in range(5)]
        assert second == 0 or 0 not in sent


@pytest.mark.anyio
@pytest.mark.parametrize("seed", range(6))
async def test_guarded_answers_are_the_same_octets_and_counted_alike(seed: int) -> None:
    random = Random(seed)
    zones = random_zones(random, 3)
    origins = [names.from_text(zone.name) for zone in zones]
    records = [
        change for origin in origins for change in random_records(random, origin, origins, 40)
    ]
    clock = FakeClock()
    guarding = Guarding(clock, _settings(random), rotation=seed % 2 == 1)
    pair = Pair(zones, records, guarding)
    owners = [change.owner for change in records] + origins
    learned: dict[str, bytes] = {}
    for number in range(2_000):
        if random.random() < 0.02:
            await clock.advance(random.choice((0.3, 1, 5, 30)))
        host = random.choice(HOSTS)
        message = random_message(random, owners, origins)
        if host in learned and random.random() < 0.3:
            message = _with_cookie(message, learned[host])
        transport = Transport.TCP if random.random() < 0.2 else Transport.UDP
        expected, got = pair.answers(message, transport, host)
        assert got == expected, f"query {number}: {message.hex()}"
        at = (got or b"").find(b"\0\x0a\0\x18")
        if got and at > 0:
            learned[host] = got[at + 4 : at + 28]
    counts, metrics = pair.engine.counts(), pair.metrics
    assert counts["malformed"] == [cell.value for cell in metrics.malformed.values()]
    assert counts["cookies"] == [cell.value for cell in metrics.cookies]
    assert counts["limited"] == [[cell.value for cell in row] for row in metrics.rate_limited]
    assert counts["denied"] == metrics.dropped_denied.value
    assert counts["not_allowed"] == metrics.not_allowed.value
    assert sum(counts["cookies"]) > 20


def _with_cookie(message: bytes, cookie: bytes) -> bytes:
    """The message with an OPT record that has this option, if it had none."""
    if len(message) < 12 or message[10:12] != b"\0\0":
        return message
    opt = b"\0\0\x29\x04\xd0\0\0\0\0\0\x1c\0\x0a\0\x18" + cookie
    return message[:10] + b"\0\1" + message[12:] + opt


def _settings(random: Random) -> dict[str, object]:
    deny = [ipaddress.ip_network("192.0.4.128/25"), ipaddress.ip_network("2001:db8:0:100::/64")]
    allow = [ipaddress.ip_network("192.0.2.0/23"), ipaddress.ip_network("2001:db8:0:0::/57")]
    return {
        "deny": tuple(deny) if random.random() < 0.5 else (),
        "allow": tuple(allow) if random.random() < 0.5 else (),
        "cookies": CookieConfig(
            secret=COOKIES.secret,
            previous_secret=COOKIES.previous_secret,
            require=random.random() < 0.5,
        ),
        "rate_limit": RateLimitConfig(
            responses_per_second=random.choice((0, 5, 50)),
            nxdomains_per_second=random.choice((None, 2)),
            errors_per_second=random.choice((None, 2)),
            slip=random.choice((0, 1, 2, 3)),
            exempt=(ipaddress.ip_network("192.0.3.0/24"),) if random.random() < 0.5 else (),
            log_only=random.random() < 0.3,
        ),
    }
