"""Zones and records as they are kept, and the collections that keep them.

A record is one resource record with what we know about it: where it came from, whether it is
answered, how its health is checked.  Its name is text relative to its zone (``@``, ``www``,
``*.dev``), its case kept; its rdata is wire bytes without compression, which is what answers are
made of.  The SOA is part of the zone, and not among the records.

Structs are stored as arrays: fields are only ever added at the end, with defaults.
"""

import os
from binascii import unhexlify
from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from microdns.store import Collection, Index
from microdns_dns import names

TTL_MAX = 2**31 - 1
"""Seconds (RFC 2181 section 8)."""
SERIAL_MODULUS = 2**32

Source = str
"""Who made a thing: one of ``SOURCES``."""

CONFIG = "config"
"""Declared in the configuration file: read-only through operations."""
CURATED = frozenset({"api", CONFIG, "import", "transfer"})
"""Sources that a person answers for."""
AUTOMATIC = frozenset({"dhcp", "mdns", "peer"})
"""Sources that learn by themselves: they never shadow what is curated, and prune only their own."""
SOURCES = CURATED | AUTOMATIC

Ttl = Annotated[int, Meta(ge=0, le=TTL_MAX, description="Seconds (RFC 2181 section 8)")]
Seconds32 = Annotated[int, Meta(ge=0, le=2**32 - 1)]


class Soa(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The start of authority of a zone (RFC 1035 3.3.13); times in seconds.

    ``mname`` and ``rname`` are absolute text without final dot; ``ttl`` is the record's own.
    Negative answers live for the lower of ``ttl`` and ``minimum`` (RFC 2308 section 5).
    """

    mname: str
    rname: str
    serial: Seconds32 = 1
    refresh: Seconds32 = 3600
    retry: Seconds32 = 600
    expire: Seconds32 = 1_209_600
    minimum: Seconds32 = 300
    ttl: Ttl = 3600


class Zone(msgspec.Struct, array_like=True, frozen=True, kw_only=True, gc=False):
    """A zone: its name (absolute, no final dot, A-labels), its SOA, its defaults.

    ``record_count`` counts its records, disabled ones too, so that limits cost no scan.
    """

    id: str
    name: str
    soa: Soa
    default_ttl: Ttl = 300
    source: Source = "api"
    origin: str = ""
    created_ns: int = 0
    updated_ns: int = 0
    record_count: int = 0


class HealthCheck(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """How the load balancer learns whether a record's address is alive."""

    probe_type: Literal["ping", "http", "https", "tcp"]
    interval_secs: Annotated[int, Meta(ge=1, le=86_400)] = 10
    timeout_secs: Annotated[int, Meta(ge=1, le=3_600)] = 5
    unhealthy_threshold: Annotated[int, Meta(ge=1, le=1_000)] = 3
    healthy_threshold: Annotated[int, Meta(ge=1, le=1_000)] = 2
    endpoint: Annotated[str, Meta(max_length=2_000)] = ""


class Record(msgspec.Struct, array_like=True, frozen=True, kw_only=True, gc=False):
    """One resource record of a zone.

    ``name`` is relative to the zone, with escapes where needed; ``type`` is the RR type's number;
    ``ttl`` is in seconds; ``rdata`` is wire bytes without compression.  A record that is not
    ``enabled`` is kept and not answered.  ``origin`` says more about the source (a lease, a peer).
    """

    id: str
    zone_id: str
    name: str
    type: int
    ttl: int
    rdata: bytes
    enabled: bool = True
    source: Source = "api"
    origin: str = ""
    comment: str = ""
    health_check: HealthCheck | None = None
    created_ns: int = 0
    updated_ns: int = 0


def new_ids(count: int, time_ns: int) -> list[str]:
    """Fresh UUIDs of version 7 (RFC 9562 5.7) as text, in ascending order.

    ``time_ns`` is Unix time.  Ids of one call are counted from a random start (RFC 9562 6.2, method
    1): that is quick, and keeps neighbours together in the store.
    """
    stamp = f"{time_ns // 1_000_000 & 0xFFFFFFFFFFFF:012x}"
    noise = os.urandom(10)
    middle = noise[:6].hex()
    start = f"{stamp[:8]}-{stamp[8:]}-7{middle[:3]}-{'89ab'[noise[2] & 3]}{middle[4:7]}-"
    start += middle[7:11]
    first = int.from_bytes(noise[6:], "big") >> 1  # room to count up
    if count == 1:
        return [f"{start}{first:08x}"]
    return list(counted_ids(f"{start}{first:08x}", count))


def counted_ids(first: str, count: int) -> Iterator[str]:
    """So many ids, counted up from the first."""
    start, number = first[:28], int(first[28:], 16)
    return (f"{start}{each:08x}" for each in range(number, number + count))


@lru_cache(maxsize=256)
def _zone_key(zone_id: str) -> bytes:
    """The key of a zone's id, kept: all its records' keys begin with it."""
    return id_key(zone_id)


def id_key(id: str) -> bytes:
    """A UUID's 16 bytes, for keys; raises ValueError when ``id`` is no UUID."""
    key = unhexlify(id.replace("-", ""))
    if len(key) != 16:
        raise ValueError(f"{id!r} is not a UUID")
    return key


def zone_origin(zone: Zone) -> bytes:
    """The zone's name on the wire, as it is spelled."""
    return _origin(zone.name)


@lru_cache(maxsize=1_024)
def _origin(name: str) -> bytes:
    """Asked for each record of a zone."""
    return names.from_text(name)


@lru_cache(maxsize=1_024)
def zone_name_key(wire: bytes) -> bytes:
    """The key of a zone in the index ``name``, from its name on the wire."""
    return names.canonical_key(wire)


def owner_prefix(zone_id: str, relative: str) -> bytes:
    """What the keys of all records with one owner begin with; no other record's key does.

    A zero after the owner's key ends it, since no label is empty.
    """
    return _zone_key(zone_id) + names.relative_key(relative) + b"\0"


def rrset_prefix(zone_id: str, relative: str, type: int) -> bytes:
    """What the keys of an RRset's records begin with."""
    return owner_prefix(zone_id, relative) + type.to_bytes(2, "big")


def record_key(record: Record) -> bytes:
    """Zone, owner in canonical order (RFC 4034 6.1), type, id: a scan gives a zone in order."""
    return (
        _zone_key(record.zone_id)
        + names.relative_key(record.name)
        + b"\0"
        + record.type.to_bytes(2, "big")
        + id_key(record.id)
    )


ZONES: Collection[Zone] = Collection(
    "dns.zones",
    Zone,
    key=lambda zone: id_key(zone.id),
    indexes=(Index("name", lambda zone: (zone_name_key(zone_origin(zone)),), unique=True),),
)

RECORDS: Collection[Record] = Collection(
    "dns.records",
    Record,
    key=record_key,
    indexes=(Index("id", lambda record: (id_key(record.id),), unique=True),),
)

COLLECTIONS = (ZONES, RECORDS)
