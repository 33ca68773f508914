"""Rates: what a prefix gets in whatever order and time it asks."""

from hypothesis import given
from hypothesis import strategies as st

from microdns_dns.protection.config import RateLimitConfig
from microdns_dns.protection.prefixes import octets_of
from microdns_dns.protection.rates import Action, RateLimiter, ResponseClass

HOST = octets_of("192.0.2.1")
POSITIVE = ResponseClass.POSITIVE


def actions(limiter: RateLimiter, count: int, now: int, kind: int = POSITIVE) -> list[int]:
    return [limiter.judge(HOST, kind, now)[0] for _ in range(count)]


def test_a_second_brings_what_the_rate_says() -> None:
    limiter = RateLimiter(RateLimitConfig(responses_per_second=5, slip=0, window_secs=1))
    assert actions(limiter, 7, 100) == [0] * 5 + [1] * 2
    assert actions(limiter, 7, 101) == [0] * 3 + [1] * 4
    assert actions(limiter, 7, 200) == [0] * 5 + [1] * 2


def test_every_so_manyth_slips() -> None:
    config = RateLimitConfig(responses_per_second=1, slip=3)
    assert actions(RateLimiter(config), 8, 0) == [0, 1, 1, 2, 1, 1, 2, 1]
    config = RateLimitConfig(responses_per_second=1, slip=1)
    assert actions(RateLimiter(config), 3, 0) == [0, 2, 2]


def test_who_asked_far_too_much_is_limited_for_the_window_and_no_longer() -> None:
    limiter = RateLimiter(RateLimitConfig(responses_per_second=10, slip=0, window_secs=4))
    actions(limiter, 10_000, 0)
    assert actions(limiter, 1, 3) == [1]
    assert actions(limiter, 1, 6) == [0]


def test_neighbours_share_and_others_do_not() -> None:
    limiter = RateLimiter(RateLimitConfig(responses_per_second=1))
    assert limiter.judge(HOST, POSITIVE, 0)[0] == Action.SEND
    assert limiter.judge(octets_of("192.0.2.200"), POSITIVE, 0)[0] == Action.DROP
    assert limiter.judge(octets_of("192.0.3.1"), POSITIVE, 0)[0] == Action.SEND
    assert limiter.judge(octets_of("2001:db8:0:1::"), POSITIVE, 0)[0] == Action.SEND
    assert limiter.judge(octets_of("2001:db8:0:ff::"), POSITIVE, 0)[0] == Action.DROP
    assert limiter.judge(octets_of("2001:db8:0:100::"), POSITIVE, 0)[0] == Action.SEND


def test_kinds_have_rates_of_their_own_beside_that_of_all() -> None:
    config = RateLimitConfig(nxdomains_per_second=1, all_per_second=3)
    limiter = RateLimiter(config)
    assert limiter.judge(HOST, ResponseClass.NXDOMAIN, 0) == (Action.SEND, ResponseClass.ALL)
    assert limiter.judge(HOST, ResponseClass.NXDOMAIN, 0) == (Action.DROP, ResponseClass.NXDOMAIN)
    assert limiter.judge(HOST, POSITIVE, 0) == (Action.SEND, ResponseClass.ALL)
    assert limiter.judge(HOST, POSITIVE, 0) == (Action.DROP, ResponseClass.ALL)


def test_the_table_does_not_grow() -> None:
    limiter = RateLimiter(RateLimitConfig(responses_per_second=1, table_size=1024))
    for number in range(5000):
        limiter.judge(number.to_bytes(16, "big"), POSITIVE, 0)
        limiter.judge(bytes(10) + b"\xff\xff" + number.to_bytes(3, "big") + b"\0", POSITIVE, 0)
    assert len(limiter) == 1024


@given(
    st.integers(1, 50),
    st.integers(1, 15),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 80)), max_size=40),
)
def test_over_any_time_no_more_is_sent_than_was_earned(
    rate: int, window: int, asked: list[tuple[int, int]]
) -> None:
    limiter = RateLimiter(RateLimitConfig(responses_per_second=rate, window_secs=window, slip=0))
    now = sent = 0
    for pause, count in asked:
        now += pause
        sent += actions(limiter, count, now).count(Action.SEND)
    assert sent <= rate * (now + 1)
