"""The end of a large zone: read once, told in short, removed by ranges.

What the journal tells is the same as of a small one: every record, which is how it comes back.
"""

from collections.abc import Iterator

import anyio.lowlevel
import msgspec

from microdns.operations.model import Progress
from microdns.store import Transaction
from microdns_dns.events import (
    CHANGES_PER_ENTRY_MAX,
    RecordChange,
    RecordsChanged,
    alike,
    packed,
)
from microdns_dns.model import RECORDS, Record, Zone, counted_ids, id_key

_ARRAY32 = b"\xdd"
_decode = msgspec.msgpack.Decoder(list[Record]).decode
_FEW = 64
"""Ids that count up: from so many on, their index rows go as a range."""


class BulkRemover:
    """Removes all records of a zone within a transaction."""

    def __init__(self, tx: Transaction, zone: Zone, progress: Progress) -> None:
        self._tx = tx
        self._zone = zone
        self._progress = progress
        self._runs: list[tuple[str, int]] = []
        """Ids that count up: the first, and how many."""

    async def remove(self) -> None:
        """Journal entries of all records, then the rows; a dry run has only the former."""
        done = 0
        for rows in self._tx.scan_rows(RECORDS, id_key(self._zone.id), CHANGES_PER_ENTRY_MAX):
            values = b"".join([value for _, value in rows])
            self._tell(_decode(_ARRAY32 + len(rows).to_bytes(4, "big") + values))
            done += len(rows)
            self._progress(done, max(done, self._zone.record_count), "records")
            await anyio.lowlevel.checkpoint()
        if not self._tx.dry_run:
            await self._sweep()

    def _tell(self, records: list[Record]) -> None:
        zone, short = self._zone, alike(records)
        event = RecordsChanged(
            zone_id=zone.id,
            zone=zone.name,
            serial_before=zone.soa.serial,
            serial_after=zone.soa.serial,
            listed=[] if short else [RecordChange(record, None) for record in records],
            updated_before_ns=zone.updated_ns,
        )
        if short:
            event = msgspec.structs.replace(event, removed=packed(short))
            self._note(records[0].id, len(records))
        else:
            for record in records:
                self._note(record.id, 1)
        self._tx.emit(event)

    def _note(self, first: str, count: int) -> None:
        """Ids that follow the last ones lengthen their run."""
        if self._runs:
            start, so_far = self._runs[-1]
            if _id_after(start, so_far) == first:
                self._runs[-1] = (start, so_far + count)
                return
        self._runs.append((first, count))

    async def _sweep(self) -> None:
        sweep = self._tx.sweep(RECORDS)
        sweep.values(id_key(self._zone.id))
        for first, count in self._runs:
            low, high = id_key(first), id_key(_id_after(first, count - 1))
            if count >= _FEW and await _count(sweep.index_rows("id", low, high)) == count:
                sweep.index_range("id", low, high)  # there is nothing of others in between
                continue
            for id in counted_ids(first, count):
                sweep.index_key("id", id_key(id))


def _id_after(first: str, count: int) -> str:
    """The id that is so many after the first; it has more letters where none can be."""
    return f"{first[:28]}{int(first[28:], 16) + count:08x}"


async def _count(rows: Iterator[object]) -> int:
    found = 0
    for _ in rows:
        found += 1
        if found % CHANGES_PER_ENTRY_MAX == 0:
            await anyio.lowlevel.checkpoint()
    return found
