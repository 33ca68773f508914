"""Large zones take a way of their own in, and come to the same."""

import logging
from collections.abc import Iterator
from random import Random

import pytest

from microdns.bus import Bus
from microdns.errors import Conflict, Outdated, TooLarge
from microdns.operations import Call
from microdns.store import Store
from microdns.testing.clock import FakeClock
from microdns_dns import names
from microdns_dns.bulk import is_built
from microdns_dns.events import RecordsChanged, ZoneCreated
from microdns_dns.feed import ViewFeed, build_zone
from microdns_dns.model import RECORDS, Record, Soa
from microdns_dns.operations.history import HistoryOperations
from microdns_dns.protocol import RRType
from microdns_dns.repository import (
    BulkDrafts,
    Draft,
    Limits,
    RemoveMatching,
    ZoneContent,
    ZoneRepository,
)
from microdns_dns.repository import zones as zones_module
from microdns_dns.repository.bulk import BulkWriter
from microdns_dns.view import Node, Views

if not is_built():
    pytest.skip("the compiled modules are not built", allow_module_level=True)

from microdns_dns.bulk.run import RecordRun
from microdns_dns.engine.core import Engine
from microdns_dns.engine.view import CompiledViews

pytestmark = pytest.mark.anyio

CALL = Call()
ZONE = "Example.com"
SOA = Soa("ns1.example.com", "admin.example.com", serial=7)


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zones_module, "BULK_MIN", 1)


@pytest.fixture(params=["plain", "compiled"])
async def views(request: pytest.FixtureRequest, store: Store, repository: ZoneRepository) -> Views:
    views = Views() if request.param == "plain" else CompiledViews(Engine().zones)
    repository.preparing = views
    await ViewFeed(views, logging.getLogger("tests.bulk")).start(store, Bus(store.journal))
    return views


def run_of(drafts: list[Draft]) -> RecordRun:
    run = RecordRun()
    for line, draft in enumerate(drafts):
        key = names.relative_key(draft.name)
        run.add(key, draft.name, draft.type, draft.ttl or 0, draft.rdata, line)
    return run


def content(drafts: list[Draft], *, packed: bool = True, zone: str = ZONE) -> ZoneContent:
    return ZoneContent(zone, SOA, 300, BulkDrafts(run_of(drafts)) if packed else drafts)


def several(count: int = 300, seed: int = 1) -> list[Draft]:
    """Names of all kinds: empty ones above them, escapes, upper case, the zone's own."""
    random = Random(seed)
    labels = ["a", "B", "c-d", "*", r"x\.y", r"\000z", r"\001", "host", "@"]
    found = {}
    for number in range(count):
        depth = random.randrange(1, 4)
        name = ".".join(random.choice(labels[:-1]) + str(number % 40) for _ in range(depth))
        name = "@" if number % 50 == 0 else name
        kind = random.choice((RRType.A, RRType.TXT, RRType.AAAA, 65280))
        rdata = some_rdata(kind, number, random.choice((4, 40, 250)))
        found[name.lower(), kind, rdata] = Draft(name, kind, rdata, random.choice((60, 300, 99999)))
    return [*found.values(), Draft("cut", RRType.NS, b"\2ns\3cut\0", 5)]


def some_rdata(kind: int, number: int, size: int) -> bytes:
    """Rdata of this type that says the number; only TXT and unknown types have various sizes."""
    if kind == RRType.TXT:
        return bytes((size,)) + number.to_bytes(size, "big")
    return number.to_bytes({int(RRType.A): 4, int(RRType.AAAA): 16}.get(kind, size), "big")


def told(record: Record) -> tuple[object, ...]:
    return record.name, record.type, record.ttl, record.rdata, record.enabled, record.source


def nodes(views: Views) -> dict[bytes, Node]:
    view = views.zone(ZONE)
    assert view is not None
    return {owner: view.nodes[owner] for owner in view.nodes}


async def test_a_large_zone_is_what_a_small_one_would_be(
    views: Views, repository: ZoneRepository, store: Store
) -> None:
    drafts = several()
    plain = await repository.replace_zone(CALL, content(drafts, packed=False))
    expected = [told(each) for each in repository.records(ZONE)]
    await repository.delete_zone(CALL, plain.zone.id)
    before = store.sequence
    outcome = await repository.replace_zone(CALL, content(drafts))
    records = list(repository.records(ZONE))
    assert [told(each) for each in records] == expected
    rebuilt = await build_zone(Views(), outcome.zone, records)
    assert nodes(views) == dict(rebuilt.nodes)
    assert outcome.zone.record_count == len(records)
    assert outcome.created
    assert outcome.version == before + 1
    for record in records[::37]:
        assert repository.record(ZONE, record.id) == record
    created, *changed = [entry.event for entry in store.journal.read(after=before)]
    assert isinstance(created, ZoneCreated)
    listed = [
        each.after
        for event in changed
        if isinstance(event, RecordsChanged)
        for each in event.changes
    ]
    assert listed == records


async def test_records_of_a_large_zone_change_like_any_other(
    views: Views, repository: ZoneRepository, store: Store
) -> None:
    await repository.replace_zone(CALL, content(several()))
    gone = next(each for each in repository.records(ZONE) if each.name != "@")
    await repository.change(CALL, ZONE, [RemoveMatching(gone.name)])
    left = list(repository.records(ZONE))
    assert gone.name.lower() not in {each.name.lower() for each in left}
    again = await repository.replace_zone(CALL, content(several()))
    assert {told(each) for each in again.added} >= {told(gone)}
    history = HistoryOperations()
    history.attach(repository)
    with pytest.raises(Outdated, match="changed since"):
        await history.undo(CALL, history.declare()[-1].input(sequence=2))
    await repository.delete_zone(CALL, ZONE)
    assert list(store.scan(RECORDS)) == []
    assert len(views) == 0


async def test_a_dry_run_tells_the_same_and_stores_nothing(
    views: Views, repository: ZoneRepository, store: Store
) -> None:
    outcome = await repository.replace_zone(Call(dry_run=True), content(several()))
    assert outcome.created
    assert len(outcome.added) + outcome.added_more == outcome.zone.record_count
    assert list(store.scan(RECORDS)) == []
    assert store.sequence == 0
    assert len(views) == 0


A1 = b"\1\2\3\4"


def broken() -> Iterator[list[Draft]]:
    """Zones that break a rule, with all owners that do."""
    target = b"\1x\0"
    yield [Draft("a", RRType.CNAME, target), Draft("A", RRType.A, A1), Draft("b", RRType.A, A1)]
    yield [Draft("@", RRType.CNAME, target)]
    yield [Draft("a", RRType.DNAME, target), Draft("a", RRType.DNAME, b"\1y\0")]
    yield [Draft("a", RRType.NS, target), Draft("a", RRType.DNAME, b"\1y\0")]
    yield [Draft("a", RRType.TXT, bytes((number, *[0] * 200))) for number in range(90)]


@pytest.mark.parametrize("drafts", list(broken()))
async def test_rules_are_kept(store: Store, fake_clock: FakeClock, drafts: list[Draft]) -> None:
    limits = Limits(rrset_octets_max=10_000)
    repository = ZoneRepository(store, fake_clock, limits)
    messages = []
    for packed in (False, True):
        with pytest.raises(Conflict) as error:
            await repository.replace_zone(CALL, content(drafts, packed=packed))
        messages.append(str(error.value))
    assert messages[0] == messages[1]


@pytest.mark.parametrize("target", [b"\1X\0", b"\1x\0"])
async def test_what_is_given_twice_is_left_out(repository: ZoneRepository, target: bytes) -> None:
    drafts = [
        Draft("a", RRType.NS, b"\1x\0"),
        Draft("b", RRType.TXT, b"\1x"),
        Draft("b", RRType.TXT, b"\1X"),
        Draft("A", RRType.NS, target),
    ]
    outcome = await repository.replace_zone(CALL, content(drafts))
    assert outcome.warnings == ("A NS is given twice",)
    assert [told(each)[:2] for each in repository.records(ZONE)] == [
        ("a", RRType.NS), ("b", RRType.TXT), ("b", RRType.TXT)
    ]  # fmt: skip


async def test_limits_hold(store: Store, fake_clock: FakeClock) -> None:
    for limits in (Limits(records_per_zone_max=3), Limits(zones_max=0)):
        repository = ZoneRepository(store, fake_clock, limits)
        with pytest.raises(TooLarge):
            await repository.replace_zone(CALL, content(several(50)))
    assert list(store.scan(RECORDS)) == []


async def test_what_was_made_ready_for_a_zone_that_fails_is_forgotten(
    store: Store, repository: ZoneRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    views = CompiledViews(Engine().zones)
    repository.preparing = views

    async def fail(_self: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(BulkWriter, "write", fail)
    with pytest.raises(ZeroDivisionError):
        await repository.replace_zone(CALL, content(several(50)))
    assert not views._prepared
    assert list(store.scan(RECORDS)) == []


def test_a_run_is_bounded() -> None:
    run = run_of(several(20))
    run.sort()
    with pytest.raises(IndexError):
        run.record(len(run))
    with pytest.raises(IndexError):
        run.place(run.kept)
    with pytest.raises(ValueError, match="too large"):
        run.add(b"", "@", 1, 1, bytes(70_000), 1)
    with pytest.raises(ValueError, match="16 bits"):
        run.add(b"", "@", 70_000, 1, b"", 1)
    run.sort()
    assert run.packed(1_000, 10) == b"\xdd\0\0\0\0"
    assert run.value_rows(1_000, 10, b"", bytes(8), "0" * 36, "0" * 36, b"") == []


def test_the_order_is_that_of_keys() -> None:
    drafts = several(400, seed=3)
    run = run_of(drafts)
    run.sort()
    placed = [drafts[run.place(place)] for place in range(run.kept)]
    assert placed == sorted(drafts, key=lambda one: (names.relative_key(one.name), one.type))
