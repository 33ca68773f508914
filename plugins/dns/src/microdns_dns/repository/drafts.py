"""What the repository is asked to do: records to be, changes, whole zones, limits."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec import UNSET, UnsetType

from microdns_dns.events import RecordChange
from microdns_dns.model import HealthCheck, Record, Soa, Zone


class Limits(msgspec.Struct, frozen=True):
    """How much there may be; beyond it is ``TooLarge``."""

    zones_max: int = 10_000
    records_per_zone_max: int = 2_000_000
    changes_max: int = 10_000
    """In one bulk change."""
    rrset_octets_max: int = 60_000
    """Of one RRset on the wire, which must fit a TCP message with the rest of the answer."""


class Draft(msgspec.Struct, frozen=True, gc=False):
    """A record to be: what a ``Record`` has apart from its identity and its history.

    ``name`` is relative to the zone (or absolute with a final dot); ``rdata`` is valid for the
    type; ``ttl`` of None means the zone's default.
    """

    name: str
    type: int
    rdata: bytes
    ttl: int | None = None
    enabled: bool = True
    comment: str = ""
    health_check: HealthCheck | None = None


class Add(msgspec.Struct, frozen=True):
    """Add a record."""

    draft: Draft


class Alter(msgspec.Struct, frozen=True, kw_only=True):
    """Change a record; what is ``UNSET`` stays as it is."""

    id: str
    if_version: int | None = None
    name: str | UnsetType = UNSET
    type: int | UnsetType = UNSET
    rdata: bytes | UnsetType = UNSET
    ttl: int | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET
    comment: str | UnsetType = UNSET
    health_check: HealthCheck | UnsetType | None = UNSET


class Remove(msgspec.Struct, frozen=True):
    """Remove a record."""

    id: str
    if_version: int | None = None


class RemoveMatching(msgspec.Struct, frozen=True):
    """Remove every record of an owner, of one type if given, with these data if given."""

    name: str
    type: int | None = None
    rdata: bytes | None = None


Change = Add | Alter | Remove | RemoveMatching


class ZoneAlter(msgspec.Struct, frozen=True, kw_only=True):
    """Changes of a zone's own settings; what is ``UNSET`` stays as it is.

    The serial of ``soa`` counts if it is newer than the present one; 0 stands for none given.
    """

    soa: Soa | UnsetType = UNSET
    default_ttl: int | UnsetType = UNSET


class ZoneContent(msgspec.Struct, frozen=True):
    """A whole zone, as a zone file or a transfer gives it; the drafts' names are normal and in
    the zone, their TTLs given."""

    name: str
    soa: Soa
    default_ttl: int
    drafts: Sequence[Draft]


class DeclaredZone(msgspec.Struct, frozen=True):
    """A zone as the configuration declares it; what is None is left to operations.

    A serial of 0 in ``soa`` stands for none given.
    """

    name: str
    soa: Soa | None = None
    default_ttl: int | None = None
    drafts: Iterable[Draft] = ()


class Outcome(msgspec.Struct, frozen=True):
    """What a change came to: the zone after it, its version, every record's change."""

    zone: Zone
    version: int
    changes: list[RecordChange]
    created: bool = False
    kept: int = 0
    """Records of a replaced zone that stay as they were."""
    warnings: tuple[str, ...] = ()
    added_more: int = 0
    """Records that are new and that ``changes`` leaves out, for there are very many."""

    @property
    def added(self) -> list[Record]:
        """The records that are new."""
        return [one.after for one in self.changes if one.before is None and one.after is not None]
