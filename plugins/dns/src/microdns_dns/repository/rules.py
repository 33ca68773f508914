"""What must hold for the records of one owner, whoever writes them."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from microdns_dns import names
from microdns_dns.model import AUTOMATIC, CONFIG, Record
from microdns_dns.rdata import type_name
from microdns_dns.rdata.numbers import CNAME, DNAME, KEY, NS, NSEC, RRSIG, TARGETS

BESIDE_CNAME = frozenset({CNAME, KEY, NSEC, RRSIG})
"""Types that may share an owner with a CNAME (RFC 2181 10.1, RFC 4034 2.5)."""

_RR_OVERHEAD = 12
"""Octets of a record in a message beside its data, its owner compressed."""


class Breach(NamedTuple):
    """A rule broken by ``record``, because of ``other``."""

    record: Record
    other: Record | None
    message: str


def rank(source: str) -> int:
    """Whose word counts more: declared, then curated, then learned."""
    if source == CONFIG:
        return 2
    return 0 if source in AUTOMATIC else 1


def breaches(records: Iterable[Record], rrset_octets_max: int) -> Iterator[Breach]:
    """The rules that records break; of each owner among them, all its records must be given.

    Records that are not enabled break none.
    """
    enabled = [record for record in records if record.enabled]
    yield from _alone(enabled)
    yield from _too_large(enabled, rrset_octets_max)


def _alone(records: list[Record]) -> Iterator[Breach]:
    """CNAME stands alone; DNAME is single, and not beside NS but at the apex (RFC 6672 2.3)."""
    alone: dict[str, Record] = {}
    dnames: dict[str, Record] = {}
    for record in records:
        if record.type == CNAME:
            yield from _one_cname(alone, record)
        elif record.type == DNAME:
            first = dnames.setdefault(record.name.lower(), record)
            if first is not record:
                yield Breach(record, first, f"{record.name} has a DNAME already")
    if not alone and not dnames:
        return
    for record in records:
        owner = record.name.lower()
        cname = alone.get(owner)
        if cname is not None and record.type not in BESIDE_CNAME:
            yield Breach(
                record,
                cname,
                f"{record.name} has a CNAME, beside which no {type_name(record.type)} may stand "
                "(RFC 2181 10.1)",
            )
        if record.type == NS and owner in dnames and owner != "@":
            yield Breach(
                record, dnames[owner], f"{record.name} has a DNAME, beside which no NS may stand"
            )


def _one_cname(alone: dict[str, Record], record: Record) -> Iterator[Breach]:
    first = alone.setdefault(record.name.lower(), record)
    if first is not record:
        yield Breach(record, first, f"{record.name} has a CNAME already")
    if record.name == "@":
        yield Breach(
            record,
            None,
            "a zone's own name can't have a CNAME, since it has an SOA (RFC 1034 3.6.2)",
        )


def _too_large(records: list[Record], most: int) -> Iterator[Breach]:
    if sum([len(record.rdata) + _RR_OVERHEAD for record in records]) <= most:
        return
    sizes: dict[tuple[str, int], int] = {}
    for record in records:
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
