"""Examples of operations on advertisements, for their documentation.

Outputs are what a server answered, but for what differs from one to the other.
"""

from typing import Any

from microdns.operations import Sample

_ADVERTISEMENT: dict[str, Any] = {
    "interface": "eth0",
    "source": "file",
    "router_lifetime_secs": 1800,
    "managed": False,
    "other": True,
    "prefixes": [
        {
            "prefix": "2001:db8::/64",
            "valid_secs": 2592000,
            "preferred_secs": 604800,
            "deprecated": False,
        }
    ],
    "dns": ["2001:db8::53"],
    "dns_withdrawn": [],
    "next_secs": 151.5,
    "routers": [],
    "summary": "2001:db8::/64",
}

SLAAC_ADVERTISE = Sample({"interface": "eth0"}, _ADVERTISEMENT)

SLAAC_LIST = Sample({}, {"items": [_ADVERTISEMENT]})
