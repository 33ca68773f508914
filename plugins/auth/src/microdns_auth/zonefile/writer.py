"""A zone as a zone file: canonical, stable, and read back to the same zone.

Owners are relative to ``$ORIGIN`` and in canonical order (RFC 4034 6.1), the zone's own first;
names in data are absolute; every record bears its TTL.  Two exports of equal zones are equal, so
they can be compared line by line.  Disabled records are left out: a zone file holds what is
answered.
"""

from collections.abc import Iterable, Iterator

from microdns_dns import names
from microdns_dns.model import Record, Soa, Zone, zone_origin
from microdns_dns.rdata import rdata_to_text, type_name

_LINES_MAX = 1_000


def write_zone(zone: Zone, records: Iterable[Record]) -> Iterator[str]:
    """The zone file in pieces of many lines; ``records`` are in canonical order."""
    yield "\n".join(_head(zone)) + "\n"
    lines: list[str] = []
    for owner in _owners(records):
        lines += _owner_lines(owner)
        if len(lines) >= _LINES_MAX:
            yield "\n".join(lines) + "\n"
            lines.clear()
    if lines:
        yield "\n".join(lines) + "\n"


def _head(zone: Zone) -> list[str]:
    soa = zone.soa
    origin = names.to_absolute_text(zone_origin(zone))
    return [
        f"$ORIGIN {origin}",
        f"$TTL {zone.default_ttl}",
        f"@ {soa.ttl} IN SOA {_absolute(soa.mname)} {_absolute(soa.rname)} {_times(soa)}",
    ]


def _absolute(text: str) -> str:
    return names.to_absolute_text(names.from_text(text))


def _times(soa: Soa) -> str:
    return f"{soa.serial} {soa.refresh} {soa.retry} {soa.expire} {soa.minimum}"


def _owners(records: Iterable[Record]) -> Iterator[list[Record]]:
    """Enabled records, owner by owner."""
    together: list[Record] = []
    for record in records:
        if not record.enabled:
            continue
        if together and together[0].name.lower() != record.name.lower():
            yield together
            together = []
        together.append(record)
    if together:
        yield together


def _owner_lines(records: list[Record]) -> list[str]:
    """Records of one owner by type, then data: what order they were made in does not show."""
    keyed = sorted((record.type, record.rdata, record.name, record.ttl) for record in records)
    return [
        f"{name} {ttl} IN {type_name(kind)} {rdata_to_text(kind, rdata)}"
        for kind, rdata, name, ttl in keyed
    ]
