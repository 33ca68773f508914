"""What the store counts."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from microdns.metrics import Kind, Metric, MetricSet, Sample

if TYPE_CHECKING:
    from microdns.store.store import Store

_GROUP_BOUNDS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
_STATES = ("open", "faulted", "closed")


class StoreMetrics(MetricSet):
    """Figures of one store and its journal."""

    def __init__(self) -> None:
        super().__init__()
        transactions = self.counter(
            "microdns_store_transactions_total", "Transactions by outcome.", ["outcome"]
        )
        self.committed = transactions.cell("committed")
        self.aborted = transactions.cell("aborted")
        self.dry_runs = transactions.cell("dry_run")
        self.past_reads = self.counter(
            "microdns_store_past_reads_total", "Reads of a state as of an earlier point."
        ).cell()
        self.written_bytes = self.counter(
            "microdns_store_written_bytes_total", "Keys, values and events written."
        ).cell()
        self.faults = self.counter(
            "microdns_store_faults_total", "Times that the disk failed a write or a flush."
        ).cell()
        self.recoveries = self.counter(
            "microdns_store_recoveries_total", "Times that the store came back from a fault."
        ).cell()
        self.flush_seconds = self.histogram(
            "microdns_store_flush_seconds", "Time to bring the log to disk."
        ).buckets()
        self.flush_transactions = self.histogram(
            "microdns_store_flush_transactions",
            "Transactions that shared one flush.",
            bounds=_GROUP_BOUNDS,
        ).buckets()

    def flushed(self, transactions: int, seconds: float) -> None:
        """Count one flush, and the transactions that it made durable."""
        self.committed.value += transactions
        self.flush_transactions.observe(transactions)
        self.flush_seconds.observe(seconds)

    def watch(self, store: "Store") -> None:
        """Show what is read from the store itself when somebody asks."""
        journal, turns = store.journal, store.turns
        state = self.gauge("microdns_store_state", "1 for the state it is in.", ["state"])
        state.read_with(lambda: [Sample((s,), float(s == store.state)) for s in _STATES])
        self._read(
            "gauge",
            "microdns_store_transactions_waiting",
            "Transactions that wait for their turn.",
            lambda: len(turns),
        )
        self._read(
            "gauge",
            "microdns_store_turn_seconds",
            "For how long the present transaction has had its turn.",
            turns.held_seconds,
        )
        self._read(
            "gauge",
            "microdns_store_memtable_bytes",
            "Memory for recent writes.",
            lambda: store.figure("rocksdb.cur-size-all-mem-tables"),
        )
        self._read(
            "gauge",
            "microdns_store_disk_bytes",
            "Size of the database's sorted files.",
            lambda: store.figure("rocksdb.total-sst-files-size"),
        )
        self._read(
            "counter",
            "microdns_journal_entries_total",
            "Entries ever written.",
            lambda: journal.newest,
        )
        self._read(
            "gauge",
            "microdns_journal_oldest_sequence",
            "Sequence of the oldest entry left.",
            lambda: journal.oldest,
        )
        self._read(
            "gauge",
            "microdns_journal_oldest_timestamp_seconds",
            "Unix time of the oldest entries left.",
            lambda: journal.retention.oldest_ns / 1e9,
        )
        self._read(
            "gauge",
            "microdns_journal_bytes",
            "Size of the entries left, before compression.",
            lambda: journal.retention.bytes,
        )
        self._read("counter", "microdns_journal_undecodable_total",
                   "Entries read that do not fit their event's class.",
                   lambda: journal.undecodable)  # fmt: skip

    def _read(self, kind: Kind, name: str, help: str, value: Callable[[], float]) -> None:
        metric: Metric = (self.gauge if kind == "gauge" else self.counter)(name, help)
        metric.read_with(lambda: [Sample((), value())])
