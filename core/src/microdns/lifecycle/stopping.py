"""The signals that ask the process to stop, heard even while a plugin blocks the event loop.

A thread of its own waits for them (sigwait(3)), so neither a busy loop nor a blocking call keeps
them from being heard; it gives the kernel its time, and then ends the process.
"""

import asyncio
import logging
import os
import signal
import threading
import time
from types import TracebackType

from microdns.lifecycle import logevents
from microdns.patience import wait_in_parts

log = logging.getLogger("microdns.kernel")

SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT})
HANGUP = frozenset({signal.SIGHUP})
"""Stops a process whose terminal has gone.  To others it is sent by who expects that the config is
read again: that is answered in the log, and nothing is torn down."""
GRACE_SECONDS = 10.0
"""From the signal to the hard end; the kernel's own deadline is shorter."""

REPEAT_SECONDS = 0.5
"""Signals this close to the first are the same request: ``timeout`` sends each twice, and a
supervisor's often arrives beside the terminal's."""

LOG_SECONDS = 0.2
"""For the last record to be written by the log's own thread."""


class StopSignals:
    """``with StopSignals() as stop: ... await stop.wait()``; made in the main thread, early.

    Threads started inside the block inherit the mask, so that only this one hears the signals.
    """

    def __init__(self, grace_seconds: float = GRACE_SECONDS) -> None:
        self._grace_seconds = grace_seconds
        self._received: asyncio.Queue[str] = asyncio.Queue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._early: str | None = None
        self._first = 0.0
        self._over = threading.Event()

    def __enter__(self) -> "StopSignals":
        ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN  # as by nohup(1)
        self._heard = SIGNALS if ignored else SIGNALS | HANGUP
        self._mask = signal.pthread_sigmask(signal.SIG_BLOCK, self._heard)
        threading.Thread(target=self._listen, name="stop-signals", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()

    async def wait(self) -> str:
        """The name of the signal that asked to stop."""
        self._loop = asyncio.get_running_loop()
        if self._early is not None:
            return self._early
        return await self._received.get()

    def _listen(self) -> None:
        name = self._request().name
        self._first = time.monotonic()
        self._early = name
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._received.put_nowait, name)
        threading.Thread(target=self._end_on_second, name="stop-at-once", daemon=True).start()
        if not self._over.wait(self._grace_seconds):
            logevents.BLOCKED(log, "a plugin blocks the process: leaving without it")
            wait_in_parts(self._over.wait, LOG_SECONDS)
            _leave(1)

    def _request(self) -> signal.Signals:
        """The first signal that asks to stop."""
        while True:
            received = signal.Signals(signal.sigwait(self._heard))
            if received in SIGNALS or os.isatty(2):
                return received
            logevents.HANGUP(log, "SIGHUP: the config is read at a start only; restart to apply it")

    def _end_on_second(self) -> None:
        """Whoever asks twice does not want to wait."""
        while True:
            signal.sigwait(SIGNALS)
            if time.monotonic() - self._first >= REPEAT_SECONDS:
                _leave(130)


def _leave(code: int) -> None:
    """End the process now.  What was acknowledged is on disk, so nothing is lost by that."""
    os._exit(code)
