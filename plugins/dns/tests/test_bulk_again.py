"""Large zones that come again, or go: the same as of small ones, without an object a record."""

from collections.abc import Iterator
from random import Random

import msgspec
import pytest

from microdns.operations import Call
from microdns.store import Store
from microdns_dns import names
from microdns_dns.bulk import is_built
from microdns_dns.events import RecordChange, RecordsChanged, ZoneDeleted, alike, packed
from microdns_dns.model import RECORDS, Record, Soa, id_key, new_ids, record_key
from microdns_dns.operations.history import HistoryOperations
from microdns_dns.protocol import RRType
from microdns_dns.repository import (
    Add,
    Alter,
    BulkDrafts,
    DeclaredZone,
    Draft,
    Outcome,
    ZoneContent,
    ZoneRepository,
)
from microdns_dns.repository import removing as removing_module
from microdns_dns.repository import zones as zones_module

pytestmark = pytest.mark.anyio
built = pytest.mark.skipif(not is_built(), reason="the compiled modules are not built")

CALL = Call()
ZONE = "example.com"
OTHER = "example.net"
SOA = Soa("ns1.example.com", "admin.example.com", serial=7)


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zones_module, "BULK_MIN", 1)
    monkeypatch.setattr(removing_module, "_FEW", 2)


def drafts_of(random: Random, count: int) -> list[Draft]:
    """Few owners with several records each, in any order, some given twice."""
    kinds = (RRType.A, RRType.TXT, RRType.MX, 65280)
    labels = ("a", "B", "b", "c.d", "*.d", r"x\.y", r"\001", "@", "long" * 12)
    found = []
    for _ in range(count):
        kind = random.choice(kinds)
        rdata = bytes((0, 10, 1, random.choice(b"xX"), 0)) if kind == RRType.MX else (
            random.randrange(4).to_bytes(random.choice((4, 200, 300)), "big")
        )  # fmt: skip
        ttl = random.choice((60, 300, 99999))
        found.append(Draft(random.choice(labels), kind, rdata, ttl))
    return found


def content(drafts: list[Draft], zone: str, *, as_run: bool) -> ZoneContent:
    if not as_run:
        return ZoneContent(zone, SOA, 300, drafts)
    from microdns_dns.bulk.run import RecordRun

    run = RecordRun()
    for line, each in enumerate(drafts):
        key = names.relative_key(each.name)
        run.add(key, each.name, each.type, each.ttl or 0, each.rdata, line)
    return ZoneContent(zone, SOA, 300, BulkDrafts(run))


def told(record: Record | None) -> object:
    return record and (record.name, record.type, record.ttl, record.rdata, record.source)


def summary(outcome: Outcome) -> tuple[object, ...]:
    changes = [(told(change.before), told(change.after)) for change in outcome.changes]
    zone = outcome.zone
    return changes, outcome.kept, set(outcome.warnings), zone.record_count, zone.soa.serial


def changed(outcome: Outcome) -> list[str]:
    """In any order."""
    return sorted(str((told(each.before), told(each.after))) for each in outcome.changes)


async def prepare(repository: ZoneRepository, zone: str, drafts: list[Draft], seed: int) -> None:
    """A zone with records of several sources, some of them disabled."""
    random = Random(seed)
    await repository.replace_zone(CALL, content(drafts, zone, as_run=False))
    for record in list(repository.records(zone)):
        if random.randrange(8) == 0:
            await repository.change(CALL, zone, [Alter(id=record.id, enabled=False)])
        elif random.randrange(8) == 0:
            await repository.change(CALL, zone, [Alter(id=record.id, comment="mine")])
    learned = Draft("learned", RRType.A, bytes(4), 60)
    await repository.change(CALL, zone, [Add(learned)], source="dhcp", origin="a lease")


@built
@pytest.mark.parametrize("seed", range(25))
async def test_what_comes_again_changes_what_the_careful_way_would(
    repository: ZoneRepository, store: Store, seed: int
) -> None:
    random = Random(seed)
    before = drafts_of(random, 30)
    for zone in (ZONE, OTHER):
        await prepare(repository, zone, before, seed)
    after = [each for each in before if random.randrange(6)] + drafts_of(random, 4)
    if random.randrange(3) == 0:
        after.append(Draft("learned", RRType.A, b"\1\2\3\4", 60))
    random.shuffle(after)
    found = [
        summary(await repository.replace_zone(CALL, content(after, zone, as_run=as_run)))
        for zone, as_run in ((ZONE, False), (OTHER, True))
    ]
    assert found[0] == found[1]
    kept = [[told(each) for each in repository.records(zone)] for zone in (ZONE, OTHER)]
    assert sorted(map(str, kept[0])) == sorted(map(str, kept[1]))


@built
@pytest.mark.parametrize("seed", range(10))
async def test_what_is_declared_again_changes_what_the_careful_way_would(
    repository: ZoneRepository, store: Store, seed: int
) -> None:
    random = Random(seed)
    before = drafts_of(random, 30)
    after = [each for each in before if random.randrange(6)] + drafts_of(random, 4)
    random.shuffle(after)
    if seed % 2:
        for zone in (ZONE, OTHER):
            await prepare(repository, zone, before, seed)
    for drafts in (before, after, after):
        declared = [
            DeclaredZone(zone, SOA, 300, content(drafts, zone, as_run=as_run).drafts)
            for zone, as_run in ((ZONE, False), (OTHER, True))
        ]
        listed, run = await repository.declare(declared)
        assert summary(listed)[1:] == summary(run)[1:]
        assert changed(listed) == changed(run)
        kept = [[told(each) for each in repository.records(zone)] for zone in (ZONE, OTHER)]
        assert sorted(map(str, kept[0])) == sorted(map(str, kept[1]))
    assert not listed.changes


@built
async def test_the_same_file_again_changes_nothing(
    repository: ZoneRepository, store: Store
) -> None:
    drafts = [
        Draft(f"h{number}", RRType.A, number.to_bytes(4, "big"), 60) for number in range(3000)
    ]
    await repository.replace_zone(CALL, content(drafts, ZONE, as_run=True))
    sequence = store.sequence
    outcome = await repository.replace_zone(CALL, content(drafts, ZONE, as_run=True))
    assert (outcome.kept, outcome.changes, store.sequence) == (3000, [], sequence)


@built
def test_rows_that_are_none_are_refused_or_differ() -> None:
    from microdns_dns.bulk.comparing import Comparison
    from microdns_dns.bulk.run import RecordRun

    run = RecordRun()
    run.add(b"a\0", "a", 1, 60, b"\1\2\3\4", 1)
    run.sort()
    with pytest.raises(ValueError, match="too short"):
        Comparison(run, 16, ()).feed([(b"short", b"")])
    key = bytes(16) + b"a\0" + b"\0\0\1" + bytes(16)
    for value in (b"", b"\x9d", b"\x9d" * 80, bytes(200)):
        comparison = Comparison(run, 16, (b"\xa3api",))
        comparison.feed([(key, value)])
        comparison.finish()
        assert (comparison.rows, comparison.places, comparison.same) == ([(key, value)], [0], 0)


@pytest.mark.parametrize("seed", range(6))
async def test_the_end_of_a_zone_is_told_record_by_record(
    repository: ZoneRepository, store: Store, seed: int
) -> None:
    await prepare(repository, ZONE, drafts_of(Random(seed), 40), seed)
    await prepare(repository, OTHER, drafts_of(Random(seed), 20), seed)
    records, others = list(repository.records(ZONE)), list(repository.records(OTHER))
    before = store.sequence
    await repository.delete_zone(CALL, ZONE)
    *changed, deleted = [entry.event for entry in store.journal.read(after=before)]
    assert isinstance(deleted, ZoneDeleted)
    listed = [
        change for event in changed if isinstance(event, RecordsChanged) for change in event.changes
    ]
    assert listed == [RecordChange(record, None) for record in records]
    assert list(store.scan(RECORDS)) == others
    for record in records:
        assert list(store.find(RECORDS, "id", id_key(record.id))) == []
    for record in others:
        assert list(store.find(RECORDS, "id", id_key(record.id))) == [record]


async def test_a_zone_that_is_gone_comes_back(repository: ZoneRepository, store: Store) -> None:
    drafts = [Draft(f"h{number}", RRType.A, number.to_bytes(4, "big"), 60) for number in range(200)]
    outcome = await repository.replace_zone(CALL, content(drafts, ZONE, as_run=is_built()))
    kept = [told(each) for each in repository.records(ZONE)]
    await repository.delete_zone(Call(dry_run=True), ZONE)
    assert [told(each) for each in repository.records(ZONE)] == kept
    await repository.delete_zone(CALL, outcome.zone.id)
    entry = next(iter(store.journal.read(after=store.sequence - 2)))
    assert isinstance(entry.event, RecordsChanged)
    assert not entry.event.listed  # in short
    history = HistoryOperations()
    history.attach(repository)
    await history.undo(CALL, history.declare()[-1].input(sequence=store.sequence))
    assert [told(each) for each in repository.records(ZONE)] == kept


async def test_ids_of_others_among_ours_stay(repository: ZoneRepository, store: Store) -> None:
    drafts = [Draft(f"h{number}", RRType.A, bytes(4), 60) for number in range(6)]
    await repository.replace_zone(CALL, content(drafts, ZONE, as_run=is_built()))
    other = await repository.create_zone(CALL, repository.new_zone(OTHER))
    ours = sorted(repository.records(ZONE), key=lambda each: each.id)
    middle = ours[2]
    async with store.transaction() as tx:  # as an import of the store may bring it
        tx.delete(RECORDS, record_key(middle))
        foreign = msgspec.structs.replace(middle, zone_id=other.zone.id)
        tx.insert(RECORDS, foreign)
        tx.emit(ZoneDeleted(zone=other.zone))
    await repository.delete_zone(CALL, ZONE)
    assert list(store.scan(RECORDS)) == [foreign]
    assert list(store.find(RECORDS, "id", id_key(foreign.id))) == [foreign]


def records(count: int, **differing: object) -> Iterator[Record]:
    for number, id in enumerate(new_ids(count, 10**18)):
        more = differing if number == count // 2 else {}
        record = Record(id=id, zone_id=id, name="a", type=1, ttl=60, rdata=bytes(4))
        yield msgspec.structs.replace(record, **more)


@pytest.mark.parametrize(
    "differing",
    [
        {"enabled": False},
        {"comment": "x"},
        {"source": "dhcp"},
        {"origin": "x"},
        {"updated_ns": 8},
        {"created_ns": 8},
        {"id": "00000000-0000-7000-8000-000000000000"},
    ],
)
def test_records_that_differ_are_not_told_in_short(differing: dict[str, object]) -> None:
    assert alike(list(records(5, **differing))) is None
    short = alike(list(records(5)))
    assert short is not None
    assert msgspec.msgpack.decode(packed(short))[4] == [["a", 1, 60, bytes(4)]] * 5
