"""DLV: a DS outside of the delegation chain (RFC 4431, historic by RFC 8749)."""

from microdns_dns.rdata.dnssec import digest_type

TYPE = digest_type("DLV", 32769, "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118")
