"""SMIMEA: which certificate a person signs mail with (RFC 8162)."""

from microdns_dns.rdata.fields import Fields, Hex, Integer, digest_length

TYPE = Fields(
    "SMIMEA",
    53,
    Integer("usage", 1),
    Integer("selector", 1),
    Integer("matching_type", 1),
    Hex("certificate"),
    example="3 1 1 " + "d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971",
    validate=digest_length(2, {1: 32, 2: 64}),
)
