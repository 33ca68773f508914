"""Readers of new records get them as they come, from any thread, and delay nobody."""

import asyncio
import io
import logging
import threading
from collections.abc import Iterator

import pytest

from microdns.config import LoggingConfig
from microdns.errors import Invalid
from microdns.logs import LogEntry, LogFilter, LogFollower, Logs
from microdns.logs.filter import since_ns
from microdns.logs.ring import FOLLOWER_ENTRIES_MAX

pytestmark = pytest.mark.anyio

LOG = logging.getLogger("microdns.test.follow")


@pytest.fixture
def logs() -> Iterator[Logs]:
    logs = Logs(LoggingConfig(repeats_max=0), stream=io.StringIO())
    logs.install()
    yield logs
    logs.close()


async def take(follower: LogFollower, count: int) -> list[LogEntry]:
    """The next ``count`` entries."""
    found: list[LogEntry] = []
    async with asyncio.timeout(60):
        async for entry in follower:
            found.append(entry)
            if len(found) == count:
                return found
    raise AssertionError("the follower ended")


async def test_new_records_come_after_the_backlog(logs: Logs) -> None:
    for number in range(5):
        LOG.info("old %d", number)
    with logs.ring.follow(backlog=2) as new:
        LOG.info("new")
        entries = await take(new, 3)
    assert [entry.message for entry in entries] == ["old 3", "old 4", "new"]
    assert logs.ring.follower_count == 0


async def test_only_wanted_records_come(logs: Logs) -> None:
    with logs.ring.follow(LogFilter(level="warn")) as new:
        LOG.info("no")
        LOG.warning("yes")
        (entry,) = await take(new, 1)
    assert entry.message == "yes"


async def test_records_of_other_threads_come_too(logs: Logs) -> None:
    with logs.ring.follow() as new:
        thread = threading.Thread(target=LOG.info, args=("from a thread",))
        thread.start()
        (entry,) = await take(new, 1)
        thread.join()
    assert entry.message == "from a thread"


async def test_a_slow_reader_is_told_what_it_missed(logs: Logs) -> None:
    with logs.ring.follow() as new:
        for number in range(FOLLOWER_ENTRIES_MAX + 7):
            LOG.info("%d", number)
        entries = await take(new, FOLLOWER_ENTRIES_MAX + 1)
        assert entries[-1].event == "log.missed"
        assert entries[-1].fields == {"count": 7}
        LOG.info("after")
        (entry,) = await take(new, 1)
    assert entry.message == "after"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10s", 990_000_000_000),
        ("1m5s", 935_000_000_000),
        ("1970-01-01T00:00:01Z", 1_000_000_000),
        ("1970-01-01T00:00:01", 1_000_000_000),
        ("1970-01-01T01:00:01+01:00", 1_000_000_000),
    ],
)
async def test_since_is_an_age_or_a_time(text: str, expected: int) -> None:
    assert since_ns(text, 1_000_000_000_000) == expected


@pytest.mark.parametrize("text", ["yesterday", "5", "x" * 60, "9999-99-99", "", "1e400"])
async def test_any_other_since_is_invalid(text: str) -> None:
    with pytest.raises(Invalid, match="neither an age"):
        since_ns(text, 0)
