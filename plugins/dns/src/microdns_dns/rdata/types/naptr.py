"""NAPTR: a rule that rewrites one name into the next to ask for (RFC 3403 section 4)."""

from microdns_dns.rdata.fields import Fields, Integer, Name, String

TYPE = Fields(
    "NAPTR",
    35,
    Integer("order", 2),
    Integer("preference", 2),
    String("flags"),
    String("services"),
    String("regexp"),
    Name("replacement"),
    example='100 10 "S" "SIP+D2U" "" _sip._udp.example.com.',
)
