"""Zones and records: reading them, and the one way to change them."""

from microdns_dns.repository.bulk import BULK_MIN, BulkDrafts
from microdns_dns.repository.drafts import (
    Add,
    Alter,
    Change,
    DeclaredZone,
    Draft,
    Limits,
    Outcome,
    Remove,
    RemoveMatching,
    ZoneAlter,
    ZoneContent,
)
from microdns_dns.repository.learning import Learning
from microdns_dns.repository.lookup import (
    all_zones,
    find_record,
    find_zone,
    records_of,
    zone_named,
)
from microdns_dns.repository.zones import ZoneRepository

__all__ = [
    "BULK_MIN",
    "Add",
    "Alter",
    "BulkDrafts",
    "Change",
    "DeclaredZone",
    "Draft",
    "Learning",
    "Limits",
    "Outcome",
    "Remove",
    "RemoveMatching",
    "ZoneAlter",
    "ZoneContent",
    "ZoneRepository",
    "all_zones",
    "find_record",
    "find_zone",
    "records_of",
    "zone_named",
]
