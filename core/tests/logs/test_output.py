"""Lines reach the stream in order, and a stream that takes nothing holds up nobody."""

import io
import json
import logging
import os
import re
from typing import TextIO

import pytest

from microdns.config import LoggingConfig
from microdns.logs import Logs
from microdns.logs.output import WAITING_BYTES_MAX, LineWriter

LOG = logging.getLogger("microdns.test.output")


def pipe() -> tuple[int, TextIO]:
    reading, writing = os.pipe()
    return reading, os.fdopen(writing, "w")


def drain(descriptor: int) -> bytes:
    """All that can be read until the other end is closed."""
    found = b""
    while piece := os.read(descriptor, 1 << 16):
        found += piece
    os.close(descriptor)
    return found


def lost(count: int) -> str:
    return f"lost {count}"


def test_lines_come_in_order() -> None:
    stream = io.StringIO()
    writer = LineWriter(stream, lost)
    for number in range(1000):
        writer.write(str(number))
    writer.close()
    assert stream.getvalue().split() == [str(number) for number in range(1000)]


@pytest.mark.parametrize("blocking", [True, False])
def test_a_full_pipe_drops_lines_and_says_so_afterwards(blocking: bool) -> None:
    reading, stream = pipe()
    os.set_blocking(stream.fileno(), blocking)
    writer = LineWriter(stream, lost)
    line = "x" * 9_999
    count = 4 * WAITING_BYTES_MAX // 10_000
    for _ in range(count):  # it comes to an end, though nobody reads
        writer.write(line)
    assert writer.dropped_total > 0
    received, told = b"", 0
    while received.count(line.encode()) + told < count:
        received += os.read(reading, 1 << 16)
        told = sum(int(number) for number in re.findall(rb"lost (\d+)\n", received))
    assert received.count(line.encode()) + writer.dropped_total == count
    assert told == writer.dropped_total
    writer.close()
    stream.close()
    os.close(reading)


def test_a_stream_that_takes_nothing_does_not_keep_the_process_from_ending() -> None:
    reading, stream = pipe()
    writer = LineWriter(stream, lost)
    for _ in range(100):
        writer.write("x" * 10_000)
    writer.close(timeout_seconds=0.1)  # it comes to an end, though nobody reads
    os.read(reading, 1 << 20)
    os.close(reading)
    writer.close()
    stream.close()


def test_a_reader_that_went_away_costs_lines_only() -> None:
    reading, stream = pipe()
    os.close(reading)
    writer = LineWriter(stream, lost)
    writer.write("x")
    writer.close()
    assert writer.dropped_total >= 1
    stream.close()


def test_a_closed_stream_costs_lines_only() -> None:
    stream = io.StringIO()
    writer = LineWriter(stream, lost)
    stream.close()
    writer.write("x")
    writer.close()
    assert writer.dropped_total >= 1


def test_logging_goes_on_while_the_pipe_is_full() -> None:
    reading, stream = pipe()
    logs = Logs(LoggingConfig(repeats_max=0), stream=stream)
    logs.install()
    for number in range(1_000):  # it comes to an end, though nobody reads
        LOG.info("%d %s", number, "x" * 5_000)
    assert logs.ring.read(limit=1)[0].message.startswith("999 ")
    assert logs.dropped_total > 0
    os.close(reading)
    logs.close()
    stream.close()


def test_dropped_lines_are_told_as_a_record() -> None:
    reading, stream = pipe()
    logs = Logs(LoggingConfig(repeats_max=0), stream=stream)
    logs.install()
    for _ in range(1_000):
        LOG.info("x" * 5_000)
    received = b""
    while not re.search(rb"log\.dropped.*\n", received):
        received += os.read(reading, 1 << 16)
    logs.close()
    stream.close()
    os.close(reading)
    told = [json.loads(line) for line in received.splitlines() if b"log.dropped" in line]
    assert told[0]["fields"]["count"] > 0
