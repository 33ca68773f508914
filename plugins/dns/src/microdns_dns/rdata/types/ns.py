"""NS: the name of a server for the zone (RFC 1035 3.3.11)."""

from microdns_dns.rdata.fields import Name, Single

TYPE = Single("NS", 2, Name("nsdname"), example="ns1.example.com.")
