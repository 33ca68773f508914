"""That clients are limited is said, and not for each of them."""

import logging

import pytest

from microdns.testing import FakeClock
from microdns_dns.metrics import DnsMetrics
from microdns_dns.protection.report import EVERY_SECONDS, LimitReport
from microdns_dns.view import Views

pytestmark = pytest.mark.anyio


async def test_at_most_once_a_minute(
    fake_clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    metrics = DnsMetrics(Views())
    report = LimitReport(metrics, fake_clock, logging.getLogger("tests.report"))
    report.tell()
    assert not caplog.records
    for _ in range(3):
        metrics.rate_limited[0][0].inc(2)
        report.tell()
    assert [record.getMessage() for record in caplog.records] == [
        "responses over the rates of dns.rate_limit: 2 dropped, 0 truncated, 0 only logged"
    ]
    await fake_clock.advance(EVERY_SECONDS)
    report.tell()
    assert "4 dropped" in caplog.records[-1].getMessage()
