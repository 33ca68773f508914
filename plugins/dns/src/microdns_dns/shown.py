"""Zones and records as JSON values: the reference's shapes, wherever they are shown."""

import time
from typing import Any

import msgspec

from microdns_dns.model import Record, Zone
from microdns_dns.rdata import rdata_to_json, rdata_to_text, type_name


def rfc3339(time_ns: int) -> str:
    """Unix nanoseconds as ``2026-11-22T20:00:00Z``."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time_ns // 1_000_000_000))


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
    return {
        "id": record.id,
        "zone_id": record.zone_id,
        "name": record.name,
        "ttl": record.ttl,
        "data": {
            "type": type_name(record.type),
            "data": rdata_to_json(record.type, record.rdata),
        },
        "text": rdata_to_text(record.type, record.rdata),
        "enabled": record.enabled,
        "source": record.source,
        "origin": record.origin,
        "comment": record.comment,
        "health_check": None if check is None else msgspec.structs.asdict(check),
        "created_at": rfc3339(record.created_ns),
        "updated_at": rfc3339(record.updated_ns),
    }
