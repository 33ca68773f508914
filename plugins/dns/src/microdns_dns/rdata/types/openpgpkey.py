"""OPENPGPKEY: a person's public key (RFC 7929)."""

from microdns_dns.rdata.fields import Base64, Single

TYPE = Single("OPENPGPKEY", 61, Base64("key"), example="mQENBFVHm5sBCADJ")
