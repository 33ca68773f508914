"""Record data: two octets of type, then wire data or text; valid ones keep their meaning."""

import pkgutil

from microdns.errors import Invalid
from microdns_dns.rdata import (
    rdata_canonical,
    rdata_check,
    rdata_from_json,
    rdata_from_text,
    rdata_to_json,
    rdata_to_text,
    rdata_type,
    type_name,
    type_number,
    types,
)

_KINDS = [rdata_type(type_number(each.name)) for each in pkgutil.iter_modules(types.__path__)]
SEEDS = [
    seed
    for kind in _KINDS
    for seed in (
        kind.number.to_bytes(2, "big") + rdata_from_text(kind.number, kind.example),
        kind.number.to_bytes(2, "big") + kind.example.encode(),
    )
] + [b"\xff\x00\\# 2 0102", b"\x00\x1d52 22 23.000 N 4 53 32.000 E -2.00m"]


def one(data: bytes) -> None:
    """Take the data as wire and as text."""
    number, rest = int.from_bytes(data[:2], "big"), data[2:]
    try:
        rdata_check(number, rest)
    except ValueError:
        pass
    else:
        keeps_its_meaning(number, rest)
    try:
        rdata = rdata_from_text(number, rest.decode("utf-8", "replace"), b"\1z\0")
    except ValueError:
        return
    rdata_check(number, rdata)
    keeps_its_meaning(number, rdata)


def keeps_its_meaning(number: int, rdata: bytes) -> None:
    canonical = rdata_canonical(number, rdata)
    text = rdata_to_text(number, rdata)
    assert rdata_canonical(number, rdata_from_text(number, text)) == canonical, text
    data = rdata_to_json(number, rdata)
    try:
        again = rdata_from_json(type_name(number), data)
    except Invalid:
        assert (not 0 < number < 128 and number < 256) or number in (0, 41, 65535), (number, data)
        return
    assert rdata_canonical(*again) == canonical, data
