"""PTR: another place in the name space (RFC 1035 3.3.12)."""

from microdns_dns.rdata.fields import Name, Single

TYPE = Single("PTR", 12, Name("ptrdname"), example="host.example.com.")
