"""KX: a key exchanger for the name (RFC 2230)."""

from microdns_dns.rdata.fields import Fields, Integer, Name

TYPE = Fields("KX", 36, Integer("preference", 2), Name("exchanger"), example="10 kx.example.com.")
