"""DS: the digest of a child's key (RFC 4034 section 5), as data."""

from microdns_dns.rdata.dnssec import digest_type

TYPE = digest_type("DS", 43, "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118")
