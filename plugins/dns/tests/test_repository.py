"""The repository: rules, ranks, serials, limits, minimal replacements, one transaction each."""

import re
from typing import Any

import msgspec
import pytest

from microdns.errors import Conflict, Denied, Invalid, MicroDNSError, NotFound, TooLarge
from microdns.events import Entry
from microdns.operations import Call
from microdns.store import Store
from microdns.testing.clock import FakeClock
from microdns_dns import events
from microdns_dns.model import HealthCheck, Soa, Zone
from microdns_dns.rdata import rdata_from_text, type_number
from microdns_dns.repository import (
    Add,
    Alter,
    Change,
    DeclaredZone,
    Draft,
    Limits,
    Remove,
    RemoveMatching,
    ZoneAlter,
    ZoneContent,
    ZoneRepository,
)

pytestmark = pytest.mark.anyio
CALL = Call()
ORIGIN = b"\x07example\x04test\0"
SOA = Soa("ns1.example.test", "admin.example.test", serial=100)


def draft(name: str, kind: str, text: str, **more: Any) -> Draft:
    number = type_number(kind)
    return Draft(name, number, rdata_from_text(number, text, ORIGIN), **more)


def add(name: str, kind: str, text: str, **more: Any) -> Add:
    return Add(draft(name, kind, text, **more))


async def make_zone(repository: ZoneRepository, *drafts: Draft, **more: Any) -> Zone:
    zone = repository.new_zone("example.test", SOA, **more)
    return (await repository.create_zone(CALL, zone, drafts)).zone


def lines(repository: ZoneRepository) -> list[tuple[str, int, bytes, str]]:
    return [
        (record.name, record.type, record.rdata, record.source)
        for record in repository.records("example.test")
    ]


def journal(store: Store, after: int = 0) -> list[Entry]:
    return list(store.journal.read(after=after))


async def test_a_zone_is_found_by_name_in_any_case_and_by_id(repository: ZoneRepository) -> None:
    zone = await make_zone(repository)
    assert repository.zone("EXAMPLE.test.") == zone
    assert repository.zone(zone.id) == zone
    for missing in ("example.net", "", "a..b", "\u2603\u200d", zone.id[:-1] + "x", "0" * 32):
        with pytest.raises(NotFound):
            repository.zone(missing)


async def test_a_zone_exists_once(repository: ZoneRepository) -> None:
    await make_zone(repository)
    with pytest.raises(Conflict, match=r"the zone example\.test exists already"):
        await make_zone(repository)


async def test_a_new_zone_without_soa_gets_the_usual_one(
    repository: ZoneRepository, fake_clock: FakeClock
) -> None:
    zone = repository.new_zone("example.test")
    assert zone.soa.mname == "ns1.example.test"
    assert zone.soa.rname == "hostmaster.example.test"
    assert zone.soa.serial == fake_clock.time_ns() // 10**9


async def test_a_change_is_one_transaction_with_one_serial(
    repository: ZoneRepository, store: Store
) -> None:
    zone = await make_zone(repository)
    before = store.sequence
    outcome = await repository.change(
        CALL, zone.id, [add("www", "A", "192.0.2.1"), add("www", "A", "192.0.2.2")]
    )
    (entry,) = journal(store, before)
    assert isinstance(entry.event, events.RecordsChanged)
    assert entry.event.serial_before == 100
    assert entry.event.serial_after == 101
    assert entry.event.changes == outcome.changes
    assert repository.zone("example.test").soa.serial == 101
    assert repository.zone("example.test").record_count == 2
    assert outcome.version == entry.sequence


async def test_rfc1982_serial_wraps_and_leaves_zero_out(repository: ZoneRepository) -> None:
    soa = msgspec.structs.replace(SOA, serial=2**32 - 1)
    await repository.create_zone(CALL, repository.new_zone("example.test", soa))
    outcome = await repository.change(CALL, "example.test", [add("www", "A", "192.0.2.1")])
    assert outcome.zone.soa.serial == 1


async def test_rfc1982_a_wanted_serial_counts_when_newer(repository: ZoneRepository) -> None:
    await make_zone(repository)
    for wanted, got in ((50, 101), (2**31 + 100, 2**31 + 100), (7, 7), (0, 8)):
        soa = msgspec.structs.replace(SOA, serial=wanted, refresh=wanted % 1000 + 1)
        outcome = await repository.update_zone(CALL, "example.test", ZoneAlter(soa=soa))
        assert outcome.zone.soa.serial == got


async def test_an_update_without_change_writes_nothing(
    repository: ZoneRepository, store: Store
) -> None:
    await make_zone(repository, draft("www", "A", "192.0.2.1"))
    (record,) = repository.records("example.test")
    before = store.sequence
    await repository.update_zone(CALL, "example.test", ZoneAlter(soa=SOA))
    await repository.change(CALL, "example.test", [Alter(id=record.id, ttl=record.ttl)])
    assert store.sequence == before


async def test_alter_moves_a_record_and_keeps_its_id(repository: ZoneRepository) -> None:
    await make_zone(repository, draft("www", "A", "192.0.2.1"))
    (record,) = repository.records("example.test")
    change = Alter(id=record.id, name="WEB", ttl=60, comment="moved", enabled=False)
    outcome = await repository.change(CALL, "example.test", [change])
    (after,) = repository.records("example.test")
    assert (after.id, after.name, after.ttl, after.comment) == (record.id, "WEB", 60, "moved")
    assert outcome.changes == [events.RecordChange(record, after)]
    assert list(repository.records("example.test", "web")) == [after]
    assert list(repository.records("example.test", "www")) == []


async def test_names_are_kept_relative_and_must_be_in_the_zone(repository: ZoneRepository) -> None:
    await make_zone(repository)
    await repository.change(
        CALL,
        "example.test",
        [
            add("a.b.example.test.", "A", "192.0.2.1"),
            add("Example.TEST.", "A", "192.0.2.2"),
            add(r"\097x", "A", "192.0.2.3"),
            add("*", "A", "192.0.2.4"),
        ],
    )
    assert sorted(name for name, *_ in lines(repository)) == ["*", "@", "a.b", "ax"]
    with pytest.raises(Invalid, match=r"name: www\.example\.net\. is outside of the zone"):
        await repository.change(CALL, "example.test", [add("www.example.net.", "A", "192.0.2.1")])
    with pytest.raises(Invalid, match="255 is the most"):
        await repository.change(
            CALL, "example.test", [add(".".join(["a" * 60] * 4), "A", "192.0.2.1")]
        )


@pytest.mark.parametrize(
    ("present", "wanted", "reason"),
    [
        (("www", "A", "192.0.2.1"), ("WWW", "CNAME", "web"), "beside which no A may stand"),
        (("www", "CNAME", "web"), ("www", "TXT", "x"), "beside which no TXT may stand"),
        (("www", "CNAME", "web"), ("www", "CNAME", "other"), "has a CNAME already"),
        (("www", "A", "192.0.2.1"), ("@", "CNAME", "web"), "a zone's own name can't have a CNAME"),
        (("d", "DNAME", "x"), ("D", "DNAME", "y"), "has a DNAME already"),
        (("d", "DNAME", "x"), ("d", "NS", "ns1"), "beside which no NS may stand"),
        (("d", "DNAME", "x"), ("d", "CNAME", "y"), "beside which no DNAME may stand"),
        (("www", "A", "192.0.2.1"), ("Www", "A", "192.0.2.1"), "has this A record already"),
        (("m", "MX", "1 Mail"), ("m", "MX", "1 mAIL"), "has this MX record already"),
    ],
)
async def test_rrset_rules(
    repository: ZoneRepository, present: Any, wanted: Any, reason: str
) -> None:
    await make_zone(repository, draft(*present))
    before = lines(repository)
    with pytest.raises(Conflict, match=re.escape(reason)):
        await repository.change(CALL, "example.test", [add(*wanted)])
    assert lines(repository) == before


async def test_rfc4034_2_5_signatures_may_stand_beside_a_cname(repository: ZoneRepository) -> None:
    await make_zone(repository, draft("www", "CNAME", "web"))
    nsec = add("www", "NSEC", "x.example.test. CNAME NSEC")
    await repository.change(CALL, "example.test", [nsec])


async def test_disabled_records_break_no_rule(repository: ZoneRepository) -> None:
    await make_zone(repository, draft("www", "A", "192.0.2.1"))
    await repository.change(CALL, "example.test", [add("www", "CNAME", "web", enabled=False)])


async def test_enabling_is_checked_too(repository: ZoneRepository) -> None:
    await make_zone(
        repository, draft("www", "CNAME", "web"), draft("www", "A", "192.0.2.1", enabled=False)
    )
    off = next(record for record in repository.records("example.test") if not record.enabled)
    with pytest.raises(Conflict, match="beside which no A"):
        await repository.change(CALL, "example.test", [Alter(id=off.id, enabled=True)])


async def test_later_changes_see_earlier_ones(repository: ZoneRepository) -> None:
    await make_zone(repository, draft("www", "A", "192.0.2.1"))
    (record,) = repository.records("example.test")
    await repository.change(
        CALL,
        "example.test",
        [Remove(record.id), add("www", "CNAME", "web"), add("web", "A", "192.0.2.1")],
    )
    assert [name for name, *_ in lines(repository)] == ["web", "www"]
    with pytest.raises(NotFound, match=re.escape("changes[1]: ")):
        await repository.change(
            CALL, "example.test", [RemoveMatching("www"), RemoveMatching("www")]
        )
    assert len(lines(repository)) == 2


@pytest.mark.parametrize("others", [0, 5_000])
async def test_a_large_change_sees_all_that_its_owners_hold(
    repository: ZoneRepository, others: int
) -> None:
    """It is read in slices, and as a whole where the zone is small."""
    names = [f"h{number}" for number in range(600)]
    there = [draft(name, "A", "192.0.2.1") for name in names]
    there += [draft(f"other{number}", "A", "192.0.2.1") for number in range(others)]
    await make_zone(repository, draft("*", "TXT", "kept"), *there)
    ids = [next(iter(repository.records("example.test", name))).id for name in names]
    moved = [Alter(id=id, name=f"Moved.{number}") for number, id in enumerate(ids[300:])]
    changes: list[Change] = [
        *(Remove(id) for id in ids[:300]),
        *moved,
        *(add(name.upper(), "A", "192.0.2.1") for name in names),
        *(RemoveMatching(f"moved.{number}", 1) for number in range(100)),
        add("*", "TXT", "new"),
    ]
    await repository.change(CALL, "example.test", changes)
    found = {line[0] for line in lines(repository) if not line[0].startswith("other")}
    assert found == {
        "*",
        *map(str.upper, names),
        *(f"Moved.{number}" for number in range(100, 300)),
    }
    assert repository.zone("example.test").record_count == 600 + 200 + 2 + others

    twice = [add(f"new{number}", "A", "192.0.2.1") for number in range(600)]
    for taken, error in (
        (add("H599", "A", "192.0.2.1"), Conflict),
        (add("NEW0", "A", "192.0.2.1"), Conflict),
        (add("*", "TXT", "kept"), Conflict),
        (Remove(ids[0]), NotFound),
        (Remove(ids[300]), NotFound),
        (RemoveMatching("nothing"), NotFound),
    ):
        with pytest.raises(error, match=re.escape("changes[600]: ")):
            await repository.change(CALL, "example.test", [*twice, taken])


async def test_a_change_fails_as_a_whole_and_says_where(repository: ZoneRepository) -> None:
    await make_zone(repository)
    with pytest.raises(Invalid, match=re.escape("changes[1].data.data: 192.0.2.1 is an address")):
        await repository.change(
            CALL, "example.test", [add("www", "A", "192.0.2.1"), add("x", "NS", "192.0.2.1.")]
        )
    assert lines(repository) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (add("x", "NS", "."), "an NS record needs the name of a server"),
        (add("x", "SOA", "a b 1 2 3 4 5"), "the SOA belongs to the zone"),
        (Add(Draft("x", 255, b"")), "ANY is not a type that a zone may hold"),
        (add("x", "A", "192.0.2.1", ttl=2**31), "ttl: must be from 0"),
        (add("x", "TXT", "x", health_check=HealthCheck("ping")), "A, AAAA and CNAME"),
    ],
)
async def test_what_no_record_can_be(repository: ZoneRepository, change: Add, reason: str) -> None:
    await make_zone(repository)
    with pytest.raises(Invalid, match=re.escape(reason)):
        await repository.change(CALL, "example.test", [change])


async def test_remove_matching_picks_type_and_data(repository: ZoneRepository) -> None:
    await make_zone(
        repository,
        draft("www", "A", "192.0.2.1"),
        draft("www", "A", "192.0.2.2"),
        draft("www", "TXT", "x"),
        draft("web", "A", "192.0.2.1"),
    )
    await repository.change(CALL, "example.test", [RemoveMatching("WWW", 1, b"\xc0\0\2\1")])
    assert [(name, kind) for name, kind, *_ in lines(repository)] == [
        ("web", 1), ("www", 1), ("www", 16),
    ]  # fmt: skip
    await repository.change(CALL, "example.test", [RemoveMatching("www")])
    assert [name for name, *_ in lines(repository)] == ["web"]


async def test_limits_are_kept(store: Store, fake_clock: FakeClock) -> None:
    limits = Limits(zones_max=2, records_per_zone_max=3, changes_max=4, rrset_octets_max=100)
    repository = ZoneRepository(store, fake_clock, limits)
    await make_zone(repository)
    await repository.create_zone(CALL, repository.new_zone("two.test"))
    with pytest.raises(TooLarge, match="there are 2 zones"):
        await repository.create_zone(CALL, repository.new_zone("three.test"))
    await repository.delete_zone(CALL, "two.test")
    await repository.create_zone(CALL, repository.new_zone("three.test"))
    with pytest.raises(TooLarge, match="would have 4 records; 3 is the most"):
        await repository.change(
            CALL, "example.test", [add(f"h{i}", "A", "192.0.2.1") for i in range(4)]
        )
    with pytest.raises(TooLarge, match="5 changes; 4 is the most"):
        await repository.change(CALL, "example.test", [RemoveMatching("x")] * 5)
    with pytest.raises(Conflict, match="would take more than 100 octets"):
        await repository.change(
            CALL, "example.test", [add("t", "TXT", "x" * 40 + str(i)) for i in range(2)]
        )


async def test_versions_guard_writes(repository: ZoneRepository) -> None:
    zone = await make_zone(repository, draft("www", "A", "192.0.2.1"))
    (record,) = repository.records("example.test")
    outcome = await repository.change(CALL, zone.id, [Alter(id=record.id, ttl=1, if_version=1)])
    with pytest.raises(Conflict, match=f"its version is {outcome.version}, not 1"):
        await repository.change(CALL, zone.id, [Alter(id=record.id, ttl=2, if_version=1)])
    with pytest.raises(Conflict, match="changed since"):
        await repository.change(Call(if_version=1), zone.id, [Remove(record.id)])
    with pytest.raises(Conflict, match="changed since"):
        await repository.delete_zone(Call(if_version=1), zone.id)
    now = Call(if_version=outcome.version)
    await repository.change(now, zone.id, [Remove(record.id, if_version=outcome.version)])


async def test_a_dry_run_tells_all_and_stores_nothing(
    repository: ZoneRepository, store: Store
) -> None:
    await make_zone(repository)
    dry = Call(dry_run=True)
    before = store.sequence
    outcome = await repository.change(dry, "example.test", [add("www", "A", "192.0.2.1")])
    assert len(outcome.changes) == 1
    assert outcome.zone.soa.serial == 101
    await repository.create_zone(dry, repository.new_zone("other.test"))
    await repository.delete_zone(dry, "example.test")
    assert store.sequence == before
    assert lines(repository) == []
    with pytest.raises(NotFound):
        repository.zone("other.test")


async def test_deleting_a_zone_tells_every_record_in_chunks(
    repository: ZoneRepository, store: Store
) -> None:
    drafts = [draft(f"h{i}", "A", "192.0.2.1") for i in range(2_500)]
    zone = await make_zone(repository, *drafts)
    before = store.sequence
    await repository.delete_zone(CALL, "example.test")
    told = [entry.event for entry in journal(store, before)]
    assert [len(event.changes) for event in told if isinstance(event, events.RecordsChanged)] == [
        1000, 1000, 500,
    ]  # fmt: skip
    assert isinstance(told[-1], events.ZoneDeleted)
    assert told[-1].zone.id == zone.id
    assert journal(store, before)[0].transaction == journal(store, before)[-1].transaction
    with pytest.raises(NotFound):
        repository.zone(zone.id)


def content(*drafts: Draft, soa: Soa = SOA) -> ZoneContent:
    return ZoneContent("example.test", soa, 300, [_with_ttl(draft) for draft in drafts])


def _with_ttl(draft: Draft) -> Draft:
    return draft if draft.ttl is not None else msgspec.structs.replace(draft, ttl=300)


async def test_replacing_changes_only_what_differs(
    repository: ZoneRepository, store: Store
) -> None:
    await make_zone(
        repository,
        draft("keep", "MX", "1 mail", comment="note"),
        draft("go", "A", "192.0.2.1"),
        draft("ttl", "A", "192.0.2.1"),
        draft("off", "A", "192.0.2.9", enabled=False),
    )
    ids = {record.name: record.id for record in repository.records("example.test")}
    outcome = await repository.replace_zone(
        CALL,
        content(
            draft("keep", "MX", "1 MAIL"),
            draft("keep", "MX", "1 MAIL"),
            draft("ttl", "A", "192.0.2.1", ttl=5),
            draft("new", "A", "192.0.2.1"),
        ),
    )
    after = {record.name: record for record in repository.records("example.test")}
    assert set(after) == {"keep", "ttl", "off", "new"}
    assert {name: after[name].id for name in ("keep", "ttl", "off")} == {
        name: ids[name] for name in ("keep", "ttl", "off")
    }
    assert after["keep"].comment == "note"
    assert after["new"].source == "import"
    assert outcome.warnings == ("keep MX is given twice",)
    assert outcome.zone.soa.serial == 101
    before = store.sequence
    again = await repository.replace_zone(
        CALL,
        content(
            draft("keep", "MX", "1 MAIL"),
            draft("ttl", "A", "192.0.2.1", ttl=5),
            draft("new", "A", "192.0.2.1"),
        ),
    )
    assert again.changes == []
    assert store.sequence == before


async def test_replacing_creates_and_takes_the_serial_of_the_file(
    repository: ZoneRepository, store: Store
) -> None:
    outcome = await repository.replace_zone(CALL, content(draft("www", "A", "192.0.2.1")))
    assert outcome.created
    assert outcome.zone.soa == SOA
    assert [entry.type for entry in journal(store)] == ["zone.created", "zone.records_changed"]
    newer = msgspec.structs.replace(SOA, serial=2026, refresh=7)
    outcome = await repository.replace_zone(CALL, content(soa=newer))
    assert outcome.zone.soa == newer
    assert lines(repository) == []


async def test_a_replacement_that_breaks_a_rule_changes_nothing(
    repository: ZoneRepository,
) -> None:
    await make_zone(repository, draft("www", "A", "192.0.2.1"))
    before = lines(repository)
    with pytest.raises(Conflict) as caught:
        await repository.replace_zone(
            CALL,
            content(
                draft("a", "CNAME", "x"), draft("a", "A", "192.0.2.1"),
                draft("b", "CNAME", "x"), draft("b", "CNAME", "y"),
            ),
        )  # fmt: skip
    assert len(str(caught.value).splitlines()) == 2
    assert lines(repository) == before


async def test_a_zone_changed_while_it_is_compared_is_compared_again(
    repository: ZoneRepository,
) -> None:
    await make_zone(repository)
    seen: list[Any] = []

    class Meddling(ZoneRepository):
        async def _replacement(self, *arguments: Any) -> Any:
            planned = await super()._replacement(*arguments)
            if not seen:
                seen.append(planned)
                await repository.change(CALL, "example.test", [add("late", "A", "192.0.2.1")])
            return planned

    meddling = Meddling(repository.store, repository._clock)
    await meddling.replace_zone(CALL, content(draft("www", "A", "192.0.2.1")))
    assert [name for name, *_ in lines(repository)] == ["www"]


async def test_learned_records_never_shadow_curated_ones(repository: ZoneRepository) -> None:
    await make_zone(repository, draft("www", "A", "192.0.2.1"))
    (curated,) = repository.records("example.test")
    dhcp = {"source": "dhcp", "origin": "lease 1"}
    with pytest.raises(Conflict, match=r"www A is curated \(source api\)"):
        await repository.change(CALL, "example.test", [add("www", "A", "192.0.2.9")], **dhcp)
    for change in (Remove(curated.id), Alter(id=curated.id, ttl=1), RemoveMatching("www")):
        with pytest.raises(Denied, match="is curated"):
            await repository.change(CALL, "example.test", [change], **dhcp)
    await repository.change(CALL, "example.test", [add("host", "A", "192.0.2.9")], **dhcp)


async def test_curated_records_take_the_place_of_learned_ones(repository: ZoneRepository) -> None:
    await make_zone(repository)
    dhcp = {"source": "dhcp", "origin": "lease 1"}
    await repository.change(
        CALL,
        "example.test",
        [
            add("a", "A", "192.0.2.9"), add("a", "AAAA", "::9"), add("b", "A", "192.0.2.9"),
            add("c", "A", "192.0.2.9"),
        ],
        **dhcp,
    )  # fmt: skip
    await repository.change(
        CALL,
        "example.test",
        [add("a", "A", "192.0.2.1"), add("b", "CNAME", "a"), add("c", "A", "192.0.2.9")],
    )
    assert [(name, kind, source) for name, kind, _, source in lines(repository)] == [
        ("a", 1, "api"), ("a", 28, "dhcp"), ("b", 5, "api"), ("c", 1, "api"),
    ]  # fmt: skip


async def test_sync_prunes_only_its_own(repository: ZoneRepository) -> None:
    await make_zone(repository, draft("www", "A", "192.0.2.1"))

    async def sync(origin: str, *drafts: Draft) -> tuple[str, ...]:
        outcome = await repository.sync_records(
            CALL, "example.test", drafts, source="dhcp", origin=origin
        )
        return outcome.warnings

    await sync("one", draft("h1", "A", "192.0.2.1"), draft("h2", "A", "192.0.2.2"))
    await sync("two", draft("h3", "A", "192.0.2.3"))
    warnings = await sync("one", draft("h2", "A", "192.0.2.2"), draft("www", "A", "192.0.2.7"))
    assert warnings == ("www A is curated: not added",)
    assert [(name, source) for name, _, _, source in lines(repository)] == [
        ("h2", "dhcp"), ("h3", "dhcp"), ("www", "api"),
    ]  # fmt: skip


async def test_an_import_leaves_learned_and_declared_records(repository: ZoneRepository) -> None:
    await repository.declare([DeclaredZone("example.test", drafts=[draft("c", "A", "192.0.2.1")])])
    await repository.change(
        CALL, "example.test", [add("d", "A", "192.0.2.2")], source="dhcp", origin="lease"
    )
    declared = repository.zone("example.test").soa
    outcome = await repository.replace_zone(
        CALL, content(draft("i", "A", "192.0.2.3"), draft("c", "A", "192.0.2.1", ttl=1))
    )
    assert [(name, source) for name, _, _, source in lines(repository)] == [
        ("c", "config"), ("d", "dhcp"), ("i", "import"),
    ]  # fmt: skip
    assert outcome.zone.soa.mname == declared.mname
    assert "its SOA stays" in outcome.warnings[0]


async def test_what_is_declared_is_read_only(repository: ZoneRepository) -> None:
    await repository.declare(
        [DeclaredZone("example.test", SOA, 60, [draft("www", "A", "192.0.2.1")])]
    )
    (record,) = repository.records("example.test")
    attempts: list[Any] = [
        repository.delete_zone(CALL, "example.test"),
        repository.update_zone(CALL, "example.test", ZoneAlter(default_ttl=1)),
        repository.change(CALL, "example.test", [Remove(record.id)]),
        repository.change(CALL, "example.test", [Alter(id=record.id, ttl=1)]),
    ]
    for attempt in attempts:
        with pytest.raises(Denied, match="is declared in the configuration"):
            await attempt
    await repository.change(CALL, "example.test", [add("www", "A", "192.0.2.2")])


async def test_declaring_again_is_quiet_and_prunes_what_is_gone(
    repository: ZoneRepository, store: Store
) -> None:
    www, web = draft("www", "A", "192.0.2.1"), draft("web", "A", "192.0.2.1")
    await repository.declare([DeclaredZone("example.test", SOA, 60, [www, web])])
    before = store.sequence
    await repository.declare([DeclaredZone("Example.test", SOA, 60, [www, web])])
    assert store.sequence == before
    await repository.change(CALL, "example.test", [add("mine", "A", "192.0.2.2")])
    await repository.declare([DeclaredZone("example.test", SOA, 60, [www])])
    assert [name for name, *_ in lines(repository)] == ["mine", "www"]
    await repository.declare([])
    assert [name for name, *_ in lines(repository)] == ["mine"]
    assert repository.zone("example.test").source == "api"
    await repository.delete_zone(CALL, "example.test")


async def test_a_declared_zone_that_holds_nothing_else_goes_with_its_declaration(
    repository: ZoneRepository,
) -> None:
    await repository.declare(
        [DeclaredZone("example.test", drafts=[draft("www", "A", "192.0.2.1")])]
    )
    await repository.declare([])
    with pytest.raises(NotFound):
        repository.zone("example.test")


async def test_declared_beats_remembered(repository: ZoneRepository) -> None:
    await make_zone(
        repository, draft("www", "A", "192.0.2.1"), draft("web", "A", "192.0.2.1", ttl=5)
    )
    await repository.declare(
        [
            DeclaredZone(
                "example.test",
                drafts=[draft("www", "CNAME", "web"), draft("web", "A", "192.0.2.1")],
            )
        ]
    )
    assert [(name, kind, source) for name, kind, _, source in lines(repository)] == [
        ("web", 1, "config"), ("www", 5, "config"),
    ]  # fmt: skip
    assert repository.zone("example.test").soa.mname == SOA.mname
    with pytest.raises(Denied):
        await repository.delete_zone(CALL, "example.test")


async def test_progress_is_told(repository: ZoneRepository) -> None:
    told: list[tuple[int, int | None, str]] = []
    call = Call(progress=lambda done, total, what: told.append((done, total, what)))
    drafts = [draft(f"h{i}", "A", "192.0.2.1") for i in range(1_200)]
    await repository.create_zone(call, repository.new_zone("example.test"), drafts)
    assert told == [(500, 1200, "records"), (1000, 1200, "records"), (1200, 1200, "records")]


async def test_a_record_of_another_zone_is_not_found(repository: ZoneRepository) -> None:
    await make_zone(repository, draft("www", "A", "192.0.2.1"))
    (record,) = repository.records("example.test")
    await repository.create_zone(CALL, repository.new_zone("other.test"))
    for id in (record.id, "x", ""):
        with pytest.raises(MicroDNSError) as caught:
            await repository.change(CALL, "other.test", [Remove(id)])
        assert isinstance(caught.value, NotFound)
    with pytest.raises(NotFound):
        repository.record("other.test", record.id)
    assert repository.record("example.test", record.id) == record


async def test_2181_10_3_servers_and_exchangers_are_no_aliases(repository: ZoneRepository) -> None:
    await make_zone(repository, draft("ns", "CNAME", "host"), draft("host", "A", "192.0.2.1"))
    for name, kind, text in (("@", "NS", "ns"), ("@", "MX", "10 ns.example.test.")):
        with pytest.raises(Invalid, match=r"ns is an alias .it has a CNAME.: (NS|MX) records name"):
            await repository.change(CALL, "example.test", [add(name, kind, text)])
    fine = [
        add("@", "NS", "host"),
        add("@", "MX", "10 elsewhere.test."),
        add("@", "MX", "0 ."),
        add("_x._tcp", "SRV", "0 0 1 ns"),
        add("off", "NS", "ns", enabled=False),
    ]
    await repository.change(CALL, "example.test", fine)


async def test_an_alias_may_go_in_the_change_that_names_it(repository: ZoneRepository) -> None:
    await make_zone(repository, draft("ns", "CNAME", "host"))
    changes: list[Change] = [
        add("@", "NS", "ns"),
        RemoveMatching("ns", None),
        add("ns", "A", "192.0.2.1"),
    ]
    await repository.change(CALL, "example.test", changes)
