"""SSHFP: the fingerprint of a host's SSH key (RFC 4255)."""

from microdns_dns.rdata.fields import Fields, Hex, Integer, digest_length

TYPE = Fields(
    "SSHFP",
    44,
    Integer("algorithm", 1),
    Integer("fingerprint_type", 1),
    Hex("fingerprint"),
    example="4 2 123456789abcdef67890123456789abcdef67890123456789abcdef123456789",
    validate=digest_length(1, {1: 20, 2: 32}),
)
