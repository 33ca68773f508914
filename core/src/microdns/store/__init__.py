"""Typed collections and the journal, in one RocksDB.

::

    async with store.transaction(actor=principal) as tx:
        tx.put(ZONES, zone)
        tx.emit(ZoneCreated(zone=zone))
"""

from microdns.store.collection import Collection, Index
from microdns.store.errors import CursorTooOld, StoreLocked
from microdns.store.journal import Journal
from microdns.store.migration import Migration
from microdns.store.options import StoreOptions
from microdns.store.reading import Reader
from microdns.store.snapshot import Snapshot
from microdns.store.store import Store
from microdns.store.transaction import Transaction

__all__ = [
    "Collection",
    "CursorTooOld",
    "Index",
    "Journal",
    "Migration",
    "Reader",
    "Snapshot",
    "Store",
    "StoreLocked",
    "StoreOptions",
    "Transaction",
]
