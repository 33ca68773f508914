"""What an automatic source writes to several zones in one transaction."""

import pytest
from plugins.dns.tests.test_repository import CALL, ORIGIN, draft, make_zone

from microdns.errors import Conflict
from microdns.store import Store
from microdns_dns import names
from microdns_dns.repository import Learning, ZoneRepository

pytestmark = pytest.mark.anyio
OTHER = names.from_text("other.test")


async def test_several_zones_change_together_each_with_one_serial(
    repository: ZoneRepository, store: Store
) -> None:
    zone = await make_zone(repository, draft("www", "A", "192.0.2.1"))
    before = store.sequence
    async with repository.learning(CALL, "dhcp") as learning:
        assert learning.zone(OTHER) is None
        learning.new_zone("other.test", "somebody")
        learning.add(ORIGIN, draft("box", "A", "192.0.2.2", ttl=60), "lease 1")
        learning.add(ORIGIN, draft("crate", "A", "192.0.2.3"), "lease 2")
        learning.add(OTHER, draft("box", "A", "192.0.2.4"), "lease 3")
        assert [record.origin for record in learning.at(ORIGIN, "BOX")] == ["lease 1"]
    found = {record.name: record for record in repository.records("example.test")}
    assert found["www"].source == "api"
    assert (found["box"].source, found["box"].origin, found["box"].ttl) == ("dhcp", "lease 1", 60)
    assert found["crate"].ttl == zone.default_ttl
    assert repository.zone("example.test").soa.serial == zone.soa.serial + 1
    assert repository.zone("example.test").record_count == 3
    made = repository.zone("other.test")
    assert (made.source, made.origin, made.record_count) == ("dhcp", "somebody", 1)
    entries = list(store.journal.read(after=before))
    assert len({entry.transaction for entry in entries}) == 1
    assert {outcome.zone.name for outcome in learning.outcomes} == {"example.test", "other.test"}


async def test_records_are_altered_and_removed_and_nothing_else_is_written(
    repository: ZoneRepository, store: Store
) -> None:
    await make_zone(repository)
    async with repository.learning(CALL, "dhcp") as learning:
        for number in range(3):
            learning.add(ORIGIN, draft(f"box{number}", "A", f"192.0.2.{number}"), "lease")
    async with repository.learning(CALL, "dhcp") as learning:
        (first,), (second,) = learning.at(ORIGIN, "box0"), learning.at(ORIGIN, "box1")
        learning.alter(ORIGIN, first, 77, "lease 7")
        learning.remove(ORIGIN, second)
        learning.at(ORIGIN, "box2")
    found = [(each.name, each.ttl) for each in repository.records("example.test")]
    assert found == [("box0", 77), ("box2", 300)]
    before = store.sequence
    async with repository.learning(CALL, "dhcp") as learning:
        learning.at(ORIGIN, "box0")
    assert store.sequence == before


async def test_an_error_undoes_everything(repository: ZoneRepository) -> None:
    await make_zone(repository, draft("www", "CNAME", "other.test."))

    async def break_a_rule() -> Learning:
        async with repository.learning(CALL, "dhcp") as learning:
            learning.new_zone("other.test", "")
            learning.at(ORIGIN, "www")
            learning.add(ORIGIN, draft("box", "A", "192.0.2.2"), "")
            learning.add(ORIGIN, draft("box", "CNAME", "www"), "")
        return learning

    with pytest.raises(Conflict, match="CNAME"):
        await break_a_rule()
    assert [record.name for record in repository.records("example.test")] == ["www"]
    async with repository.learning(CALL, "dhcp") as learning:
        assert learning.zone(OTHER) is None
        with pytest.raises(LookupError):
            learning.at(OTHER, "box")
