"""What must hold for the records of one owner, whoever writes them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Generic, NamedTuple, Protocol, TypeVar

from microdns_dns import names
from microdns_dns.model import AUTOMATIC, CONFIG
from microdns_dns.rdata import type_name
from microdns_dns.rdata.numbers import CNAME, DNAME, KEY, NS, NSEC, RRSIG, TARGETS

BESIDE_CNAME = frozenset({CNAME, KEY, NSEC, RRSIG})
"""Types that may share an owner with a CNAME (RFC 2181 10.1, RFC 4034 2.5)."""

_RR_OVERHEAD = 12
"""Octets of a record in a message beside its data, its owner compressed."""


class Data(Protocol):
    """What the rules look at: a record, or a draft of one."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> int: ...
    @property
    def rdata(self) -> bytes: ...
    @property
    def enabled(self) -> bool: ...


D = TypeVar("D", bound=Data)


class Breach(NamedTuple, Generic[D]):
    """A rule broken by ``record``, because of ``other``."""

    record: D
    other: D | None
    message: str


def rank(source: str) -> int:
    """Whose word counts more: declared, then curated, then learned."""
    if source == CONFIG:
        return 2
    return 0 if source in AUTOMATIC else 1


def breaches(records: Iterable[D], rrset_octets_max: int) -> Iterator[Breach[D]]:
    """The rules that records break; of each owner among them, all its records must be given.

    Records that are not enabled break none.  Built for many records that break nothing.
    """
    enabled = [record for record in records if record.enabled]
    yield from _beside_cname(enabled)
    yield from _beside_dname(enabled)
    yield from _too_large(enabled, rrset_octets_max)


def _beside_cname(records: list[D]) -> Iterator[Breach[D]]:
    """A CNAME is alone and single (RFC 2181 10.1), and not at the zone's own name."""
    alone: dict[str, D] = {}
    for record in records:
        if record.type != CNAME:
            continue
        first = alone.setdefault(record.name.lower(), record)
        if first is not record:
            yield Breach(record, first, f"{record.name} has a CNAME already")
        if record.name == "@":
            message = "a zone's own name can't have a CNAME, since it has an SOA (RFC 1034 3.6.2)"
            yield Breach(record, None, message)
    if not alone:
        return
    for record in [record for record in records if record.name.lower() in alone]:
        if record.type not in BESIDE_CNAME:
            yield Breach(
                record,
                alone[record.name.lower()],
                f"{record.name} has a CNAME, beside which no {type_name(record.type)} may stand "
                "(RFC 2181 10.1)",
            )


def _beside_dname(records: list[D]) -> Iterator[Breach[D]]:
    """A DNAME is single, and not beside NS but at the zone's own name (RFC 6672 2.3)."""
    dnames: dict[str, D] = {}
    for record in records:
        if record.type != DNAME:
            continue
        first = dnames.setdefault(record.name.lower(), record)
        if first is not record:
            yield Breach(record, first, f"{record.name} has a DNAME already")
    if not dnames:
        return
    for record in [record for record in records if record.type == NS and record.name != "@"]:
        dname = dnames.get(record.name.lower())
        if dname is not None:
            yield Breach(record, dname, f"{record.name} has a DNAME, beside which no NS may stand")


def _too_large(records: list[D], most: int) -> Iterator[Breach[D]]:
    largest = max([len(record.rdata) for record in records], default=0) + _RR_OVERHEAD
    if len(records) * largest <= most:
        return
    crowd = Counter([record.name.lower() for record in records])
    crowded = {owner for owner, count in crowd.items() if count * largest > most}
    sizes: dict[tuple[str, int], int] = {}
    for record in [record for record in records if record.name.lower() in crowded]:
        key = (record.name.lower(), record.type)
        before = sizes.get(key, 0)
        sizes[key] = size = before + len(record.rdata) + _RR_OVERHEAD
        if size > most >= before:
            yield Breach(
                record,
                None,
                f"the {type_name(record.type)} records of {record.name} would take more than "
                f"{most} octets",
            )


def target_problem(type: int, rdata: bytes) -> str:
    """Why a record's target can't be meant, or an empty string: addresses are no names."""
    at = 0 if type == CNAME else TARGETS.get(type)
    if at is None:
        return ""
    labels = names.labels(rdata[at : names.wire_end(rdata, at)])
    if not labels:
        return "an NS record needs the name of a server" if type == NS else ""
    if len(labels) == 4 and all(label.isdigit() and int(label) < 256 for label in labels):
        address = b".".join(labels).decode()
        return f"{address} is an address; {type_name(type)} records take names"
    return ""
