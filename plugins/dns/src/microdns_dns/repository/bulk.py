"""Large zones that come in one piece: checked as a whole, and written as sorted files.

What a ``Plan`` is to a change, a run of packed records is to them: a million records are never a
million objects.  The rules are those of ``rules``, asked only about owners that may break them.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, overload

import anyio.lowlevel
import anyio.to_thread
import msgspec

from microdns.errors import Conflict
from microdns.operations.model import Progress
from microdns.store import Bulk, Transaction
from microdns_dns.events import CHANGES_PER_ENTRY_MAX, RecordsChanged, packed_additions
from microdns_dns.model import RECORDS, Record, Zone, counted_ids, id_key, new_ids
from microdns_dns.rdata import type_name
from microdns_dns.repository.drafts import Draft
from microdns_dns.repository.planning import identity
from microdns_dns.repository.rules import breaches

if TYPE_CHECKING:  # compiled: it may be missing
    from microdns_dns.bulk.run import RecordRun

BULK_MIN = 5_000
"""Records from which on a new zone takes this way."""
SHOWN_MAX = 1_000
"""Records of an outcome that are given one by one."""
_ROWS = 2_048
"""Rows between two pauses: a few milliseconds."""
_WARNINGS_MAX = 100
_PROBLEMS_MAX = 100


class Preparing(Protocol):
    """Who makes a large zone ready to be answered before it is written."""

    def prepare(self, zone: Zone, run: "RecordRun") -> None:
        """Make ready what will be answered; called in a thread of its own."""

    def give_up(self, zone_id: str) -> None:
        """Forget it, if nobody has taken it."""


class BulkDrafts(Sequence[Draft]):
    """The records of a run, as drafts in the order of their file; each is made when asked for."""

    def __init__(self, run: "RecordRun") -> None:
        self.run = run

    def __len__(self) -> int:
        return len(self.run)

    @overload
    def __getitem__(self, index: int) -> Draft: ...
    @overload
    def __getitem__(self, index: slice) -> list[Draft]: ...
    def __getitem__(self, index: int | slice) -> Draft | list[Draft]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        name, kind, rdata, ttl = self.run.record(index if index >= 0 else len(self) + index)
        return Draft(name, kind, rdata, ttl)

    def __iter__(self) -> Iterator[Draft]:
        record = self.run.record
        for index in range(len(self)):
            name, kind, rdata, ttl = record(index)
            yield Draft(name, kind, rdata, ttl)


async def settle(run: "RecordRun", rrset_octets_max: int) -> list[str]:
    """Bring a run into the store's order, without what is given twice; returns warnings of it.

    Raises Conflict that names the rules it breaks.
    """
    await anyio.to_thread.run_sync(run.sort)
    drafts = BulkDrafts(run)
    suspects = [drafts[place] for place in run.suspects(rrset_octets_max)]
    problems = [breach.message for breach in breaches(suspects, rrset_octets_max)]
    if problems:
        raise Conflict("\n".join(problems[:_PROBLEMS_MAX]))
    return _leave_out_repeated(run, drafts)


def _leave_out_repeated(run: "RecordRun", drafts: BulkDrafts) -> list[str]:
    seen, twice = set(), set()
    warnings: list[str] = []
    for place in run.maybe_twice():
        draft = drafts[place]
        same = identity(draft.name, draft.type, draft.rdata)
        if same in seen:
            twice.add(place)
            if len(warnings) < _WARNINGS_MAX:
                warnings.append(f"{draft.name} {type_name(draft.type)} is given twice")
        seen.add(same)
    if twice:
        run.leave_out(twice)
    return warnings


class BulkWriter:
    """Writes the records of a new zone within a transaction."""

    def __init__(self, tx: Transaction, zone: Zone, run: "RecordRun", progress: Progress) -> None:
        self._tx = tx
        self._zone = zone
        self._run = run
        self._progress = progress
        self._first_id = new_ids(1, zone.created_ns)[0] if run.kept else ""

    async def write(self) -> None:
        """Rows of the index, rows of the values, journal entries; a dry run has only these."""
        if not self._tx.dry_run:
            bulk = self._tx.bulk(RECORDS)
            await self._index(bulk)
            await self._values(bulk)
        await self._emit()

    def sample(self) -> list[Record]:
        """The first records in the order of the store."""
        ids = counted_ids(self._first_id, min(self._run.kept, SHOWN_MAX)) if self._run.kept else ()
        return [self._record(place, id) for place, id in enumerate(ids)]

    def _record(self, place: int, id: str) -> Record:
        name, kind, rdata, ttl = self._run.record(self._run.place(place))
        zone = self._zone
        return Record(
            id=id,
            zone_id=zone.id,
            name=name,
            type=kind,
            ttl=ttl,
            rdata=rdata,
            source=zone.source,
            origin=zone.origin,
            created_ns=zone.created_ns,
            updated_ns=zone.created_ns,
        )

    async def _index(self, bulk: Bulk) -> None:
        head, ending, key = bulk.index_head("id"), bulk.index_ending, id_key(self._zone.id)
        for start in range(0, self._run.kept, _ROWS):
            bulk.add("id", self._run.index_rows(start, _ROWS, head, ending, self._first_id, key))
            await anyio.lowlevel.checkpoint()

    async def _values(self, bulk: Bulk) -> None:
        zone, run = self._zone, self._run
        prefix = bulk.value_prefix + id_key(zone.id)
        tail = (True, zone.source, zone.origin, "", None, zone.created_ns, zone.created_ns)
        fields = b"".join(map(msgspec.msgpack.encode, tail))
        for start in range(0, run.kept, _ROWS):
            bulk.add(
                "values",
                run.value_rows(start, _ROWS, prefix, bulk.version, self._first_id, zone.id, fields),
            )
            self._progress(start, run.kept, "records")
            await anyio.lowlevel.checkpoint()

    async def _emit(self) -> None:
        zone, run, most = self._zone, self._run, CHANGES_PER_ENTRY_MAX
        number = int(self._first_id[28:] or "0", 16)
        for start in range(0, run.kept, most):
            first_id = f"{self._first_id[:28]}{number + start:08x}"
            records = run.packed(start, most)
            self._tx.emit(
                RecordsChanged(
                    zone_id=zone.id,
                    zone=zone.name,
                    serial_before=zone.soa.serial,
                    serial_after=zone.soa.serial,
                    packed=packed_additions(
                        first_id, zone.source, zone.origin, zone.created_ns, records
                    ),
                )
            )
            if start % (64 * most) == 0:
                await anyio.lowlevel.checkpoint()
