"""Zones and records as interfaces show and take them: JSON, the reference's shapes."""

from fnmatch import translate
from re import IGNORECASE, compile
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from microdns.errors import Invalid, Problem
from microdns_dns import names
from microdns_dns.model import TTL_MAX, HealthCheck, Record, Soa, Zone, zone_origin
from microdns_dns.rdata import (
    data_type_number,
    rdata_from_json,
    rdata_from_text,
    type_name,
)
from microdns_dns.shown import rdata_forms, rfc3339, zone_values

Offset = Annotated[int, Meta(ge=0, description="Leave out so many from the start.")]
Limit = Annotated[int, Meta(ge=1, le=1000, description="Show so many at most.")]
ZoneRef = Annotated[str, Meta(description="The zone's id or its name.")]
RecordRef = Annotated[str, Meta(description="The record's id.")]
Glob = Annotated[str, Meta(description="A pattern of names: * for anything, ? for one letter.")]
SourceFilter = Annotated[str, Meta(description="Only from this source (api, config, dhcp, ...).")]
TextFilter = Annotated[str, Meta(description="Only where this text occurs.")]
TtlField = Annotated[int, Meta(ge=0, le=TTL_MAX, description="Seconds.")]
Seconds = Annotated[int, Meta(ge=0, le=2**32 - 1, description="Seconds.")]
Comment = Annotated[str, Meta(max_length=1_000, description="A note; it is not answered.")]


class SoaData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A zone's SOA; what is left out gets the usual value, or stays as it is.

    Times are in seconds.  ``rname`` may be written as a mail address.
    """

    mname: Annotated[str, Meta(description="Name of the primary server.")] | UnsetType = UNSET
    rname: Annotated[str, Meta(description="Mailbox of who is responsible.")] | UnsetType = UNSET
    serial: Annotated[int, Meta(ge=0, le=2**32 - 1)] | UnsetType = UNSET
    refresh: Seconds | UnsetType = UNSET
    retry: Seconds | UnsetType = UNSET
    expire: Seconds | UnsetType = UNSET
    minimum: Seconds | UnsetType = UNSET
    ttl: TtlField | UnsetType = UNSET


class SoaShown(msgspec.Struct, frozen=True):
    """A zone's SOA."""

    mname: str
    rname: str
    serial: int
    refresh: int
    retry: int
    expire: int
    minimum: int
    ttl: int


class ZoneShown(msgspec.Struct, frozen=True):
    """A zone.  ``version`` changes with it and with each of its records."""

    id: str
    name: str
    default_ttl: int
    soa: SoaShown
    source: str
    origin: str
    record_count: int
    created_at: str
    updated_at: str
    version: int


class RecordData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record's type and data: ``data`` as JSON, or ``text`` as a zone file writes it.

    Names in ``data`` are absolute.  In ``text`` they are relative to the zone unless a dot ends
    them, and those with dots in them must end with one.
    """

    type: Annotated[str, Meta(max_length=20, description="A, MX, TXT, ..., or TYPE123.")]
    data: str | list[Any] | dict[str, Any] | UnsetType = UNSET
    text: Annotated[str, Meta(max_length=200_000)] | UnsetType = UNSET


class DataShown(msgspec.Struct, frozen=True):
    """A record's type and data."""

    type: str
    data: Any


class HealthCheckData(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a record's address is probed; records that fail are not answered."""

    probe_type: Literal["ping", "http", "https", "tcp"]
    interval_secs: Annotated[int, Meta(ge=1, le=86_400)] = 10
    timeout_secs: Annotated[int, Meta(ge=1, le=3_600)] = 5
    unhealthy_threshold: Annotated[int, Meta(ge=1, le=1_000)] = 3
    healthy_threshold: Annotated[int, Meta(ge=1, le=1_000)] = 2
    endpoint: Annotated[str, Meta(max_length=2_000)] = ""


class RecordShown(msgspec.Struct, frozen=True):
    """A record.  ``text`` is its data as a zone file writes them."""

    id: str
    zone_id: str
    name: str
    ttl: int
    data: DataShown
    text: str
    enabled: bool
    source: str
    origin: str
    comment: str
    health_check: HealthCheckData | None
    created_at: str
    updated_at: str
    version: int


def zone_shown(zone: Zone, version: int) -> ZoneShown:
    """A zone as it is shown."""
    return msgspec.convert({**zone_values(zone), "version": version}, ZoneShown)


def record_shown(record: Record, version: int) -> RecordShown:
    """A record as it is shown: what ``record_values`` says, as a struct that is quick to make."""
    data, text = rdata_forms(record.type, record.rdata)
    check = record.health_check
    created = rfc3339(record.created_ns)
    return RecordShown(
        record.id,
        record.zone_id,
        record.name,
        record.ttl,
        DataShown(type_name(record.type), data),
        text,
        record.enabled,
        record.source,
        record.origin,
        record.comment,
        None if check is None else HealthCheckData(**msgspec.structs.asdict(check)),
        created,
        created if record.updated_ns == record.created_ns else rfc3339(record.updated_ns),
        version,
    )


def health_check_of(data: HealthCheckData | None) -> HealthCheck | None:
    """The health check to keep; raises ``Invalid``."""
    if data is None:
        return None
    if data.timeout_secs > data.interval_secs:
        problem = "must not be longer than interval_secs"
        raise Invalid.of(Problem("health_check.timeout_secs", problem))
    return HealthCheck(**msgspec.structs.asdict(data))


def zone_name_of(text: str) -> str:
    """A zone's name as it is kept: absolute, no final dot, A-labels; raises ``Invalid``."""
    try:
        return names.to_text(names.from_input(text))
    except ValueError as error:
        raise Invalid.of(Problem("name", str(error))) from None


def owner_of(zone: Zone, text: str) -> str:
    """A record's name as it is kept: relative to its zone; raises ``Invalid``.

    ``text`` is relative, or absolute with a final dot.  A name that repeats the zone's without
    that dot is refused, since it is hardly meant.
    """
    if _is_plain(text) and len(text) + len(zone.name) < _NAME_TEXT_MAX:
        return text
    origin = zone_origin(zone)
    try:
        absolute = names.from_input(text, origin)
        if not names.is_subdomain(absolute, origin):
            raise ValueError(f"{text} is outside of the zone {zone.name}")
        relative = names.to_relative_text(absolute, origin)
        if not text.endswith(".") and _repeats(absolute, origin):
            short = names.to_relative_text(names.from_text(text), origin)
            raise ValueError(
                f"names are relative to the zone: write {short}, or {text}. with a final dot"
            )
    except ValueError as error:
        raise Invalid.of(Problem("name", str(error))) from None
    return relative


_NAME_TEXT_MAX = names.NAME_MAX - 2
"""Where texts of a label and its zone are not longer than this, they fit a name on the wire."""

_is_plain = compile("(?![Xx][Nn]--)[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?").fullmatch
"""Whether a text surely is one label as records hold it, as nearly all are."""


def _repeats(absolute: bytes, origin: bytes) -> bool:
    """Whether a name in a zone of several labels ends with the zone's name twice."""
    above = absolute[: len(absolute) - len(origin)] + names.ROOT
    return names.label_count(origin) > 1 and names.is_subdomain(above, origin)


def rdata_of(zone: Zone, data: RecordData) -> tuple[int, bytes]:
    """A record's type and wire rdata; raises ``Invalid``."""
    if (data.data is UNSET) == (data.text is UNSET):
        raise Invalid.of(Problem("data", "must have either data or text"))
    if data.text is UNSET:
        return rdata_from_json(data.type, data.data)
    try:
        number = data_type_number(data.type)
    except ValueError as error:
        raise Invalid.of(Problem("data.type", str(error))) from None
    try:
        return number, rdata_from_text(number, data.text, zone_origin(zone), typed=True)
    except ValueError as error:
        raise Invalid.of(Problem("data.text", str(error))) from None


def soa_of(data: SoaData, base: Soa) -> Soa:
    """An SOA with what is given, the rest as in ``base``; raises ``Invalid``."""
    given = {
        field: value for field, value in msgspec.structs.asdict(data).items() if value is not UNSET
    }
    problems: list[Problem] = []
    for field in ("mname", "rname"):
        if field in given:
            try:
                given[field] = names.to_text(_mailbox(given[field]))
            except ValueError as error:
                problems.append(Problem(f"soa.{field}", str(error)))
    if problems:
        raise Invalid.of(*problems)
    return msgspec.structs.replace(base, **given)


def _mailbox(text: str) -> bytes:
    """A name, or a mail address as the name that stands for it (RFC 1035 8)."""
    local, at, host = text.partition("@")
    if not at or not local:
        return names.from_text(text)
    return names.from_labels([local.encode(), *names.labels(names.from_text(host))])


class Filter:
    """Which names to show: a glob, any case; an empty one takes all."""

    def __init__(self, glob: str) -> None:
        self._matches = compile(translate(glob), IGNORECASE).fullmatch if glob else None

    def takes(self, name: str) -> bool:
        """Whether the name fits."""
        return self._matches is None or self._matches(name) is not None


def is_glob(text: str) -> bool:
    """Whether a text has letters that a glob gives a meaning."""
    return any(letter in text for letter in "*?[")
