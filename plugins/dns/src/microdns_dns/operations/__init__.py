"""What can be done to zones and records, for every interface."""

from microdns_dns.operations.base import DnsOperations
from microdns_dns.operations.cache import CacheOperations
from microdns_dns.operations.explain import ExplainOperations
from microdns_dns.operations.history import HistoryOperations
from microdns_dns.operations.pace import PaceOperations
from microdns_dns.operations.records import RecordOperations
from microdns_dns.operations.top import TopOperations
from microdns_dns.operations.zones import ZoneOperations

__all__ = [
    "CacheOperations",
    "DnsOperations",
    "ExplainOperations",
    "HistoryOperations",
    "PaceOperations",
    "RecordOperations",
    "TopOperations",
    "ZoneOperations",
]
