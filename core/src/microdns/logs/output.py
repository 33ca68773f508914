"""Lines to a stream, by a thread of its own: a full pipe or a hung disk delays nobody else."""

import contextlib
import os
import select
import threading
from collections import deque
from collections.abc import Callable
from typing import TextIO

from microdns.patience import wait_in_parts

WAITING_BYTES_MAX = 1 << 20
IDLE_SECONDS = 1.0


class LineWriter:
    """Writes lines in order.  Beyond ``WAITING_BYTES_MAX`` waiting, lines are dropped and counted.

    ``lost_line(count)`` makes the line that tells of dropped ones, once there is room again;
    ``idle`` is called about every second.
    """

    def __init__(
        self,
        stream: TextIO,
        lost_line: Callable[[int], str],
        idle: Callable[[], None] = lambda: None,
    ) -> None:
        self.dropped_total = 0
        self._write = _writer(stream)
        self._lost_line = lost_line
        self._idle = idle
        self._lost = 0
        self._lines: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="microdns-log", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        """Queue a line (without its end); from any thread, never waiting for the stream."""
        raw = _encoded(line)
        with self._changed:
            if self._closing or self._waiting_bytes + len(raw) > WAITING_BYTES_MAX:
                self._lost += 1
                self.dropped_total += 1
                return
            if not self._lines:
                self._changed.notify()
            self._lines.append(raw)
            self._waiting_bytes += len(raw)

    def close(self, timeout_seconds: float = 1.0) -> None:
        """Write what waits, and end; give up on a stream that takes nothing."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        wait_in_parts(self._thread.join, timeout_seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._lines and not self._closing:
                    self._changed.wait(IDLE_SECONDS)
                lines, self._lines = self._lines, deque()
                self._waiting_bytes = 0
                closing = self._closing
            if lines:
                self._put(b"".join(lines), len(lines))
            self._tell_lost()
            if closing:
                return
            self._idle()

    def _put(self, raw: bytes, lines: int) -> None:
        try:
            self._write(raw)
        except (OSError, ValueError):  # closed, or nobody reads it any more
            self.dropped_total += lines

    def _tell_lost(self) -> None:
        with self._changed:
            lost, self._lost = self._lost, 0
        if lost:
            self._put(_encoded(self._lost_line(lost)), 1)


def _encoded(line: str) -> bytes:
    return line.encode("utf-8", "backslashreplace") + b"\n"


def _writer(stream: TextIO) -> Callable[[bytes], None]:
    """A function that writes bytes to the stream, all of them, waiting as long as it takes."""
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError, AttributeError):
        return lambda raw: _write_text(stream, raw)
    return lambda raw: _write_all(descriptor, raw)


def _write_text(stream: TextIO, raw: bytes) -> None:
    stream.write(raw.decode())
    stream.flush()


def _write_all(descriptor: int, raw: bytes) -> None:
    """``os.write`` until done; the descriptor may be non-blocking, as terminals sometimes are."""
    left = memoryview(raw)
    while left:
        with contextlib.suppress(BlockingIOError):
            left = left[os.write(descriptor, left) :]
            continue
        ready = select.poll()
        ready.register(descriptor, select.POLLOUT)
        ready.poll(IDLE_SECONDS * 1000)
