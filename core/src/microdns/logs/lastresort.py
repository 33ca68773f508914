"""Exceptions that nothing catches become log records, not raw tracebacks between them."""

import logging
import sys
import threading
from collections.abc import Callable
from typing import Any

from microdns.logs import own


class LastResort:
    """Takes the interpreter's hooks for threads and finalizers, and gives them back."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._former: tuple[Callable[[Any], Any], Callable[[Any], Any]] | None = None

    def install(self) -> None:
        """Take the hooks."""
        self._former = (threading.excepthook, sys.unraisablehook)
        threading.excepthook = self._thread_failed
        sys.unraisablehook = self._unraisable

    def remove(self) -> None:
        """Give the hooks back."""
        if self._former is not None:
            threading.excepthook, sys.unraisablehook = self._former
            self._former = None

    def _thread_failed(self, failed: threading.ExceptHookArgs) -> None:
        if failed.exc_type is SystemExit:
            return
        name = failed.thread.name if failed.thread is not None else "unknown"
        own.THREAD_FAILED(self._log, "thread %s failed", name, error=failed.exc_value, thread=name)

    def _unraisable(self, raised: "sys.UnraisableHookArgs") -> None:
        # Not the object itself: a reference from the ring would keep what is being finalized.
        where = type(raised.object).__qualname__
        own.UNRAISABLE(
            self._log,
            "%s in %s",
            raised.err_msg or "exception ignored",
            where,
            error=raised.exc_value,
            where=where,
        )
