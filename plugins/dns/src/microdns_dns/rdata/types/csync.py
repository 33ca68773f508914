"""CSYNC: what a parent is to copy from its child (RFC 7477)."""

from microdns_dns.rdata.fields import Fields, Integer, TypeBitmap

TYPE = Fields(
    "CSYNC",
    62,
    Integer("serial", 4),
    Integer("flags", 2),
    TypeBitmap("types"),
    example="66 3 A NS AAAA",
)
