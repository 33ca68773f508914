"""What registration counts."""

from collections.abc import Callable

from microdns.metrics import MetricSet, Sample
from microdns_registration.model import Progress

BATCH_BOUNDS = (1, 2, 4, 8, 16, 32, 64, 128)


class RegistrationMetrics(MetricSet):
    """The metrics of this plugin."""

    def __init__(self, progress: Callable[[], Progress], waiting: Callable[[], int]) -> None:
        super().__init__()
        self.gauge(
            "microdns_registration_names", "Leases whose address stands under a name."
        ).read_with(lambda: [Sample((), progress().names)])
        self.gauge(
            "microdns_registration_conflicts",
            "Leases that do not have the name that they should have.",
        ).read_with(lambda: [Sample((), progress().conflicts)])
        self.gauge(
            "microdns_registration_waiting_leases", "Leases that are to be registered next."
        ).read_with(lambda: [Sample((), waiting())])
        self.records = self.counter(
            "microdns_registration_records_total",
            "Records changed, by type and what was done: added, changed, removed.",
            ["type", "change"],
        )
        self.conflicts = self.counter(
            "microdns_registration_conflicts_total", "Conflicts that began.", ["reason"]
        )
        self.batch = self.histogram(
            "microdns_registration_batch_leases",
            "Leases settled in one transaction.",
            bounds=BATCH_BOUNDS,
        ).buckets()
        self.seconds = self.histogram(
            "microdns_registration_settle_seconds",
            "Time that one transaction keeps others waiting, without the disk's.",
        ).buckets()
        self.failures = self.counter(
            "microdns_registration_failures_total", "Transactions that failed."
        ).cell()
        self.repairs = self.counter(
            "microdns_registration_repairs_total",
            "Leases and records that a reconciliation found wrong.",
        ).cell()
