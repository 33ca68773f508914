"""RRSIG: the signature of an RRset (RFC 4034 section 3), as data."""

from microdns_dns.rdata.dnssec import algorithm
from microdns_dns.rdata.fields import Base64, Fields, Integer, Name, Time, TypeCode

TYPE = Fields(
    "RRSIG",
    46,
    TypeCode("type_covered"),
    algorithm(),
    Integer("labels", 1),
    Integer("original_ttl", 4),
    Time("expiration"),
    Time("inception"),
    Integer("key_tag", 2),
    Name("signer"),
    Base64("signature"),
    example="A 15 3 86400 20260322173103 20260220173103 2642 example.com. oJB1W6WNGv+ldvQ3WDG0MQkg",
)
