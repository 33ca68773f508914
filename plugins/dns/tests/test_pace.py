"""How many queries came lately, by intervals."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdns.operations import Call
from microdns.testing import FakeClock, run_kernel
from microdns_dns.message import Transport
from microdns_dns.metrics import DnsMetrics
from microdns_dns.operations.pace import render
from microdns_dns.pace import INTERVAL_SECONDS, POINTS_MAX, Pace, quantile
from microdns_dns.plugin import DnsPlugin
from microdns_dns.protocol import Rcode, RRType
from microdns_dns.view import Views

pytestmark = pytest.mark.anyio


async def test_tells_rates_rcodes_and_latency_of_each_interval(fake_clock: FakeClock) -> None:
    metrics = DnsMetrics(Views())
    pace = Pace(metrics, fake_clock)
    metrics.count(Transport.UDP, RRType.A, Rcode.NOERROR, 40)
    metrics.count(Transport.TCP, RRType.A, Rcode.NXDOMAIN, 10)
    metrics.dropped_overload.inc(5)
    for _ in range(100):
        metrics.latency[Transport.UDP].observe(0.0004)
    await fake_clock.advance(5)
    pace.look()
    (point,) = pace.points()
    assert (point.queries, point.dropped) == (10, 1)
    assert point.rcodes == {"NOERROR": 8, "NXDOMAIN": 2}
    assert point.latency_p50 is not None
    assert 0.00025 <= point.latency_p50 <= 0.0005
    assert pace.total() == 50
    await fake_clock.advance(5)
    pace.look()
    assert [each.number for each in pace.points(after=1)] == [2]
    assert (pace.points()[-1].queries, pace.points()[-1].latency_p99) == (0, None)
    assert len(pace.points(after=99)) == 2, "numbers of an earlier run are not ours"


async def test_looks_back_over_an_hour_and_no_more(fake_clock: FakeClock) -> None:
    pace = Pace(DnsMetrics(Views()), fake_clock)
    for _ in range(POINTS_MAX + 3):
        await fake_clock.advance(INTERVAL_SECONDS)
        pace.look()
    assert [pace.points()[0].number, pace.points()[-1].number] == [4, POINTS_MAX + 3]


async def test_the_operation_tells_what_came(fake_clock: FakeClock) -> None:
    async with run_kernel([DnsPlugin()], clock=fake_clock) as kernel:
        await fake_clock.settle()
        await fake_clock.advance(INTERVAL_SECONDS)
        stats = await kernel.operations.call("query.stats", {}, Call())
    assert stats.interval_seconds == INTERVAL_SECONDS
    assert [point.queries for point in stats.points] == [0]


def test_is_rendered_for_people() -> None:
    points = [{"queries": 2.0, "rcodes": {"NOERROR": 2.0}, "latency_p99": 0.0012}]
    text = render({"total": 7, "points": points})
    assert text == ("7 queries answered since the start\n2.0/s (NOERROR 2.0), 99 % within 1.2 ms")


@given(
    st.lists(st.integers(0, 1000), min_size=4, max_size=4), st.floats(0.01, 1), st.floats(0.01, 1)
)
def test_quantiles_grow_with_their_share(counts: list[int], one: float, other: float) -> None:
    bounds = (0.001, 0.01, 0.1)
    low, high = (quantile(bounds, counts, share) for share in sorted((one, other)))
    if not sum(counts):
        assert low is None
        assert high is None
    else:
        assert low is not None
        assert high is not None
        assert 0 < low <= high <= bounds[-1]
