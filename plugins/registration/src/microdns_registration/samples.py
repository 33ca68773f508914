"""Examples of operations on registrations, for their documentation.

Outputs are what a server answered, but for what differs from one to the other.
"""

from typing import Any

from microdns.operations import Sample

_REGISTRATION: dict[str, Any] = {
    "ip": "192.0.2.100",
    "name": "printer.lan.example.com",
    "zone": "lan.example.com",
    "reverse_zone": "2.0.192.in-addr.arpa",
    "ttl": 300,
    "dhcid": "0000014840328bf8d3bda99d405b43425e19ddf872cb250d3b96f0095b27f60eb91b66",
    "wanted": "",
    "reason": "",
    "holder": "",
    "since": "",
}

REGISTRATION_CONFLICTS = Sample(
    {"limit": 10},
    {
        "items": [
            {
                **_REGISTRATION,
                "name": "",
                "wanted": "printer.lan.example.com",
                "reason": "the name belongs to another client",
                "holder": "192.0.2.101",
            }
        ],
        "total": 1,
        "offset": 0,
        "limit": 10,
    },
)

REGISTRATION_GET = Sample({"ip": "192.0.2.100"}, _REGISTRATION)

REGISTRATION_LIST = Sample(
    {"name": "printer", "limit": 10},
    {"items": [_REGISTRATION], "total": 1, "offset": 0, "limit": 10},
)

REGISTRATION_RECONCILE = Sample(
    {}, {"leases": 1, "registrations": 1, "records": 6, "repaired": 0, "failed": 0, "changes": []}
)

REGISTRATION_STATUS = Sample(
    {}, {"names": 1, "conflicts": 0, "waiting": 0, "behind": 0, "reconciling": False}
)
