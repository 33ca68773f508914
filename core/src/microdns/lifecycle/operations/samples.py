"""Examples of the kernel's operations, for their documentation.

Outputs are what a server answered, but for what differs from one to the other.
"""

from microdns.operations import Sample

HEALTH_GET = Sample(
    {},
    {
        "zones": 0,
        "subnets": 0,
        "active_leases": 0,
        "names": 0,
        "conflicts": 0,
        "waiting": 0,
        "status": "ok",
        "version": "0.1.0",
    },
)

JOURNAL_FOLLOW = Sample(
    {"type": ["zone.*"], "after": 0},
    {
        "sequence": 3,
        "transaction": 3,
        "time_ns": 1795404507591397615,
        "type": "zone.created",
        "actor": {"name": "api_key", "interface": "rest", "address": "192.0.2.7"},
        "event": {
            "zone": {
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
            },
            "summary": "lan.example.com",
        },
    },
)

JOURNAL_LIST = Sample(
    {"type": ["zone.*"], "limit": 1, "newest": True},
    {
        "items": [
            {
                "sequence": 11,
                "transaction": 11,
                "time_ns": 1795404508205485231,
                "type": "zone.records_changed",
                "actor": {"name": "api_key", "interface": "rest", "address": "192.0.2.7"},
                "event": {
                    "zone_id": "01a20672-aa15-7399-83c6-221d14ad7e05",
                    "zone": "example.com",
                    "serial_before": 1795404512,
                    "serial_after": 1795404513,
                    "changes": [
                        {
                            "before": {
                                "id": "01a20672-aad2-7d0a-858f-55507e50a009",
                                "zone_id": "01a20672-aa15-7399-83c6-221d14ad7e05",
                                "name": "www",
                                "ttl": 300,
                                "data": {"type": "A", "data": "192.0.2.2"},
                                "text": "192.0.2.2",
                                "enabled": True,
                                "source": "api",
                                "origin": "",
                                "comment": "",
                                "health_check": None,
                                "created_at": "2026-11-23T03:28:27Z",
                                "updated_at": "2026-11-23T03:28:28Z",
                            },
                            "after": None,
                        }
                    ],
                    "summary": "example.com: - www 300 A 192.0.2.2",
                },
            }
        ],
        "oldest": 1,
        "newest": 11,
    },
)

KEY_CREATE = Sample(
    {
        "name": "deploy",
        "scopes": ["records:write"],
        "limits": {"zone": ["example.com"]},
        "expires_in_seconds": 86400,
    },
    {
        "name": "deploy",
        "id": "c990c070",
        "scopes": ["records:write"],
        "limits": {"zone": ["example.com"]},
        "created": "2026-11-23T03:28:27Z",
        "expires": "2026-11-24T03:28:27Z",
        "key": "mdk_c990c070_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    },
)

KEY_DELETE = Sample(
    {"name": "deploy"},
    {
        "name": "deploy",
        "id": "c990c070",
        "scopes": ["records:write"],
        "limits": {"zone": ["example.com"]},
        "created": "2026-11-23T03:28:27Z",
        "expires": "2026-11-24T03:28:27Z",
    },
)

KEY_LIST = Sample(
    {},
    [
        {
            "name": "deploy",
            "id": "c990c070",
            "scopes": ["records:write"],
            "limits": {"zone": ["example.com"]},
            "created": "2026-11-23T03:28:27Z",
            "expires": "2026-11-24T03:28:27Z",
        }
    ],
)

LOG_FOLLOW = Sample(
    {"level": "info"},
    {
        "sequence": 812,
        "time_ns": 1795404389534635203,
        "level": "info",
        "event": "kernel.ready",
        "logger": "microdns.kernel",
        "message": "ready after 1591 ms: dns, auth, rest",
        "fields": {"milliseconds": 1591},
    },
)

LOG_LEVEL = Sample({"level": "debug", "logger": "microdns.dns"}, {"microdns.dns": "debug"})

LOG_LIST = Sample(
    {"level": "info", "limit": 1},
    [
        {
            "sequence": 812,
            "time_ns": 1795404389534635203,
            "level": "info",
            "event": "kernel.ready",
            "logger": "microdns.kernel",
            "message": "ready after 1591 ms: dns, auth, rest",
            "fields": {"milliseconds": 1591},
        }
    ],
)

METRIC_LIST = Sample(
    {"name": "microdns_rest_streams"},
    [
        {
            "plugin": "rest",
            "name": "microdns_rest_streams",
            "kind": "gauge",
            "help": "Event streams open.",
            "samples": [{"labels": {}, "value": 0, "sum": None}],
        }
    ],
)

PLUGIN_LIST = Sample(
    {},
    [
        {
            "name": "rest",
            "state": "running",
            "version": "0.1.0",
            "since": "2026-11-23T03:28:25Z",
            "restarts": 0,
            "error": "",
            "facts": {"listen": ["0.0.0.0:8080"], "scheme": "http"},
        },
        {
            "name": "dns",
            "state": "running",
            "version": "0.1.0",
            "since": "2026-11-23T03:28:25Z",
            "restarts": 0,
            "error": "",
            "facts": {
                "zones": 0,
                "listening": [
                    {"address": "0.0.0.0:53", "stages": ["authoritative"]},
                    {"address": "[::]:53", "stages": ["authoritative"]},
                ],
                "engine": "compiled (2 threads an address)",
            },
        },
        {
            "name": "auth",
            "state": "running",
            "version": "0.1.0",
            "since": "2026-11-23T03:28:25Z",
            "restarts": 0,
            "error": "",
            "facts": {"listen": ["0.0.0.0:53", "[::]:53"]},
        },
        {
            "name": "dhcp",
            "state": "running",
            "version": "0.1.0",
            "since": "2026-11-23T03:28:25Z",
            "restarts": 0,
            "error": "",
            "facts": {"subnets": 0, "active_leases": 0},
        },
        {
            "name": "dhcp4",
            "state": "running",
            "version": "0.1.0",
            "since": "2026-11-23T03:28:25Z",
            "restarts": 0,
            "error": "",
            "facts": {"interfaces": ["eth0"], "subnets": 0},
        },
        {
            "name": "registration",
            "state": "running",
            "version": "0.1.0",
            "since": "2026-11-23T03:28:25Z",
            "restarts": 0,
            "error": "",
            "facts": {"names": 0, "conflicts": 0, "waiting": 0},
        },
    ],
)

PLUGIN_START = Sample(
    {"name": "auth"},
    {
        "name": "auth",
        "state": "running",
        "version": "0.1.0",
        "since": "2026-11-23T03:28:30Z",
        "restarts": 0,
        "error": "",
        "facts": {"listen": ["0.0.0.0:53", "[::]:53"]},
    },
)

PLUGIN_STOP = Sample(
    {"name": "auth"},
    {
        "name": "auth",
        "state": "stopped",
        "version": "0.1.0",
        "since": "2026-11-23T03:28:30Z",
        "restarts": 0,
        "error": "",
        "facts": {},
    },
)

STATUS_GET = Sample(
    {},
    {
        "instance": "microdns",
        "mode": "standalone",
        "version": "0.1.0",
        "pid": 4211,
        "ready": True,
        "started": "2026-11-23T03:28:23Z",
        "uptime_seconds": 3,
        "database": "/var/lib/microdns/microdns.db",
        "sequence": 0,
        "store": "open",
        "plugins": [
            {
                "name": "rest",
                "state": "running",
                "version": "0.1.0",
                "since": "2026-11-23T03:28:25Z",
                "restarts": 0,
                "error": "",
                "facts": {"listen": ["0.0.0.0:8080"], "scheme": "http"},
            },
            {
                "name": "dns",
                "state": "running",
                "version": "0.1.0",
                "since": "2026-11-23T03:28:25Z",
                "restarts": 0,
                "error": "",
                "facts": {
                    "zones": 0,
                    "listening": [
                        {"address": "0.0.0.0:53", "stages": ["authoritative"]},
                        {"address": "[::]:53", "stages": ["authoritative"]},
                    ],
                    "engine": "compiled (2 threads an address)",
                },
            },
            {
                "name": "auth",
                "state": "running",
                "version": "0.1.0",
                "since": "2026-11-23T03:28:25Z",
                "restarts": 0,
                "error": "",
                "facts": {"listen": ["0.0.0.0:53", "[::]:53"]},
            },
            {
                "name": "dhcp",
                "state": "running",
                "version": "0.1.0",
                "since": "2026-11-23T03:28:25Z",
                "restarts": 0,
                "error": "",
                "facts": {"subnets": 0, "active_leases": 0},
            },
            {
                "name": "dhcp4",
                "state": "running",
                "version": "0.1.0",
                "since": "2026-11-23T03:28:25Z",
                "restarts": 0,
                "error": "",
                "facts": {"interfaces": ["eth0"], "subnets": 0},
            },
            {
                "name": "registration",
                "state": "running",
                "version": "0.1.0",
                "since": "2026-11-23T03:28:25Z",
                "restarts": 0,
                "error": "",
                "facts": {"names": 0, "conflicts": 0, "waiting": 0},
            },
        ],
    },
)
