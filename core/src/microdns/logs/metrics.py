"""What logging counts."""

from microdns.logs.setup import Logs
from microdns.metrics import MetricSet, Sample


class LogMetrics(MetricSet):
    """Records made, held back, and not written."""

    def __init__(self, logs: Logs) -> None:
        super().__init__()
        self.counter(
            "microdns_log_records_total", "Log records made, written or not.", ["level"]
        ).read_with(lambda: [Sample((level,), count) for level, count in logs.counts.items()])
        self.counter(
            "microdns_log_held_back_total",
            "Log records counted instead of written, since one event came too often.",
        ).read_with(lambda: [Sample((), logs.held_back_total)])
        self.counter(
            "microdns_log_dropped_total", "Log lines that the output stream did not take."
        ).read_with(lambda: [Sample((), logs.dropped_total)])
