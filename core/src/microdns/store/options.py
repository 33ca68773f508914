"""How much the store may take: memory, journal, transactions."""

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True)
class StoreOptions:
    """Limits of one store; the defaults suit a small machine.

    A limit of None on the journal means that nothing is removed for that reason.
    """

    memtable_bytes: int = 4 * MIB
    """Of one collection, before it is written out."""
    memtables_bytes: int = 16 * MIB
    """Of all collections together."""
    block_cache_bytes: int = 8 * MIB
    wal_bytes_max: int = 64 * MIB
    """Write-ahead log kept before collections are written out; bounds the time of a reopen."""
    open_files_max: int = 256
    journal_age_seconds: float | None = 30 * 86_400
    journal_bytes_max: int | None = 256 * MIB
    transaction_bytes_max: int = 256 * MIB
    """Of one transaction's keys, values and events; beyond it is ``TooLarge``."""
    past_entries_max: int = 100_000
    """Journal entries that are looked at to tell what was before them; beyond it is TooLarge."""
    past_rows_max: int = 100_000
    """Values that came to be, changed or went since, that are kept in memory for one such look."""
    transactions_waiting_max: int = 10_000
    """Transactions that wait for their turn; beyond it is ``Unavailable``."""
