"""CDS: the DS that a child wants its parent to have (RFC 7344), or to delete (RFC 8078)."""

from microdns_dns.rdata.dnssec import digest_type

TYPE = digest_type("CDS", 59, "0 0 0 00", may_delete=True)
