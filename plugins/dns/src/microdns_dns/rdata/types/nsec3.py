"""NSEC3: the next hashed name, and the types at this one (RFC 5155 section 3), as data."""

from microdns_dns.rdata.fields import Fields, HashedOwner, Integer, Salt, TypeBitmap

TYPE = Fields(
    "NSEC3",
    50,
    Integer("algorithm", 1),
    Integer("flags", 1),
    Integer("iterations", 2),
    Salt("salt"),
    HashedOwner("next"),
    TypeBitmap("types"),
    example="1 1 12 aabbccdd 2vptu5timamqttgl4luu9kg21e0aor3s A RRSIG",
)
