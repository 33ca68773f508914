"""HINFO: a host's hardware and system (RFC 1035 3.3.2); also answers ANY (RFC 8482)."""

from microdns_dns.rdata.fields import Fields, String

TYPE = Fields("HINFO", 13, String("cpu"), String("os"), example='"ARM64" "Linux"')
