"""Waiting longer after each failure, but never for ever."""

import random

from microdns.lifecycle.backoff import Backoff


def test_delays_double_up_to_the_most_and_vary_by_a_fifth() -> None:
    backoff = Backoff(random.Random(1), first_seconds=1.0, most_seconds=8.0)
    delays = [backoff.failed(0) for _ in range(6)]
    for delay, most in zip(delays, (1, 2, 4, 8, 8, 8), strict=True):
        assert most * 0.8 <= delay <= most


def test_long_good_work_starts_the_row_anew() -> None:
    backoff = Backoff(random.Random(1), first_seconds=1.0, calm_seconds=60.0)
    for _ in range(5):
        backoff.failed(0)
    assert backoff.failed(60.0) <= 1.0


def test_many_failures_do_not_overflow() -> None:
    backoff = Backoff(random.Random(1), most_seconds=60.0)
    assert all(backoff.failed(0) <= 60.0 for _ in range(5000))
