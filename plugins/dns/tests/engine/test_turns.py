"""How soon the engine's threads get a processor that others are using."""

import os
import threading
from collections.abc import Callable
from typing import Any, cast

import pytest

pytest.importorskip("microdns_dns.engine.turns", reason="the engine is not built")

from microdns_dns.engine.listener import SLICE_NANOSECONDS, _run
from microdns_dns.engine.turns import shorten_slice, slice_nanoseconds
from microdns_dns.engine.worker import Worker


def in_a_thread(work: Callable[[], Any]) -> Any:
    """What ``work`` returns in a thread of its own, whose scheduling is nobody else's."""
    found = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join()
    return found[0]


def kernel_has_slices() -> bool:
    """Whether it tells what was asked for (6.12 and later)."""
    return bool(in_a_thread(lambda: shorten_slice(200_000) and slice_nanoseconds() == 200_000))


class Serving:
    """Stands for a worker that notes what its thread was given."""

    slice = -1

    def run(self) -> None:
        self.slice = slice_nanoseconds()


def test_a_thread_of_the_engine_asks_for_the_shortest_slice() -> None:
    serving = Serving()
    in_a_thread(lambda: _run(cast("Worker", serving)))
    assert serving.slice == SLICE_NANOSECONDS or not kernel_has_slices()


def test_other_threads_keep_theirs() -> None:
    before = slice_nanoseconds()
    in_a_thread(lambda: shorten_slice(SLICE_NANOSECONDS))
    assert slice_nanoseconds() == before


def test_a_thread_with_a_policy_of_its_own_is_left_alone() -> None:
    def work() -> tuple[bool, int]:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        return shorten_slice(SLICE_NANOSECONDS), os.sched_getscheduler(0)

    assert in_a_thread(work) == (False, os.SCHED_IDLE)


def test_niceness_stays() -> None:
    def work() -> tuple[bool, int]:
        native = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, native, os.getpriority(os.PRIO_PROCESS, native) + 1)
        before = os.getpriority(os.PRIO_PROCESS, native)
        shorten_slice(SLICE_NANOSECONDS)
        return os.getpriority(os.PRIO_PROCESS, native) == before, before

    assert in_a_thread(work)[0]
