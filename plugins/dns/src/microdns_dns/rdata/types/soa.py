"""SOA: the start of authority (RFC 1035 3.3.13); zones keep it among their own settings."""

from microdns_dns.rdata.fields import Fields, Integer, Name, Seconds

TYPE = Fields(
    "SOA",
    6,
    Name("mname"),
    Name("rname"),
    Integer("serial", 4),
    Seconds("refresh", 4),
    Seconds("retry", 4),
    Seconds("expire", 4),
    Seconds("minimum", 4),
    example="ns1.example.com. admin.example.com. 1 3600 600 1209600 300",
)
