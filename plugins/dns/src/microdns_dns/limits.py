"""What a caller's limits let it know of: zones by name, records by absolute name and type."""

from microdns.access.limits import allows
from microdns.events import Principal
from microdns_dns.rdata import type_name


def sees_zone(principal: Principal, name: str) -> bool:
    """Whether the caller may know of a zone of this name."""
    if not principal.limits:
        return True
    only = {key: value for key, value in principal.limits.items() if key == "zone"}
    return allows(Principal(principal.name, limits=only), zone=name)


def sees_record(principal: Principal, zone: str, name: str, type: int) -> bool:
    """Whether the caller may know of, and change, records of this zone, owner and type."""
    if not principal.limits:
        return True
    return allows(principal, zone=zone, name=absolute_name(zone, name), type=type_name(type))


def absolute_name(zone: str, name: str) -> str:
    """A record's name as absolute text without final dot."""
    if name == "@":
        return zone
    return name if zone == "." else f"{name}.{zone}"
