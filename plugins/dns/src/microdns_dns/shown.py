"""Zones and records as JSON values: the reference's shapes, wherever they are shown."""

import time
from functools import lru_cache
from typing import Any, Final

import msgspec

from microdns_dns.model import Record, Zone
from microdns_dns.rdata import rdata_to_json, rdata_to_text, type_name

_FORMS_OCTETS: Final = 256
"""Longer rdata are rare, and not worth the memory of keeping their forms."""


def rfc3339(time_ns: int) -> str:
    """Unix nanoseconds as ``2026-11-22T20:00:00Z``."""
    return _second(time_ns // 1_000_000_000)


@lru_cache(1_024)
def _second(time_s: int) -> str:
    """Records made together bear the same time."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time_s))


def rdata_forms(type: int, rdata: bytes) -> tuple[Any, str]:
    """An rdata's JSON and its text; not to be changed, since they are kept for the next time."""
    if len(rdata) > _FORMS_OCTETS:
        return _forms.__wrapped__(type, rdata)
    return _forms(type, rdata)


@lru_cache(8_192)
def _forms(type: int, rdata: bytes) -> tuple[Any, str]:
    return rdata_to_json(type, rdata), rdata_to_text(type, rdata)


def zone_values(zone: Zone) -> dict[str, Any]:
    """A zone."""
    return {
        "id": zone.id,
        "name": zone.name,
        "default_ttl": zone.default_ttl,
        "soa": msgspec.structs.asdict(zone.soa),
        "source": zone.source,
        "origin": zone.origin,
        "record_count": zone.record_count,
        "created_at": rfc3339(zone.created_ns),
        "updated_at": rfc3339(zone.updated_ns),
    }


def record_values(record: Record) -> dict[str, Any]:
    """A record; ``text`` is its data as a zone file writes them."""
    check = record.health_check
    data, text = rdata_forms(record.type, record.rdata)
    return {
        "id": record.id,
        "zone_id": record.zone_id,
        "name": record.name,
        "ttl": record.ttl,
        "data": {
            "type": type_name(record.type),
            "data": data,
        },
        "text": text,
        "enabled": record.enabled,
        "source": record.source,
        "origin": record.origin,
        "comment": record.comment,
        "health_check": None if check is None else msgspec.structs.asdict(check),
        "created_at": rfc3339(record.created_ns),
        "updated_at": rfc3339(record.updated_ns),
    }
