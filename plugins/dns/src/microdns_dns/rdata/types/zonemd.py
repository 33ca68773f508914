"""ZONEMD: the digest of a whole zone (RFC 8976), as data."""

from microdns_dns.rdata.fields import Fields, Hex, Integer

_LENGTHS = {1: 48, 2: 64}


def _check_length(rdata: bytes) -> None:
    if rdata[4] == 0 or rdata[5] == 0:
        raise ValueError("scheme and algorithm 0 are reserved")
    expected = _LENGTHS.get(rdata[5])
    if len(rdata) < 6 + 12 or (expected is not None and len(rdata) != 6 + expected):
        raise ValueError(f"a digest of algorithm {rdata[5]} has {expected or 'at least 12'} octets")


TYPE = Fields(
    "ZONEMD",
    63,
    Integer("serial", 4),
    Integer("scheme", 1),
    Integer("algorithm", 1),
    Hex("digest"),
    example="2018031500 1 1 " + "f" * 96,
    validate=_check_length,
)
