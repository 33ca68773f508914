"""Typed collections and the journal, in one RocksDB."""

from dataclasses import dataclass

from microdns.store.collection import Collection, Index


@dataclass(frozen=True)
class Migration:
    """A numbered, forward-only change to stored data."""

    number: int


class Store:
    """Everything that is kept, and the journal of how it came to be."""


__all__ = ["Collection", "Index", "Migration", "Store"]
