"""CDNSKEY: the key of which a child wants its parent to have a DS (RFC 7344)."""

from microdns_dns.rdata.dnssec import key_type

TYPE = key_type("CDNSKEY", 60, "0 3 0 AA==")
