"""Examples of operations on leases and what they are given from, for their documentation.

Outputs are what a server answered, but for what differs from one to the other.
"""

from typing import Any

from microdns.operations import Sample

_CLASS: dict[str, Any] = {
    "lease_time_secs": 7200,
    "name": "phones",
    "family": 4,
    "match": 'vendor_class startswith "VoIP"',
    "created_ns": 1795404510414595789,
    "updated_ns": 1795404510414595789,
}
_OPTIONS: dict[str, Any] = {
    "dns": ["192.0.2.53"],
    "domain": "example.com",
    "family": 4,
    "updated_ns": 1795404510585155953,
}
_LEASE: dict[str, Any] = {
    "ip": "192.0.2.100",
    "mac": "02:00:5e:10:00:01",
    "hostname": "printer",
    "state": "active",
    "expires": "2026-11-23T04:28:30Z",
    "subnet": "192.0.2.0/24",
    "fqdn": "",
    "client": "000102005e100001",
    "started": "2026-11-23T03:28:30Z",
    "renewed": "2026-11-23T03:28:30Z",
    "duration_secs": 3600,
    "interface": "",
    "relay": "",
    "circuit_id": "",
    "remote_id": "",
    "vendor_class": "",
    "reservation": "",
    "pool": "",
    "source": "api",
    "duid": "",
    "iaid": 0,
    "preferred_secs": 0,
    "peer": "",
}
_POOL: dict[str, Any] = {
    "gateway": "192.0.2.1",
    "dns": ["192.0.2.53"],
    "domain": "example.com",
    "id": "9cbb6d58-7df3-4dd0-8daf-e904ad8a53f7",
    "family": 4,
    "subnet": "192.0.2.0/24",
    "range_start": "192.0.2.100",
    "range_end": "192.0.2.199",
    "created_ns": 1795404509501495082,
    "updated_ns": 1795404509501495082,
}
_POOL_FILLED: dict[str, Any] = {"pool": _POOL, "size": 100, "free": 100, "used_percent": 0.0}
_RESERVATION: dict[str, Any] = {
    "id": "0893d2ba-704c-484b-b13f-5df9b3980ca6",
    "family": 4,
    "ip": "192.0.2.50",
    "mac": "02:00:5e:10:00:02",
    "hostname": "camera",
    "created_ns": 1795404510204244610,
    "updated_ns": 1795404510204244610,
}

CLIENT_CLASS_CREATE = Sample(
    {"name": "phones", "match": 'vendor_class startswith "VoIP"', "lease_time_secs": 7200}, _CLASS
)

CLIENT_CLASS_DELETE = Sample({"name": "phones", "family": 4}, {})

CLIENT_CLASS_LIST = Sample({"family": 4}, {"items": [_CLASS]})

CLIENT_CLASS_UPDATE = Sample(
    {"name": "phones", "match": 'vendor_class startswith "VoIP"', "lease_time_secs": 3600},
    {**_CLASS, "lease_time_secs": 3600, "updated_ns": 1795404510492197242},
)

DHCP_OPTIONS_GET = Sample({"family": 4}, _OPTIONS)

DHCP_OPTIONS_SET = Sample({"dns": ["192.0.2.53"], "domain": "example.com", "family": 4}, _OPTIONS)

LEASE_ADD = Sample(
    {"ip": "192.0.2.100", "mac": "02:00:5e:10:00:01", "hostname": "printer", "duration_secs": 3600},
    _LEASE,
)

LEASE_DELETE = Sample({"ip": "192.0.2.100"}, {})

LEASE_EXPIRE = Sample(
    {"ip": "192.0.2.101"},
    {
        **_LEASE,
        "ip": "192.0.2.101",
        "mac": "02:00:5e:10:00:03",
        "hostname": "",
        "state": "expired",
        "expires": "2026-11-23T03:28:30Z",
        "client": "000102005e100003",
    },
)

LEASE_GET = Sample({"ip": "192.0.2.100"}, _LEASE)

LEASE_HISTORY = Sample(
    {"ip": "192.0.2.100", "limit": 10},
    {
        "items": [
            {
                "sequence": 19,
                "time": "2026-11-23T03:28:30Z",
                "type": "lease.granted",
                "actor": {"name": "api_key", "interface": "rest", "address": "192.0.2.7"},
                "lease": _LEASE,
            }
        ],
        "complete": True,
    },
)

LEASE_JOURNAL = Sample(
    {"ip": "192.0.2.100", "limit": 10},
    {
        "items": [
            {
                "sequence": 19,
                "time_ns": 1795404509660347197,
                "event": "lease.granted",
                "actor": "api_key",
                "lease": _LEASE,
            }
        ],
        "next": 0,
        "oldest": 1,
    },
)

LEASE_LIST = Sample(
    {"state": "active", "limit": 10}, {"items": [_LEASE], "total": 1, "offset": 0, "limit": 10}
)

LEASE_RELEASE = Sample(
    {"ip": "192.0.2.100"}, {**_LEASE, "state": "released", "expires": "2026-11-23T03:28:30Z"}
)

POOL_CREATE = Sample(
    {
        "subnet": "192.0.2.0/24",
        "range_start": "192.0.2.100",
        "range_end": "192.0.2.199",
        "gateway": "192.0.2.1",
        "dns": ["192.0.2.53"],
        "domain": "example.com",
    },
    _POOL,
)

POOL_DELETE = Sample({"id": "9cbb6d58-7df3-4dd0-8daf-e904ad8a53f7"}, {})

POOL_GET = Sample({"id": "9cbb6d58-7df3-4dd0-8daf-e904ad8a53f7"}, _POOL_FILLED)

POOL_LIST = Sample(
    {"family": 4, "limit": 10}, {"items": [_POOL_FILLED], "total": 1, "offset": 0, "limit": 10}
)

POOL_UPDATE = Sample(
    {
        "id": "9cbb6d58-7df3-4dd0-8daf-e904ad8a53f7",
        "subnet": "192.0.2.0/24",
        "range_start": "192.0.2.100",
        "range_end": "192.0.2.199",
        "gateway": "192.0.2.1",
        "dns": ["192.0.2.53"],
        "domain": "example.com",
        "lease_time_secs": 3600,
    },
    {
        "gateway": "192.0.2.1",
        "dns": ["192.0.2.53"],
        "domain": "example.com",
        "lease_time_secs": 3600,
        "id": "9cbb6d58-7df3-4dd0-8daf-e904ad8a53f7",
        "family": 4,
        "subnet": "192.0.2.0/24",
        "range_start": "192.0.2.100",
        "range_end": "192.0.2.199",
        "created_ns": 1795404509501495082,
        "updated_ns": 1795404509626165672,
    },
)

RESERVATION_CREATE = Sample(
    {"ip": "192.0.2.50", "mac": "02:00:5e:10:00:02", "hostname": "camera"}, _RESERVATION
)

RESERVATION_DELETE = Sample({"id": "0893d2ba-704c-484b-b13f-5df9b3980ca6"}, {})

RESERVATION_GET = Sample({"id": "0893d2ba-704c-484b-b13f-5df9b3980ca6"}, _RESERVATION)

RESERVATION_LIST = Sample(
    {"family": 4, "text": "camera", "limit": 10},
    {"items": [_RESERVATION], "total": 1, "offset": 0, "limit": 10},
)

RESERVATION_UPDATE = Sample(
    {
        "id": "0893d2ba-704c-484b-b13f-5df9b3980ca6",
        "ip": "192.0.2.51",
        "mac": "02:00:5e:10:00:02",
        "hostname": "camera",
    },
    {**_RESERVATION, "ip": "192.0.2.51", "updated_ns": 1795404510329029332},
)
