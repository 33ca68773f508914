"""Zone files: read to a zone or to located mistakes; what is read is exported and read again."""

import re
from pathlib import Path

from microdns.errors import Invalid, Problem
from microdns_auth.zonefile import ZoneReader, ZoneText, write_zone
from microdns_dns.model import Record, Zone, new_ids, record_key
from microdns_dns.repository import Draft, ZoneContent

SEEDS = [
    Path("examples/quickstart.zone").read_bytes(),
    b"$ORIGIN a.\n$TTL 1\n@ SOA a b 1 2 3 4 5\n",
    b"$TTL 1h\n@ IN SOA a b ( 1 2 3 4 5 ) ; c\n$GENERATE 1-9/2 h${0,3,x} A 192.0.2.$\n",
    b"$ORIGIN a.\n$TTL 1\n@ SOA a b 1 2 3 4 5\n$INCLUDE inner sub\n$INCLUDE loop\n",
    b'$ORIGIN a.\n$TTL 1\n@ SOA a b 1 2 3 4 5\n\t TXT a "b;" (\n\\099 )\n',
    "$ORIGIN bücher.\n$TTL 1\n@ SOA a b 1 2 3 4 5\nü TXT ü\n".encode(),
    b"a. 5 SOA a. b. 1 2 3 4 5\r\nx\\.y\\000.a. 3 CLASS1 TYPE65280 \\# 2 0102\r\n",
]
INCLUDES = {"inner": "x A 192.0.2.1\n$ORIGIN deep\ny CNAME z\n", "loop": "$INCLUDE loop\n"}
_PLACE = re.compile(r"(.*):[0-9]+|zone file|", re.DOTALL)


def one(data: bytes) -> None:
    """Read it as an import does."""
    content = read(data.decode("utf-8", "replace"))
    if content is None:
        return
    zone = Zone(
        id=new_ids(1, 0)[0], name=content.name, soa=content.soa, default_ttl=content.default_ttl
    )
    records = [record(zone, draft) for draft in content.drafts]
    text = "".join(write_zone(zone, sorted(records, key=record_key)))
    again = read(text)
    assert again is not None, text
    assert (again.name, again.soa, again.default_ttl) == (zone.name, zone.soa, zone.default_ttl)
    assert sorted(map(values, again.drafts)) == sorted(map(values, content.drafts)), text


def read(text: str) -> ZoneContent | None:
    reader = ZoneReader(ZoneText(text, includes=INCLUDES))
    for _ in reader.steps():
        continue
    try:
        return reader.content()
    except Invalid as error:
        for problem in error.problems:
            _check(problem)
        return None


def _check(problem: Problem) -> None:
    assert _PLACE.fullmatch(problem.path), problem
    assert problem.message, problem


def values(draft: Draft) -> tuple[str, int, bytes, int]:
    return draft.name, draft.type, draft.rdata, draft.ttl or 0


def record(zone: Zone, draft: Draft) -> Record:
    return Record(
        id=new_ids(1, 0)[0],
        zone_id=zone.id,
        name=draft.name,
        type=draft.type,
        ttl=draft.ttl or 0,
        rdata=draft.rdata,
    )
