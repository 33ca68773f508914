"""Log lines that a stranger can cause must not fill the disk."""

import logging

from microdns.clock import Clock


class QuietLog:
    """Lets a few lines through in each interval, and tells how many it kept back."""

    def __init__(
        self, log: logging.Logger, clock: Clock, *, lines: int = 5, interval_seconds: float = 60.0
    ) -> None:
        self._log = log
        self._clock = clock
        self._lines = lines
        self._interval_seconds = interval_seconds
        self._began = clock.monotonic()
        self._count = 0

    def error(self, message: str, event: str, error: BaseException | None = None) -> None:
        """Log an error, unless this interval had enough of them."""
        now = self._clock.monotonic()
        kept_back = 0
        if now - self._began >= self._interval_seconds:
            kept_back = max(0, self._count - self._lines)
            self._began, self._count = now, 0
        self._count += 1
        if kept_back:
            message = f"{message} ({kept_back} more lines of this kind were kept back)"
        if self._count <= self._lines:
            self._log.error(message, exc_info=error, extra={"event": event})
