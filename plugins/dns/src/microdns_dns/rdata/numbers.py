"""RR type numbers and mnemonics, as IANA assigns them, and ``TYPE123`` for any (RFC 3597)."""

BY_NAME: dict[str, int] = {
    "A": 1, "NS": 2, "MD": 3, "MF": 4, "CNAME": 5, "SOA": 6, "MB": 7, "MG": 8, "MR": 9,
    "NULL": 10, "WKS": 11, "PTR": 12, "HINFO": 13, "MINFO": 14, "MX": 15, "TXT": 16, "RP": 17,
    "AFSDB": 18, "X25": 19, "ISDN": 20, "RT": 21, "NSAP": 22, "NSAP-PTR": 23, "SIG": 24,
    "KEY": 25, "PX": 26, "GPOS": 27, "AAAA": 28, "LOC": 29, "NXT": 30, "EID": 31, "NIMLOC": 32,
    "SRV": 33, "ATMA": 34, "NAPTR": 35, "KX": 36, "CERT": 37, "A6": 38, "DNAME": 39, "SINK": 40,
    "OPT": 41, "APL": 42, "DS": 43, "SSHFP": 44, "IPSECKEY": 45, "RRSIG": 46, "NSEC": 47,
    "DNSKEY": 48, "DHCID": 49, "NSEC3": 50, "NSEC3PARAM": 51, "TLSA": 52, "SMIMEA": 53,
    "HIP": 55, "NINFO": 56, "RKEY": 57, "TALINK": 58, "CDS": 59, "CDNSKEY": 60,
    "OPENPGPKEY": 61, "CSYNC": 62, "ZONEMD": 63, "SVCB": 64, "HTTPS": 65, "DSYNC": 66,
    "HHIT": 67, "BRID": 68, "SPF": 99, "UINFO": 100, "UID": 101, "GID": 102, "UNSPEC": 103,
    "NID": 104, "L32": 105, "L64": 106, "LP": 107, "EUI48": 108, "EUI64": 109, "NXNAME": 128,
    "TKEY": 249, "TSIG": 250, "IXFR": 251, "AXFR": 252, "MAILB": 253, "MAILA": 254, "ANY": 255,
    "URI": 256, "CAA": 257, "AVC": 258, "DOA": 259, "AMTRELAY": 260, "RESINFO": 261,
    "WALLET": 262, "CLA": 263, "IPN": 264, "TA": 32768, "DLV": 32769,
}  # fmt: skip

BY_NUMBER: dict[int, str] = {number: name for name, number in BY_NAME.items()}

A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, SRV = 1, 2, 5, 6, 12, 15, 16, 28, 33
KEY, DNAME, OPT, DS, RRSIG, NSEC, ANY, SVCB, HTTPS = 25, 39, 41, 43, 46, 47, 255, 64, 65

COMPRESSIBLE: dict[int, int] = {NS: 0, CNAME: 0, PTR: 0, 3: 0, 4: 0, 7: 0, 8: 0, 9: 0, MX: 2}
"""Types whose rdata ends in one name that may be compressed (RFC 3597 section 4), and where that
name starts.  (SOA and MINFO hold two.)"""

TARGETS: dict[int, int] = {NS: 0, MX: 2, SRV: 6, SVCB: 2, HTTPS: 2}
"""Types whose target's addresses go into the additional section, and where the target starts."""


def type_name(number: int) -> str:
    """The mnemonic of a type, or ``TYPE123``."""
    return BY_NUMBER.get(number) or f"TYPE{number}"


def type_number(name: str) -> int:
    """The number of a type by its mnemonic or ``TYPE123``, in any case; raises ValueError."""
    upper = name.upper()
    number = BY_NAME.get(upper)
    if number is not None:
        return number
    digits = upper[4:]
    if not (upper.startswith("TYPE") and digits.isascii() and digits.isdigit()):
        raise ValueError(f"{name[:40]!r} is not a record type")
    if len(digits) > 5 or int(digits) > 0xFFFF:
        raise ValueError(f"{name[:40]!r} is above TYPE65535")
    return int(digits)


def is_data(number: int) -> bool:
    """Whether records of this type may be in a zone: no meta types, no query types (RFC 6895)."""
    return 0 < number < 0xFFFF and number != OPT and not 128 <= number <= 255
