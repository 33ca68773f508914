"""Typed collections and the journal, in one RocksDB.

::

    async with store.transaction(actor=principal) as tx:
        tx.put(ZONES, zone)
        tx.emit(ZoneCreated(zone=zone))
"""

from microdns.store.backup import Backup, restore_store
from microdns.store.bulk import Bulk
from microdns.store.collecting import collecting_entries
from microdns.store.collection import Collection, Index
from microdns.store.errors import CursorTooOld, StoreLocked
from microdns.store.journal import Journal
from microdns.store.migration import Migrating, Migration
from microdns.store.options import StoreOptions
from microdns.store.past import Past
from microdns.store.reading import Reader
from microdns.store.snapshot import Snapshot
from microdns.store.store import Store
from microdns.store.sweep import Sweep
from microdns.store.transaction import Change, Transaction
from microdns.store.transfer import Summary, import_store

__all__ = [
    "Backup",
    "Bulk",
    "Change",
    "Collection",
    "CursorTooOld",
    "Index",
    "Journal",
    "Migrating",
    "Migration",
    "Past",
    "Reader",
    "Snapshot",
    "Store",
    "StoreLocked",
    "StoreOptions",
    "Summary",
    "Sweep",
    "Transaction",
    "collecting_entries",
    "import_store",
    "restore_store",
]
