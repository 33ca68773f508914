"""What nothing catches is logged, and the hooks are given back."""

import io
import logging
import sys
import threading
from collections.abc import Iterator

import pytest

from microdns.logs import Logs


@pytest.fixture
def logs() -> Iterator[Logs]:
    logs = Logs(stream=io.StringIO())
    logs.install()
    yield logs
    logs.close()


def fail() -> None:
    raise ValueError("in a thread")


def test_an_exception_in_a_thread_is_logged(logs: Logs) -> None:
    thread = threading.Thread(target=fail, name="worker")
    thread.start()
    thread.join()
    (entry,) = logs.ring.read()
    assert entry.event == "process.thread_failed"
    assert entry.error == "ValueError: in a thread"
    assert entry.fields == {"thread": "worker"}


class Finalized:
    def __del__(self) -> None:
        raise ValueError("in a finalizer")


def test_an_exception_in_a_finalizer_is_logged(logs: Logs) -> None:
    Finalized()
    (entry,) = logs.ring.read()
    assert entry.event == "process.unraisable"
    assert "in a finalizer" in entry.traceback


def test_the_hooks_are_given_back() -> None:
    before = (threading.excepthook, sys.unraisablehook, logging.getLogger().level)
    logs = Logs(stream=io.StringIO())
    logs.install()
    assert threading.excepthook != before[0]
    logs.close()
    assert (threading.excepthook, sys.unraisablehook, logging.getLogger().level) == before
