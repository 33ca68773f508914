"""NSEC3PARAM: how a zone's names are hashed (RFC 5155 section 4), as data."""

from microdns_dns.rdata.fields import Fields, Integer, Salt

TYPE = Fields(
    "NSEC3PARAM",
    51,
    Integer("algorithm", 1),
    Integer("flags", 1),
    Integer("iterations", 2),
    Salt("salt"),
    example="1 0 0 -",
)
