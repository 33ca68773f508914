"""What the store counts."""

from microdns.metrics import MetricSet

_BATCH_BOUNDS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


class StoreMetrics(MetricSet):
    """Figures of one store."""

    def __init__(self) -> None:
        super().__init__()
        transactions = self.counter(
            "microdns_store_transactions_total", "Transactions by outcome.", ["outcome"]
        )
        self.committed = transactions.cell("committed")
        self.aborted = transactions.cell("aborted")
        self.dry_runs = transactions.cell("dry_run")
        self.faults = self.counter(
            "microdns_store_faults_total", "Times that the disk failed a write or a flush."
        ).cell()
        self.flush_seconds = self.histogram(
            "microdns_store_flush_seconds", "Time to bring the log to disk."
        ).buckets()
        self.flush_transactions = self.histogram(
            "microdns_store_flush_transactions",
            "Transactions that shared one flush.",
            bounds=_BATCH_BOUNDS,
        ).buckets()

    def flushed(self, transactions: int, seconds: float) -> None:
        """Count one flush."""
        self.flush_transactions.observe(transactions)
        self.flush_seconds.observe(seconds)
