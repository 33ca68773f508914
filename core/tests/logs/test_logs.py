"""What a process logs: format, limits, levels, readers."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from microdns.config import LoggingConfig, SecretText
from microdns.logs import LogEvents, LogFilter, Logs, declared, event
from microdns.logs.metrics import LogMetrics

EVENTS = LogEvents("logs-test")
FAILED = EVENTS.warn("test.failed", "Something was tried and did not work.")
LOG = logging.getLogger("microdns.test.logs")


class Clock:
    """Time that stands still until told."""

    def __init__(self) -> None:
        self.now = 0.0

    def time_ns(self) -> int:
        return 1_795_000_000_123_456_789 + int(self.now * 1e9)

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@contextmanager
def logging_to(
    config: LoggingConfig, clock: Clock | None = None
) -> Iterator[tuple[Logs, io.StringIO]]:
    stream = io.StringIO()
    logs = Logs(config, stream=stream, clock=clock or Clock())
    logs.install()
    try:
        yield logs, stream
    finally:
        logs.close()


def lines_of(config: LoggingConfig, message: str, *args: object, **more: Any) -> list[str]:
    with logging_to(config) as (_, stream):
        LOG.warning(message, *args, **more)
    return stream.getvalue().splitlines()


JSON = LoggingConfig(format="json")
TEXT = LoggingConfig(format="text")


def test_json_has_one_object_a_line() -> None:
    (line,) = lines_of(JSON, "hello %s", "you", extra=event("test.greeted", name="you", count=3))
    assert json.loads(line) == {
        "time": "2026-11-18T11:06:40.123Z",
        "level": "warn",
        "event": "test.greeted",
        "logger": "microdns.test.logs",
        "message": "hello you",
        "fields": {"name": "you", "count": 3},
    }


def test_text_has_one_line_a_record() -> None:
    (line,) = lines_of(TEXT, "hello", extra=event("test.greeted", name="you", said="a b"))
    assert line == '2026-11-18T11:06:40.123Z WARN  test.greeted hello name=you said="a b"'


@pytest.mark.parametrize("config", [JSON, TEXT], ids=["json", "text"])
def test_no_value_makes_a_line_of_its_own_or_reaches_the_terminal(config: LoggingConfig) -> None:
    nasty = "x\n2026 ERROR forged\r\x1b[31m\u2028\x85\u202e\x00\ud800"
    lines = lines_of(config, nasty, extra=event("test.x", **{nasty: nasty, "more": [nasty]}))
    assert len(lines) == 1
    assert lines[0].isprintable()


def test_an_exception_has_a_summary_and_its_traceback() -> None:
    with logging_to(JSON) as (_, stream):
        try:
            raise ValueError("bad\nthing")
        except ValueError as error:
            FAILED(LOG, "tried %s", "it", error=error, what="it")
    record = json.loads(stream.getvalue())
    assert record["event"] == "test.failed"
    assert record["level"] == "warn"
    assert record["error"] == "ValueError: bad thing"
    assert record["traceback"].startswith("Traceback (most recent call last):\n")


def test_an_exception_group_names_the_errors_within() -> None:
    group = ExceptionGroup("several", [ValueError("one"), OSError("two")])
    (line,) = lines_of(JSON, "oops", exc_info=group)
    assert json.loads(line)["error"].endswith("[ValueError: one; OSError: two]")


def test_secrets_in_fields_are_masked() -> None:
    (line,) = lines_of(JSON, "key", extra=event("test.key", key=SecretText("hunter2")))
    assert "hunter2" not in line


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("no")


def test_a_value_that_can_not_be_shown_loses_nothing_else() -> None:
    record = logging.makeLogRecord(
        {"msg": "%s", "args": (Unprintable(),), "levelno": logging.INFO}
        | event("test.x", value=Unprintable(), n=1)
    )
    with logging_to(JSON) as (logs, stream):
        logs.handle(record)
    assert json.loads(stream.getvalue())["fields"]["n"] == 1


def test_repeated_records_are_counted_and_summed_up() -> None:
    clock = Clock()
    with logging_to(LoggingConfig(repeats_max=2), clock) as (logs, _):
        for _ in range(10):
            FAILED(LOG, "tried")
        clock.now = 61.0
        logs.tick()
        FAILED(LOG, "tried")
        entries = logs.ring.read()
    assert [entry.event for entry in entries] == [
        "test.failed",
        "test.failed",
        "log.repeated",
        "test.failed",
    ]
    assert entries[2].fields["count"] == 8
    assert logs.held_back_total == 8


def test_repeats_are_summed_up_when_logging_ends() -> None:
    with logging_to(LoggingConfig(repeats_max=1)) as (logs, _):
        LOG.info("a")
        for _ in range(3):
            LOG.info("b")
    assert [entry.event for entry in logs.ring.read()][-1] == "log.repeated"


def test_levels_change_while_running() -> None:
    with logging_to(LoggingConfig(levels={"microdns.test.quiet": "error"})) as (logs, _):
        LOG.debug("unseen")
        logging.getLogger("microdns.test.quiet").warning("unseen")
        logs.set_level("debug", "microdns.test")
        LOG.debug("seen")
        assert logs.levels()["microdns.test"] == "debug"
        assert [entry.message for entry in logs.ring.read()] == ["seen"]
    assert logging.getLogger("microdns.test").level == logging.NOTSET


def test_the_ring_keeps_the_last_records_and_filters_them() -> None:
    with logging_to(LoggingConfig(ring_records=3)) as (logs, _):
        for number in range(5):
            FAILED(LOG, "tried %s", number, number=number)
        LOG.info("Other")
        read = logs.ring.read
        assert [entry.message for entry in read()] == ["tried 3", "tried 4", "Other"]
        assert [entry.message for entry in read(LogFilter(level="warn"), limit=1)] == ["tried 4"]
        assert len(read(LogFilter(event="test."))) == 2
        assert len(read(LogFilter(text="OTHER"))) == 1
        assert len(read(LogFilter(logger="microdns.test"))) == 3
        assert read(LogFilter(logger="microdns.te")) == []
        assert read(LogFilter(since="2100-01-01")) == []
        assert len(read(LogFilter(since="1m"))) == 3


def test_records_are_counted() -> None:
    with logging_to(LoggingConfig(repeats_max=1)) as (logs, _):
        for _ in range(3):
            FAILED(LOG, "tried")
        values = {
            (metric.name, *sample.labels): sample.value
            for metric in LogMetrics(logs)
            for sample in metric.samples()
        }
    assert values["microdns_log_records_total", "warn"] == 3
    assert values["microdns_log_held_back_total",] == 2
    assert values["microdns_log_dropped_total",] == 0


def test_declared_events_can_be_listed() -> None:
    assert FAILED in declared()
    with pytest.raises(ValueError, match="twice"):
        EVENTS.info("test.failed", "Again.")
