"""What happens to zones and records, as the journal keeps it."""

import msgspec

from microdns.events import Event
from microdns_dns.model import Record, Zone

CHANGES_PER_ENTRY_MAX = 1_000
"""A larger change is told in several entries of one transaction."""


class ZoneCreated(Event, frozen=True, kw_only=True, tag="zone.created"):
    """A zone exists; its records follow in ``RecordsChanged``."""

    zone: Zone


class ZoneUpdated(Event, frozen=True, kw_only=True, tag="zone.updated"):
    """A zone's own settings changed (SOA, default TTL), not its records."""

    before: Zone
    after: Zone


class ZoneDeleted(Event, frozen=True, kw_only=True, tag="zone.deleted"):
    """A zone is gone; entries before this one, of the same transaction, told its records."""

    zone: Zone


class RecordChange(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One record's change: added (no ``before``), removed (no ``after``) or altered."""

    before: Record | None
    after: Record | None


class RecordsChanged(Event, frozen=True, kw_only=True, tag="zone.records_changed"):
    """Records of one zone changed, and its serial with them.

    ``zone`` is its name.  All entries of one transaction that tell of one zone carry the same
    serials.  When a zone is created or deleted with its records, both serials are its own.
    """

    zone_id: str
    zone: str
    serial_before: int
    serial_after: int
    changes: list[RecordChange]


EVENTS: tuple[type[Event], ...] = (ZoneCreated, ZoneUpdated, ZoneDeleted, RecordsChanged)
