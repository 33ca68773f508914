"""What the DNSSEC types have in common: algorithm names, digest lengths, key and digest layouts."""

from microdns_dns.rdata.fields import Base64, Fields, Hex, Integer, digest_length

ALGORITHMS = {
    "RSAMD5": 1, "DH": 2, "DSA": 3, "ECC": 4, "RSASHA1": 5, "DSANSEC3SHA1": 6,
    "RSASHA1NSEC3SHA1": 7, "RSASHA256": 8, "RSASHA512": 10, "ECCGOST": 12,
    "ECDSAP256SHA256": 13, "ECDSAP384SHA384": 14, "ED25519": 15, "ED448": 16,
    "INDIRECT": 252, "PRIVATEDNS": 253, "PRIVATEOID": 254,
}  # fmt: skip
"""Mnemonics that zone files may use for algorithm numbers (RFC 4034 appendix A.1)."""

_DIGEST_LENGTHS = {1: 20, 2: 32, 3: 32, 4: 48}


def algorithm() -> Integer:
    """The field that holds an algorithm's number."""
    return Integer("algorithm", 1, mnemonics=ALGORITHMS)


def key_type(name: str, number: int, example: str) -> Fields:
    """DNSKEY and its copy for the parent (RFC 4034 section 2)."""
    return Fields(
        name,
        number,
        Integer("flags", 2),
        Integer("protocol", 1, default=3),
        algorithm(),
        Base64("public_key"),
        example=example,
    )


def digest_type(name: str, number: int, example: str, *, may_delete: bool = False) -> Fields:
    """DS and its copy for the parent (RFC 4034 section 5); ``may_delete`` allows RFC 8078 4."""
    check_length = digest_length(3, _DIGEST_LENGTHS | {0: 1})

    def check(rdata: bytes) -> None:
        if rdata[3] == 0 and not may_delete:
            raise ValueError("digest type 0 is reserved")
        check_length(rdata)

    return Fields(
        name,
        number,
        Integer("key_tag", 2),
        algorithm(),
        Integer("digest_type", 1),
        Hex("digest"),
        example=example,
        validate=check,
    )
