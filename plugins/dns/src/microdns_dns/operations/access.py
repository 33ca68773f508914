"""What a caller's limits let it see and change.

Outside of its limits a caller is told that there is nothing, and is denied to write, with words
that tell nothing either.
"""

from microdns.errors import Denied, NotFound
from microdns.events import Principal
from microdns.store import Reader, Snapshot
from microdns_dns import names
from microdns_dns.limits import sees_record, sees_zone
from microdns_dns.model import RECORDS, ZONES, Record, Zone, id_key
from microdns_dns.repository import find_record, find_zone

BY_ZONE = frozenset({"zone"})
BY_RECORD = frozenset({"zone", "name", "type"})
"""Attributes that limits of keys may name: the zone's name, a record's absolute name and type."""


def visible_zone(principal: Principal, reader: Reader, ref: str) -> Zone:
    """A zone by name or id; raises NotFound also when it is not for the caller.

    Names outside of the caller's limits are not even looked up, so that the time it takes tells
    nothing of them.  Ids are looked up; nobody guesses them.
    """
    if principal.limits and not _may_name(principal, ref):
        raise NotFound(f"no zone {ref[:260]}")
    zone = find_zone(reader, ref)
    if not sees_zone(principal, zone.name):
        raise NotFound(f"no zone {ref[:260]}")
    return zone


def _may_name(principal: Principal, ref: str) -> bool:
    """Whether a caller with limits may ask for this; what is no name may be an id."""
    try:
        id_key(ref)
    except ValueError:
        pass
    else:
        return True
    try:
        return sees_zone(principal, names.to_text(names.from_text(ref)))
    except ValueError:
        return False


async def visible_zone_then(principal: Principal, snapshot: Snapshot, ref: str) -> Zone:
    """The same in a snapshot that may be of the past, which then has the zone's records."""
    await snapshot.unwind(ZONES)
    zone = visible_zone(principal, snapshot, ref)
    await snapshot.unwind(RECORDS, zone.id)
    return zone


def visible_record(principal: Principal, reader: Reader, zone: Zone, id: str) -> Record:
    """A record by id; raises NotFound also when it is not for the caller."""
    record = find_record(reader, zone, id)
    if not sees_record(principal, zone.name, record.name, record.type):
        raise NotFound(f"{zone.name} has no record {id[:80]}")
    return record


def require(allowed: bool, principal: Principal) -> None:
    """Raise Denied unless it is allowed."""
    if not allowed:
        raise Denied(f"the key {principal.name} is not for this")
