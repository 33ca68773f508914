"""Examples of the kernel's operations, for their documentation.

Outputs are what a server answered, but for what differs from one to the other.
"""

from typing import Any

from microdns.operations import Sample

_ACTOR = {"name": "api_key", "interface": "rest", "address": "192.0.2.7"}
_KEY: dict[str, Any] = {
    "name": "deploy",
    "id": "c990c070",
    "scopes": ["records:write"],
    "limits": {"zone": ["example.com"]},
    "created": "2026-11-23T03:28:27Z",
    "expires": "2026-11-24T03:28:27Z",
}
_LOGGED: dict[str, Any] = {
    "sequence": 812,
    "time_ns": 1795404389534635203,
    "level": "info",
    "event": "kernel.ready",
    "logger": "microdns.kernel",
    "message": "ready after 1591 ms: dns, auth, rest",
    "fields": {"milliseconds": 1591},
}
_AUTH: dict[str, Any] = {
    "name": "auth",
    "state": "running",
    "version": "0.1.0",
    "since": "2026-11-23T03:28:30Z",
    "restarts": 0,
    "error": "",
    "facts": {"listen": ["0.0.0.0:53", "[::]:53"]},
}
_PLUGINS: list[dict[str, Any]] = [
    {
        **_AUTH,
        "name": "rest",
        "since": "2026-11-23T03:28:25Z",
        "facts": {"listen": ["0.0.0.0:8080"], "scheme": "http"},
    },
    {
        **_AUTH,
        "name": "dns",
        "since": "2026-11-23T03:28:25Z",
        "facts": {
            "zones": 0,
            "listening": [
                {"address": "0.0.0.0:53", "stages": ["authoritative"]},
                {"address": "[::]:53", "stages": ["authoritative"]},
            ],
            "engine": "compiled (2 threads an address)",
        },
    },
    {**_AUTH, "since": "2026-11-23T03:28:25Z"},
    {
        **_AUTH,
        "name": "dhcp",
        "since": "2026-11-23T03:28:25Z",
        "facts": {"subnets": 0, "active_leases": 0},
    },
    {
        **_AUTH,
        "name": "dhcp4",
        "since": "2026-11-23T03:28:25Z",
        "facts": {"interfaces": ["eth0"], "subnets": 0},
    },
    {
        **_AUTH,
        "name": "registration",
        "since": "2026-11-23T03:28:25Z",
        "facts": {"names": 0, "conflicts": 0, "waiting": 0},
    },
]

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
    {"type": ["key.*"], "after": 0},
    {
        "sequence": 3,
        "transaction": 3,
        "time_ns": 1795404507591397615,
        "type": "key.created",
        "actor": _ACTOR,
        "event": {
            "name": "deploy",
            "scopes": ["records:write"],
            "limits": {"zone": ["example.com"]},
            "expires_ns": 1795490907591397615,
            "summary": "deploy: records:write",
        },
    },
)

JOURNAL_LIST = Sample(
    {"type": ["key.*"], "limit": 1, "newest": True},
    {
        "items": [
            {
                "sequence": 4,
                "transaction": 4,
                "time_ns": 1795404508205485231,
                "type": "key.deleted",
                "actor": _ACTOR,
                "event": {"name": "deploy", "summary": "deploy"},
            }
        ],
        "oldest": 1,
        "newest": 4,
    },
)

KEY_CREATE = Sample(
    {
        "name": "deploy",
        "scopes": ["records:write"],
        "limits": {"zone": ["example.com"]},
        "expires_in_seconds": 86400,
    },
    {**_KEY, "key": "mdk_c990c070_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"},
)

KEY_DELETE = Sample({"name": "deploy"}, _KEY)

KEY_LIST = Sample({}, [_KEY])

LOG_FOLLOW = Sample({"level": "info"}, _LOGGED)

LOG_LEVEL = Sample({"level": "debug", "logger": "microdns.dns"}, {"microdns.dns": "debug"})

LOG_LIST = Sample({"level": "info", "limit": 1}, [_LOGGED])

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

PLUGIN_LIST = Sample({}, _PLUGINS)

PLUGIN_START = Sample({"name": "auth"}, _AUTH)

PLUGIN_STOP = Sample({"name": "auth"}, {**_AUTH, "state": "stopped", "facts": {}})

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
        "plugins": _PLUGINS,
    },
)
