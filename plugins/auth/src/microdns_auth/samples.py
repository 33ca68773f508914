"""Examples of operations on whole zones, for their documentation.

Outputs are what a server answered, but for what differs from one to the other.
"""

from typing import Any

from microdns.operations import Sample

_IMPORTED: dict[str, Any] = {
    "zone": "example.org",
    "id": "01a20672-acb3-716a-ad64-5cd24633ba00",
    "created": True,
    "serial": 1,
    "version": 13,
    "added": 2,
    "changed": 0,
    "removed": 0,
    "kept": 0,
    "warnings": [],
    "diff": [],
}

ZONE_EXPORT = Sample(
    {"id": "example.com"},
    {
        "name": "example.com",
        "text": "$ORIGIN example.com.\n"
        "$TTL 600\n"
        "@ 3600 IN SOA ns1.example.com. hostmaster.example.com. 1795404512 3600 600 "
        "1209600 300\n"
        "mail 600 IN MX 10 mx.example.net.\n"
        "www 300 IN A 192.0.2.2\n",
    },
)

ZONE_IMPORT = Sample(
    {
        "zone": "example.org",
        "text": "$TTL 300\n@ SOA ns1 hostmaster 1 3600 900 604800 60\n@ NS ns1\nns1 A 192.0.2.53\n",
    },
    _IMPORTED,
)

ZONE_TRANSFER = Sample(
    {"zone": "example.com", "primary": "192.0.2.1"},
    {**_IMPORTED, "zone": "example.com"},
)
