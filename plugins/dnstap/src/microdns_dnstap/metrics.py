"""What dnstap output counts."""

from collections.abc import Callable

from microdns.metrics import MetricSet, Sample

REASONS = ("full", "lost")
"""Why a message was dropped: no room while the reader was slow or away; the connection ended while
it was being written."""


class DnstapMetrics(MetricSet):
    """The metrics of this plugin."""

    def __init__(self, unbuffered: Callable[[], int]) -> None:
        """``unbuffered`` tells how many messages found no room so far."""
        super().__init__()
        self.frames = self.counter(
            "microdns_dnstap_frames_total", "Messages written to the reader."
        ).cell()
        self.octets = self.counter(
            "microdns_dnstap_written_bytes_total", "Octets of them, with their lengths."
        ).cell()
        self._lost = 0
        self.counter(
            "microdns_dnstap_dropped_total",
            "Messages that the reader did not get: there was no room (full), or the connection "
            "ended while they were written (lost).",
            ["reason"],
        ).read_with(lambda: [Sample(("full",), unbuffered()), Sample(("lost",), self._lost)])
        self.connected = self.gauge(
            "microdns_dnstap_connected", "Whether a reader is connected (1) or not (0)."
        ).cell()
        self.connections = self.counter(
            "microdns_dnstap_connections_total", "Times that a reader was connected."
        ).cell()

    @property
    def lost(self) -> int:
        """Messages whose connection ended while they were written."""
        return self._lost

    def lose(self, frames: int) -> None:
        """Count messages that may not have arrived."""
        self._lost += frames
