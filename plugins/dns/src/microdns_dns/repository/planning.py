"""What a transaction will do to the records of one zone, decided before anything is written."""

from collections.abc import Callable, Iterable, Sequence

import anyio.lowlevel
import msgspec

from microdns.errors import Conflict
from microdns_dns.events import RecordChange
from microdns_dns.model import AUTOMATIC, Record, Zone, new_ids
from microdns_dns.rdata import rdata_canonical, type_name
from microdns_dns.rdata.numbers import AAAA, TXT, A
from microdns_dns.repository.drafts import Draft
from microdns_dns.repository.rules import breaches, rank

SLICE = 500
"""Items between two pauses of long work: some milliseconds."""
_PROBLEMS_MAX = 100
_NAMELESS = frozenset({A, AAAA, TXT})
"""Frequent types without names in their data, whose octets are canonical as they are."""

Identity = tuple[str, int, bytes]


def identity(name: str, type: int, rdata: bytes) -> Identity:
    """Equal for records that are the same (RFC 2181 section 5), whatever the case of names."""
    if type not in _NAMELESS:
        rdata = rdata_canonical(type, rdata)
    return name.lower(), type, rdata


def rrset_of(record: Record) -> tuple[str, int]:
    """Equal for records of one RRset."""
    return record.name.lower(), record.type


class Plan:
    """The changes to come: ``removed``, ``altered`` (before, after), ``added``.

    ``kept`` are records that stay as they are, at least all those of the owners concerned;
    ``same`` counts those of other owners that were compared, too.
    """

    def __init__(self, zone: Zone, source: str, origin: str, time_ns: int) -> None:
        self.zone = zone
        self.source = source
        self.origin = origin
        self.time_ns = time_ns
        self.removed: list[Record] = []
        self.altered: list[tuple[Record, Record]] = []
        self.added: list[Record] = []
        self.kept: list[Record] = []
        self.same = 0
        self.warnings: list[str] = []

    def record(self, draft: Draft, id: str) -> Record:
        """The record that a draft becomes."""
        return Record(
            id=id,
            zone_id=self.zone.id,
            name=draft.name,
            type=draft.type,
            ttl=self.zone.default_ttl if draft.ttl is None else draft.ttl,
            rdata=draft.rdata,
            enabled=draft.enabled,
            source=self.source,
            origin=self.origin,
            comment=draft.comment,
            health_check=draft.health_check,
            created_ns=self.time_ns,
            updated_ns=self.time_ns,
        )

    def alter(self, before: Record, after: Record) -> None:
        """Note a change, or that there is none; who outranks the record's source takes it over."""
        if rank(before.source) < rank(self.source):
            after = msgspec.structs.replace(after, source=self.source, origin=self.origin)
        if after == before:
            self.kept.append(before)
        else:
            after = msgspec.structs.replace(after, updated_ns=self.time_ns)
            self.altered.append((before, after))

    def settle(self, rrset_octets_max: int) -> None:
        """Let lower ranks give way, then hold the outcome against the rules.

        Raises Conflict that names every rule it would break.
        """
        self._evict_learned()
        final = [*self.kept, *self.added, *(after for _, after in self.altered)]
        staying = {record.id for record in self.kept if rank(record.source) < 2}
        weaker: list[Record] = []
        problems: list[str] = []
        for breach in breaches(final, rrset_octets_max):
            loser = _loser(breach.record, breach.other, staying)
            if loser is None:
                problems.append(breach.message)
            else:
                weaker.append(loser)
        if problems:
            raise Conflict("\n".join(problems[:_PROBLEMS_MAX]))
        self._evict(weaker)

    def _evict_learned(self) -> None:
        """Learned records leave the RRsets that somebody now answers for."""
        learned = [record for record in self.kept if record.source in AUTOMATIC]
        if learned:
            now = [*self.added, *(after for _, after in self.altered)]
            curated = {rrset_of(one) for one in now if one.source not in AUTOMATIC}
            self._evict([record for record in learned if rrset_of(record) in curated])

    def _evict(self, records: list[Record]) -> None:
        gone = {record.id: record for record in records}
        if gone:
            self.kept = [record for record in self.kept if record.id not in gone]
            self.removed += gone.values()

    def warn(self, message: str) -> None:
        """Note something that is no error; only so many are kept."""
        if len(self.warnings) < _PROBLEMS_MAX:
            self.warnings.append(message)

    def changes(self) -> list[RecordChange]:
        """What happens, in the order in which it can be applied."""
        return [
            *[RecordChange(record, None) for record in self.removed],
            *[RecordChange(before, after) for before, after in self.altered],
            *[RecordChange(None, record) for record in self.added],
        ]


def _loser(one: Record, other: Record | None, staying: set[str]) -> Record | None:
    """Which of two that can't stand together gives way: one that was there, of lower rank."""
    if other is None or rank(one.source) == rank(other.source):
        return None
    weak = one if rank(one.source) < rank(other.source) else other
    return weak if weak.id in staying else None


async def replacement(
    plan: Plan,
    existing: Iterable[Record],
    drafts: Sequence[Draft],
    replaces: Callable[[Record], bool],
) -> None:
    """Plan that the zone has these drafts; records that ``replaces`` picks go if not wanted.

    What is there and wanted stays as it is, with its id and its history.
    """
    present: dict[Identity, Record] = {}
    for number, record in enumerate(existing):
        if number % SLICE == SLICE - 1:
            await anyio.lowlevel.checkpoint()
        present[identity(record.name, record.type, record.rdata)] = record
    await _match(plan, present, drafts)
    for record in present.values():
        (plan.removed if replaces(record) else plan.kept).append(record)


async def _match(plan: Plan, present: dict[Identity, Record], drafts: Sequence[Draft]) -> None:
    """Pair drafts with the records that are there; what is paired leaves ``present``."""
    shadowed = _curated(plan, present)
    ids = new_ids(len(drafts), plan.time_ns)
    seen: set[Identity] = set()
    for number, draft in enumerate(drafts):
        if number % SLICE == SLICE - 1:
            await anyio.lowlevel.checkpoint()
        same = identity(draft.name, draft.type, draft.rdata)
        if same in seen:
            plan.warn(f"{draft.name} {type_name(draft.type)} is given twice")
            continue
        seen.add(same)
        found = present.pop(same, None)
        if found is not None:
            _pair(plan, found, draft)
        elif shadowed and same[:2] in shadowed:
            plan.warn(f"{draft.name} {type_name(draft.type)} is curated: not added")
        else:
            plan.added.append(plan.record(draft, ids[number]))


def _curated(plan: Plan, present: dict[Identity, Record]) -> set[tuple[str, int]]:
    """The RRsets that an automatic source must leave alone; none for any other."""
    if plan.source not in AUTOMATIC:
        return set()
    return {rrset_of(one) for one in present.values() if one.source not in AUTOMATIC}


def _pair(plan: Plan, found: Record, draft: Draft) -> None:
    if rank(found.source) > rank(plan.source):
        plan.kept.append(found)
        return
    wanted = msgspec.structs.replace(
        found,
        name=draft.name,
        ttl=plan.zone.default_ttl if draft.ttl is None else draft.ttl,
        rdata=draft.rdata,
        enabled=draft.enabled,
    )
    plan.alter(found, wanted)
