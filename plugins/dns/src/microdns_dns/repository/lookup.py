"""Finding zones and records, in the store, in a snapshot or in a transaction."""

from collections.abc import Iterator
from functools import lru_cache

from microdns.errors import NotFound, Outdated
from microdns.store import Reader
from microdns_dns import names
from microdns_dns.model import (
    RECORDS,
    ZONES,
    Record,
    Zone,
    id_key,
    owner_prefix,
    rrset_prefix,
    zone_name_key,
)


def zone_named(reader: Reader, name: bytes) -> Zone | None:
    """The zone of exactly this name (wire), or None."""
    return next(reader.find(ZONES, "name", zone_name_key(name)), None)


@lru_cache(maxsize=256)
def _named(ref: str) -> bytes:
    """The name that a reference may be, for the next change of the same zone as well."""
    return names.from_text(ref)


def find_zone(reader: Reader, ref: str) -> Zone:
    """A zone by its name or its id; raises NotFound."""
    zone: Zone | None = None
    try:
        zone = zone_named(reader, _named(ref))
        if zone is None:
            zone = reader.get(ZONES, id_key(ref))
    except ValueError:
        pass  # neither a name nor an id: there is no such zone
    if zone is None:
        raise NotFound(f"no zone {ref[:260]}")
    return zone


def find_record(reader: Reader, zone: Zone, id: str) -> Record:
    """A zone's record by its id; raises NotFound."""
    try:
        key = id_key(id)
    except ValueError:
        key = b""
    for record in reader.find(RECORDS, "id", key):
        if record.zone_id == zone.id:
            return record
    raise NotFound(f"{zone.name} has no record {id[:80]}")


def all_zones(reader: Reader) -> Iterator[Zone]:
    """All zones, in the canonical order of their names."""
    return reader.find(ZONES, "name", b"", prefix=True)


def records_of(
    reader: Reader, zone: Zone, owner: str | None = None, type: int | None = None
) -> Iterator[Record]:
    """A zone's records in canonical order; of one owner (relative), of one type there, if given."""
    if owner is None:
        return reader.scan(RECORDS, id_key(zone.id))
    if type is None:
        return reader.scan(RECORDS, owner_prefix(zone.id, owner))
    return reader.scan(RECORDS, rrset_prefix(zone.id, owner, type))


def check_version(present: int | None, wanted: int | None) -> None:
    """Raise Outdated unless the version is the one wanted (None: any; 0: nothing is there)."""
    if wanted is not None and (present or 0) != wanted:
        raise Outdated(f"changed since: its version is {present or 0}, not {wanted}")
