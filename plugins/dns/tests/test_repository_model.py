"""Whatever is done to a zone, rules hold, counts are right, and the journal tells the state."""

import tempfile
from typing import Any

import anyio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from microdns.errors import MicroDNSError
from microdns.operations import Call
from microdns.points import Point
from microdns.store import Reader, Store
from microdns.testing.clock import FakeClock
from microdns_dns.events import (
    EVENTS,
    RecordsChanged,
    ZoneCreated,
    ZoneDeleted,
    ZoneUpdated,
)
from microdns_dns.model import COLLECTIONS, RECORDS, ZONES, Record, Soa, Zone
from microdns_dns.rdata.numbers import AAAA, CNAME, DNAME, NS, TXT, A
from microdns_dns.repository import (
    Add,
    Alter,
    Change,
    DeclaredZone,
    Draft,
    Remove,
    RemoveMatching,
    ZoneAlter,
    ZoneContent,
    ZoneRepository,
    all_zones,
    records_of,
)
from microdns_dns.repository.planning import identity
from microdns_dns.repository.rules import breaches, rank
from microdns_dns.repository.serials import is_newer

ZONE = "example.test"
DATA = {
    A: [b"\xc0\0\2\1", b"\xc0\0\2\2"],
    AAAA: [bytes(16)],
    TXT: [b"\1x", b"\1X"],
    CNAME: [b"\1x\0", b"\1X\0", b"\1y\0"],
    DNAME: [b"\1x\0", b"\1y\0"],
    NS: [b"\1x\0"],
}
NAMES = st.sampled_from(["@", "a", "A", "b", "*", "x.a"])
DRAFTS = st.sampled_from(sorted(DATA)).flatmap(
    lambda kind: st.builds(
        Draft,
        NAMES,
        st.just(kind),
        st.sampled_from(DATA[kind]),
        st.sampled_from([5, 60]),
        st.booleans(),
    )
)
MANY = st.lists(DRAFTS, max_size=4)
SOURCES = st.sampled_from(["api", "dhcp", "mdns"])
PICKS = st.integers(0, 7)
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("add"), DRAFTS),
        st.tuples(st.just("alter"), PICKS, DRAFTS),
        st.tuples(st.just("remove"), PICKS),
        st.tuples(st.just("matching"), NAMES, st.sampled_from([None, A, TXT])),
    ),
    min_size=1,
    max_size=3,
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("change"), SOURCES, CHANGES),
        st.tuples(st.just("replace"), MANY),
        st.tuples(st.just("sync"), SOURCES, MANY),
        st.tuples(st.just("declare"), st.none() | MANY),
        st.tuples(st.just("update"), st.integers(0, 2**32 - 1), st.integers(0, 3)),
        st.tuples(st.just("delete")),
        st.tuples(st.just("create")),
    ),
    max_size=12,
)


class World:
    """A repository, and what its journal says that it holds."""

    def __init__(self, store: Store, clock: FakeClock) -> None:
        self.store = store
        self.clock = clock
        self.repository = ZoneRepository(store, clock)
        self.states: dict[int, State] = {}
        self.zones: dict[str, Zone] = {}
        self.records: dict[str, Record] = {}
        self.read = 0

    async def do(self, step: tuple[Any, ...]) -> None:
        kind, *rest = step
        try:
            await getattr(self, kind)(*rest)
        except MicroDNSError:
            return

    async def create(self) -> None:
        await self.repository.create_zone(Call(), self.repository.new_zone(ZONE))

    async def delete(self) -> None:
        await self.repository.delete_zone(Call(), ZONE)

    async def update(self, serial: int, minimum: int) -> None:
        soa = Soa("a.test", "b.test", serial=serial, minimum=minimum)
        await self.repository.update_zone(Call(), ZONE, ZoneAlter(soa=soa))

    async def change(self, source: str, changes: list[tuple[Any, ...]]) -> None:
        made = [self.made(*each) for each in changes]
        await self.repository.change(Call(), ZONE, made, source=source, origin="o")

    def made(self, kind: str, *rest: Any) -> Change:
        ids = sorted(self.records) or ["none"]
        if kind == "add":
            return Add(rest[0])
        if kind == "matching":
            return RemoveMatching(*rest)
        id = ids[rest[0] % len(ids)]
        if kind == "remove":
            return Remove(id)
        draft = rest[1]
        return Alter(
            id=id, name=draft.name, type=draft.type, rdata=draft.rdata, enabled=draft.enabled
        )

    async def replace(self, drafts: list[Draft]) -> None:
        soa = Soa("a.test", "b.test", serial=9)
        await self.repository.replace_zone(Call(), ZoneContent(ZONE, soa, 60, drafts))

    async def sync(self, source: str, drafts: list[Draft]) -> None:
        await self.repository.sync_records(Call(), ZONE, drafts, source=source, origin="o")

    async def declare(self, drafts: list[Draft] | None) -> None:
        declared = [] if drafts is None else [DeclaredZone(ZONE, drafts=drafts)]
        await self.repository.declare(declared)

    def check(self, before: dict[str, Record]) -> None:
        self.follow_journal()
        zones = list(all_zones(self.store))
        assert {zone.id: zone for zone in zones} == self.zones
        records = [record for zone in zones for record in records_of(self.store, zone)]
        assert {record.id: record for record in records} == self.records
        for zone in zones:
            assert zone.record_count == len(records)
        assert list(breaches(records, 60_000)) == []
        assert len({identity(one.name, one.type, one.rdata) for one in records}) == len(records)
        for record in records:
            old = before.get(record.id)
            assert old is None or rank(old.source) <= rank(record.source)

    def follow_journal(self) -> None:
        for entry in self.store.journal.read(after=self.read):
            self.read = entry.sequence
            match entry.event:
                case ZoneCreated(zone=zone):
                    assert zone.id not in self.zones
                    self.zones[zone.id] = zone
                case ZoneUpdated(before=old, after=new):
                    assert self.zones[new.id] == old
                    self.zones[new.id] = new
                    assert is_newer(new.soa.serial, old.soa.serial)
                case ZoneDeleted(zone=zone):
                    assert self.zones.pop(zone.id).id == zone.id
                case RecordsChanged() as changed:
                    self.follow_records(changed)

    def follow_records(self, changed: RecordsChanged) -> None:
        for change in changed.changes:
            if change.before is not None:
                assert self.records.pop(change.before.id) == change.before
            if change.after is not None:
                assert change.after.id not in self.records
                self.records[change.after.id] = change.after
        zone = self.zones[changed.zone_id]
        if zone.soa.serial != changed.serial_after:
            assert zone.soa.serial == changed.serial_before
            assert is_newer(changed.serial_after, changed.serial_before)
        stored = next((one for one in all_zones(self.store) if one.id == zone.id), None)
        self.zones[zone.id] = stored or zone


State = tuple[list[Zone], list[Record], list[str]]
"""Zones by name, records by key, and the ids of records that their index finds."""


def state_of(reader: Reader) -> State:
    zones, records = list(all_zones(reader)), list(reader.scan(RECORDS))
    return zones, records, [each.id for each in reader.find(RECORDS, "id", b"", prefix=True)]


async def check_past(store: Store, sequence: int, state: State) -> None:
    """The past is what was there then, to the last field; so is one zone of it."""
    async with store.snapshot(Point(sequence=sequence)) as past:
        await past.unwind(ZONES)
        await past.unwind(RECORDS)
        assert state_of(past) == state
    for zone in state[0]:
        async with store.snapshot(Point(sequence=sequence)) as past:
            await past.unwind(ZONES)
            await past.unwind(RECORDS, zone.id)
            assert list(records_of(past, zone)) == [
                each for each in state[1] if each.zone_id == zone.id
            ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_any_history_keeps_the_rules_and_is_told_by_the_journal(
    steps: list[tuple[Any, ...]],
) -> None:
    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            clock = FakeClock()
            store = await Store.open(folder, COLLECTIONS, EVENTS, clock=clock)
            world = World(store, clock)
            await world.create()
            for step in steps:
                before = dict(world.records)
                clock.jump_wall(1)
                await world.do(step)
                world.check(before)
                world.states[store.sequence] = state_of(store)
            for sequence, state in world.states.items():
                await check_past(store, sequence, state)
            await store.close()

    anyio.run(run)
