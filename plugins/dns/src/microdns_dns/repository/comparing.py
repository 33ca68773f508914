"""A large zone file beside the zone that is there: what of both needs a closer look.

Most records of a file that comes again are as they were.  A compiled pass over the packed file and
the stored rows leaves them out, owner by owner; no rule looks beyond one owner.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import anyio.lowlevel
import msgspec

from microdns.store import Reader
from microdns_dns.model import RECORDS, Record, Zone, id_key
from microdns_dns.repository.bulk import BulkDrafts
from microdns_dns.repository.drafts import Draft

_decode = msgspec.msgpack.Decoder(Record).decode


@dataclass(frozen=True)
class Different:
    """Owners of which file and zone say different things: what each has of them."""

    records: list[Record]
    drafts: Sequence[Draft]
    same: int
    """Records of all other owners."""


async def compare(
    reader: Reader, zone: Zone, drafts: BulkDrafts, sources: Iterable[str]
) -> Different:
    """Compare a settled run with a zone.

    A record counts as the same if it is enabled and of one of these sources, and agrees in name
    (its case, too), type, TTL and data.
    """
    from microdns_dns.bulk.comparing import Comparison  # compiled: whoever has a run has it

    key = id_key(zone.id)
    known = tuple(msgspec.msgpack.encode(source) for source in sorted(sources))
    comparison = Comparison(drafts.run, len(key), known)
    for rows in reader.scan_rows(RECORDS, key):
        comparison.feed(rows)
        await anyio.lowlevel.checkpoint()
    comparison.finish()
    records = [_decode(value) for _, value in comparison.rows]
    return Different(records, [drafts[at] for at in sorted(comparison.places)], comparison.same)
