"""Log lines that strangers cause are few."""

import logging

import pytest

from microdns.testing import FakeClock
from microdns_dns.quiet import QuietLog

pytestmark = pytest.mark.anyio


async def test_an_interval_has_few_lines_and_the_next_one_tells_of_the_others(
    fake_clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    log = QuietLog(logging.getLogger("tests.quiet"), fake_clock, lines=2, interval_seconds=60)
    for _ in range(5):
        log.error("broken", "tests.broken")
    assert [record.message for record in caplog.records] == ["broken", "broken"]
    await fake_clock.advance(60)
    log.error("broken", "tests.broken")
    assert caplog.records[-1].message == "broken (3 more lines of this kind were kept back)"
    await fake_clock.advance(60)
    log.error("broken", "tests.broken")
    assert caplog.records[-1].message == "broken"
