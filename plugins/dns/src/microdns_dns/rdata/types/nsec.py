"""NSEC: the next name, and the types at this one (RFC 4034 section 4), as data."""

from microdns_dns.rdata.fields import Fields, Name, TypeBitmap

TYPE = Fields(
    "NSEC",
    47,
    Name("next"),
    TypeBitmap("types"),
    example="host.example.com. A MX RRSIG NSEC TYPE1234",
)
