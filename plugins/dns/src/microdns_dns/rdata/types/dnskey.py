"""DNSKEY: a zone's public key (RFC 4034 section 2), as data."""

from microdns_dns.rdata.dnssec import key_type

TYPE = key_type("DNSKEY", 48, "257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=")
