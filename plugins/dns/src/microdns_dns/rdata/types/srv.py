"""SRV: where a service is found (RFC 2782)."""

from microdns_dns.rdata.fields import Fields, Integer, Name

TYPE = Fields(
    "SRV",
    33,
    Integer("priority", 2),
    Integer("weight", 2),
    Integer("port", 2),
    Name("target"),
    example="10 60 5060 sip.example.com.",
)
