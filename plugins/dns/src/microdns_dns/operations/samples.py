"""Examples of operations on zones and records, for their documentation.

Outputs are what a server answered, but for what differs from one to the other.
"""

from typing import Any

from microdns.operations import Sample

_RECORD: dict[str, Any] = {
    "id": "01a20672-aad2-7d0a-858f-55507e50a009",
    "zone_id": "01a20672-aa15-7399-83c6-221d14ad7e05",
    "name": "www",
    "ttl": 60,
    "data": {"type": "A", "data": "192.0.2.1"},
    "text": "192.0.2.1",
    "enabled": True,
    "source": "api",
    "origin": "",
    "comment": "the web server",
    "health_check": None,
    "created_at": "2026-11-23T03:28:27Z",
    "updated_at": "2026-11-23T03:28:27Z",
}
_RECORD_MOVED: dict[str, Any] = {
    **_RECORD,
    "ttl": 300,
    "data": {"type": "A", "data": "192.0.2.2"},
    "text": "192.0.2.2",
    "comment": "",
    "updated_at": "2026-11-23T03:28:28Z",
}
_ZONE: dict[str, Any] = {
    "id": "01a20672-aa15-7399-83c6-221d14ad7e05",
    "name": "example.com",
    "default_ttl": 300,
    "soa": {
        "mname": "ns1.example.com",
        "rname": "hostmaster.example.com",
        "serial": 1795404507,
        "refresh": 3600,
        "retry": 600,
        "expire": 1209600,
        "minimum": 300,
        "ttl": 3600,
    },
    "source": "api",
    "origin": "",
    "record_count": 0,
    "created_at": "2026-11-23T03:28:27Z",
    "updated_at": "2026-11-23T03:28:27Z",
    "version": 5,
}

CACHE_FLUSH = Sample({"name": "example.net", "below": True}, {"flushed": 0, "left": 0})

CHANGE_UNDO = Sample({"sequence": 11}, {"zone": "example.com", "serial": 1795404514, "changes": 1})

QUERY_EXPLAIN = Sample(
    {"name": "www.example.com", "type": "A", "client": "192.0.2.7"},
    {
        "name": "www.example.com",
        "type": "A",
        "client": "192.0.2.7",
        "transport": "udp",
        "address": "0.0.0.0:53",
        "answered_by": "engine",
        "because": "the compiled engine answers as the plan would",
        "zone": "example.com",
        "rcode": "NOERROR",
        "flags": ["qr", "aa", "rd"],
        "octets": 60,
        "stages": [
            {
                "name": "identity",
                "order": -100,
                "decision": "passes",
                "steps": [
                    {
                        "state": "class",
                        "text": "asked of class IN, and this stage is for CH",
                        "rfc": "RFC 4892 section 3",
                        "zone": "",
                    }
                ],
            },
            {
                "name": "authoritative",
                "order": 100,
                "decision": "answers",
                "steps": [
                    {
                        "state": "zone",
                        "text": "example.com is the nearest zone above www.example.com.",
                        "rfc": "RFC 1034 section 4.3.2 step 2",
                        "zone": "example.com",
                    },
                    {
                        "state": "hit",
                        "text": "www.example.com. has records of type A",
                        "rfc": "RFC 1034 section 4.3.2 step 3a",
                        "zone": "example.com",
                    },
                ],
            },
        ],
        "rrsets": [
            {
                "section": "answer",
                "name": "www.example.com",
                "type": "A",
                "ttl": 300,
                "data": ["192.0.2.2"],
                "zone": "example.com",
                "source": "api",
                "records": [
                    {
                        "id": "01a20672-aad2-7d0a-858f-55507e50a009",
                        "name": "www",
                        "ttl": 300,
                        "text": "192.0.2.2",
                        "answered": True,
                        "enabled": True,
                        "source": "api",
                        "origin": "",
                        "comment": "",
                        "health_check": None,
                        "version": 10,
                    }
                ],
            }
        ],
        "limited": False,
    },
)

QUERY_STATS = Sample(
    {"after": 11},
    {
        "total": 48112,
        "interval_seconds": 5.0,
        "points": [
            {
                "number": 12,
                "time_ms": 1795404389534,
                "queries": 1250.5,
                "rcodes": {"NOERROR": 1200.0, "NXDOMAIN": 50.5},
                "dropped": 0.0,
                "latency_p50": 9e-06,
                "latency_p95": 3.1e-05,
                "latency_p99": 6.1e-05,
            }
        ],
    },
)

QUERY_TOP = Sample(
    {"seconds": 1, "once": True},
    {
        "seconds": 1.001,
        "queries": 1250.5,
        "udp": 1249.5,
        "tcp": 1.0,
        "latency_mean_us": 12.1,
        "latency_p50_us": 9.0,
        "latency_p99_us": 61.0,
        "rcodes": {"NOERROR": 1200.0, "NXDOMAIN": 50.5},
        "types": {"A": 1100.0, "AAAA": 150.5},
        "names": [{"what": "www.example.com", "share": 0.4, "per_second": 500.0}],
        "clients": [{"what": "192.0.2.7", "share": 0.2, "per_second": 250.0}],
        "cache_hit_rate": None,
        "upward": 0.0,
        "dropped": 0.0,
        "limited": 0.0,
        "sampled": 100,
        "live": False,
    },
)

RECORD_CHANGES = Sample(
    {
        "zone_id": "example.com",
        "changes": [
            {
                "op": "create",
                "name": "mail",
                "data": {"type": "MX", "data": {"preference": 10, "exchange": "mx.example.net"}},
            },
            {"op": "update", "id": "01a20672-aad2-7d0a-858f-55507e50a009", "ttl": 300},
        ],
    },
    {
        "zone": "example.com",
        "serial": 1795404512,
        "version": 10,
        "created": [
            {
                "id": "01a20672-abb3-7bee-83c3-1a434ca542b8",
                "zone_id": "01a20672-aa15-7399-83c6-221d14ad7e05",
                "name": "mail",
                "ttl": 600,
                "data": {"type": "MX", "data": {"preference": 10, "exchange": "mx.example.net"}},
                "text": "10 mx.example.net.",
                "enabled": True,
                "source": "api",
                "origin": "",
                "comment": "",
                "health_check": None,
                "created_at": "2026-11-23T03:28:28Z",
                "updated_at": "2026-11-23T03:28:28Z",
                "version": 10,
            }
        ],
        "updated": [{**_RECORD_MOVED, "version": 10}],
        "deleted": [],
    },
)

RECORD_CREATE = Sample(
    {
        "zone_id": "example.com",
        "name": "www",
        "data": {"type": "A", "data": "192.0.2.1"},
        "ttl": 60,
        "comment": "the web server",
    },
    {**_RECORD, "version": 7},
)

RECORD_DELETE = Sample(
    {"zone_id": "example.com", "record_id": "01a20672-aad2-7d0a-858f-55507e50a009"},
    {"items": [{**_RECORD_MOVED, "version": 0}]},
)

RECORD_GET = Sample(
    {"zone_id": "example.com", "record_id": "01a20672-aad2-7d0a-858f-55507e50a009"},
    {**_RECORD, "version": 7},
)

RECORD_HISTORY = Sample(
    {"zone_id": "example.com", "record_id": "01a20672-aad2-7d0a-858f-55507e50a009", "limit": 1},
    {
        "items": [
            {
                "sequence": 9,
                "time": "2026-11-23T03:28:28Z",
                "type": "zone.records_changed",
                "actor": {"name": "api_key", "interface": "rest", "address": "192.0.2.7"},
                "event": {
                    "zone_id": "01a20672-aa15-7399-83c6-221d14ad7e05",
                    "zone": "example.com",
                    "serial_before": 1795404510,
                    "serial_after": 1795404511,
                    "changes": [
                        {"before": {**_RECORD, "ttl": 120}, "after": {**_RECORD_MOVED, "ttl": 120}}
                    ],
                    "summary": "example.com: - www 120 A 192.0.2.1, + www 120 A 192.0.2.2",
                },
            }
        ],
        "complete": False,
    },
)

RECORD_LIST = Sample(
    {"zone_id": "example.com", "type": "A", "limit": 10},
    {"items": [{**_RECORD, "version": 7}], "total": 1, "offset": 0, "limit": 10},
)

RECORD_PATCH = Sample(
    {"zone_id": "example.com", "record_id": "01a20672-aad2-7d0a-858f-55507e50a009", "ttl": 120},
    {**_RECORD, "ttl": 120, "version": 8},
)

RECORD_UPDATE = Sample(
    {
        "zone_id": "example.com",
        "record_id": "01a20672-aad2-7d0a-858f-55507e50a009",
        "name": "www",
        "data": {"type": "A", "data": "192.0.2.2"},
        "ttl": 120,
    },
    {**_RECORD_MOVED, "ttl": 120, "version": 9},
)

ZONE_CREATE = Sample(
    {
        "name": "example.com",
        "default_ttl": 300,
        "soa": {"mname": "ns1.example.com", "rname": "hostmaster@example.com"},
    },
    _ZONE,
)

ZONE_DELETE = Sample(
    {"id": "example.com"},
    {
        **_ZONE,
        "default_ttl": 600,
        "soa": {
            "mname": "ns1.example.com",
            "rname": "hostmaster.example.com",
            "serial": 1795404514,
            "refresh": 3600,
            "retry": 600,
            "expire": 1209600,
            "minimum": 300,
            "ttl": 3600,
        },
        "record_count": 2,
        "updated_at": "2026-11-23T03:28:28Z",
        "version": 12,
    },
)

ZONE_GET = Sample({"id": "example.com"}, _ZONE)

ZONE_HISTORY = Sample(
    {"id": "example.com", "limit": 1},
    {
        "items": [
            {
                "sequence": 11,
                "time": "2026-11-23T03:28:28Z",
                "type": "zone.records_changed",
                "actor": {"name": "api_key", "interface": "rest", "address": "192.0.2.7"},
                "event": {
                    "zone_id": "01a20672-aa15-7399-83c6-221d14ad7e05",
                    "zone": "example.com",
                    "serial_before": 1795404512,
                    "serial_after": 1795404513,
                    "changes": [{"before": _RECORD_MOVED, "after": None}],
                    "summary": "example.com: - www 300 A 192.0.2.2",
                },
            }
        ],
        "complete": False,
    },
)

ZONE_LIST = Sample(
    {"name": "*.com", "limit": 10},
    {
        "items": [
            _ZONE,
            {
                "id": "01a20672-a9c6-75ad-9f9a-355e68a55099",
                "name": "lan.example.com",
                "default_ttl": 300,
                "soa": {
                    "mname": "ns1.lan.example.com",
                    "rname": "hostmaster.lan.example.com",
                    "serial": 1,
                    "refresh": 3600,
                    "retry": 900,
                    "expire": 604800,
                    "minimum": 60,
                    "ttl": 300,
                },
                "source": "import",
                "origin": "",
                "record_count": 2,
                "created_at": "2026-11-23T03:28:27Z",
                "updated_at": "2026-11-23T03:28:27Z",
                "version": 3,
            },
        ],
        "total": 2,
        "offset": 0,
        "limit": 10,
    },
)

ZONE_UPDATE = Sample(
    {"id": "example.com", "default_ttl": 600},
    {
        **_ZONE,
        "default_ttl": 600,
        "soa": {
            "mname": "ns1.example.com",
            "rname": "hostmaster.example.com",
            "serial": 1795404508,
            "refresh": 3600,
            "retry": 600,
            "expire": 1209600,
            "minimum": 300,
            "ttl": 3600,
        },
        "version": 6,
    },
)
