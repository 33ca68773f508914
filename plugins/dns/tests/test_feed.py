"""Views follow the store: all of a transaction, in order, and nothing that is not durable."""

import logging
from collections.abc import Sequence

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from microdns.bus import Bus
from microdns.events import KERNEL
from microdns.operations import Call
from microdns.store import Store
from microdns.testing import FakeClock
from microdns_dns import feed, names
from microdns_dns.events import EVENTS, RecordsChanged
from microdns_dns.feed import ViewFeed
from microdns_dns.model import COLLECTIONS, Soa
from microdns_dns.protocol import RRType
from microdns_dns.repository import (
    Add,
    Alter,
    Change,
    Draft,
    RemoveMatching,
    ZoneAlter,
    ZoneRepository,
)
from microdns_dns.view import Views, ZoneView

pytestmark = pytest.mark.anyio

A1, A2 = b"\xc0\0\2\1", b"\xc0\0\2\2"
CALL = Call()


class Fed:
    """A store, and views that are fed from it."""

    def __init__(self, store: Store, repository: ZoneRepository) -> None:
        self.store = store
        self.repository = repository
        self.bus = Bus(store.journal)
        self.views = Views()
        self.feed = ViewFeed(self.views, logging.getLogger("tests.feed"))

    async def start(self) -> "Fed":
        await self.feed.start(self.store, self.bus)
        return self

    async def create(self, name: str = "example.com", *drafts: Draft) -> ZoneView:
        await self.repository.create_zone(CALL, self.repository.new_zone(name), drafts)
        return self.view(name)

    def view(self, name: str = "example.com") -> ZoneView:
        view = self.views.zone(name)
        assert view is not None
        return view

    async def change(self, *changes: Change, name: str = "example.com") -> None:
        await self.repository.change(CALL, name, changes)

    async def close(self) -> None:
        self.feed.close()
        self.bus.close()


@pytest.fixture
async def fed(store: Store, repository: ZoneRepository) -> Fed:
    return await Fed(store, repository).start()


def a(name: str, rdata: bytes = A1, **options: object) -> Draft:
    return Draft(name, RRType.A, rdata, **options)  # type: ignore[arg-type] # of many types


def held(views: Views) -> object:
    """Everything that is answered, in a form that compares."""
    return {
        view.origin: (
            view.soa,
            view.negative_soa,
            {
                folded: (
                    node.children,
                    {rrset.type: (rrset.ttl, set(rrset.rdatas)) for rrset in node.rrsets},
                )
                for folded, node in view.nodes.items()
            },
        )
        for view in views
    }


async def built(fed: Fed) -> Views:
    """Views built afresh from the store."""
    other = ViewFeed(Views(), logging.getLogger("tests.feed"))
    await other.start(fed.store, fed.bus)
    other.close()
    return other.views


async def test_what_the_store_holds_is_there_after_the_start(
    store: Store, repository: ZoneRepository
) -> None:
    await repository.create_zone(CALL, repository.new_zone("Example.com"), [a("WWW"), a("x.y")])
    fed = await Fed(store, repository).start()
    view = fed.view()
    www = view.node(names.from_text("www.example.com"))
    assert www is not None
    assert www.owner == names.from_text("WWW.Example.com")
    assert view.has(names.from_text("y.example.com"))


async def test_what_was_acknowledged_is_answered(fed: Fed) -> None:
    view = await fed.create()
    await fed.change(Add(a("www")), Add(a("www", A2)))
    node = view.node(names.from_text("www.example.com"))
    assert node is not None
    assert node.rrsets[0].rdatas == (A1, A2)
    await fed.change(RemoveMatching("www"))
    assert not view.has(names.from_text("www.example.com"))


async def test_the_serial_follows_every_change(fed: Fed) -> None:
    view = await fed.create()
    before = view.soa
    await fed.change(Add(a("www")))
    assert view.soa != before
    assert held(fed.views) == held(await built(fed))


async def test_a_new_soa_is_taken_over(fed: Fed) -> None:
    view = await fed.create()
    await fed.repository.update_zone(
        CALL, "example.com", ZoneAlter(soa=Soa("ns9.example.com", "me.example.com", minimum=7))
    )
    assert view.negative_soa.ttl == 7
    assert held(fed.views) == held(await built(fed))


async def test_disabled_records_are_not_answered(fed: Fed) -> None:
    view = await fed.create("example.com", a("www"), a("off", enabled=False))
    assert not view.has(names.from_text("off.example.com"))
    record = next(iter(fed.repository.records("example.com", "www")))
    await fed.change(Alter(id=record.id, enabled=False))
    assert not view.has(names.from_text("www.example.com"))
    await fed.change(Alter(id=record.id, enabled=True, ttl=77))
    node = view.node(names.from_text("www.example.com"))
    assert node is not None
    assert node.rrsets[0].ttl == 77


async def test_a_deleted_zone_is_gone_and_may_come_back(fed: Fed) -> None:
    await fed.create("example.com", a("www"))
    await fed.repository.delete_zone(CALL, "example.com")
    assert fed.views.zone("example.com") is None
    view = await fed.create("example.com", a("other"))
    assert not view.has(names.from_text("www.example.com"))
    assert held(fed.views) == held(await built(fed))


async def test_nothing_is_seen_of_a_dry_run_or_of_what_fails(fed: Fed) -> None:
    view = await fed.create()
    before = held(fed.views)
    await fed.repository.change(Call(dry_run=True), "example.com", [Add(a("www"))])
    with pytest.raises(Exception, match="exist"):
        await fed.repository.create_zone(CALL, fed.repository.new_zone("example.com"))
    assert held(fed.views) == before
    assert fed.view() is view


async def test_changes_while_the_views_are_built_are_not_lost(
    store: Store, repository: ZoneRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "RECORDS_PER_TURN", 1)
    drafts = [a(f"host{number}") for number in range(50)]
    await repository.create_zone(CALL, repository.new_zone("example.com"), drafts)
    fed = Fed(store, repository)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(fed.start)
        for number in range(20):
            await fed.change(Add(a(f"new{number}")), RemoveMatching(f"host{number}"))
    assert held(fed.views) == held(await built(fed))
    assert fed.view().has(names.from_text("new19.example.com"))


async def test_a_change_of_an_unknown_zone_is_logged_and_harms_no_other(
    fed: Fed, caplog: pytest.LogCaptureFixture
) -> None:
    await fed.create()
    before = held(fed.views)
    async with fed.store.transaction(actor=KERNEL) as tx:
        tx.emit(RecordsChanged(zone_id="no", zone="no.example", serial_before=1, serial_after=2))
    assert held(fed.views) == before
    assert caplog.records[-1].__dict__["event"] == "dns.zone_unknown"


OWNERS = st.sampled_from(["@", "www", "a.b", "b", "c.a.b", "*", "*.b"])
CHANGES = st.one_of(
    st.builds(
        lambda owner, rdata, ttl: Add(a(owner, rdata, ttl=ttl)),
        OWNERS,
        st.sampled_from([A1, A2]),
        st.sampled_from([60, 300]),
    ),
    st.builds(RemoveMatching, OWNERS, st.sampled_from([None, RRType.A])),
)


@settings(max_examples=30, deadline=None)
@given(transactions=st.lists(st.lists(CHANGES, min_size=1, max_size=4), max_size=8))
def test_views_that_followed_equal_views_built_afresh(
    transactions: Sequence[Sequence[Change]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def run() -> None:
        clock = FakeClock()
        folder = tmp_path_factory.mktemp("store")
        store = await Store.open(folder / "db", COLLECTIONS, EVENTS, clock=clock)
        fed = await Fed(store, ZoneRepository(store, clock)).start()
        await fed.create()
        for changes in transactions:
            try:
                await fed.change(*changes)
            except Exception as error:
                assert type(error).__module__ == "microdns.errors"  # noqa: PT017 (it may succeed)
            assert held(fed.views) == held(await built(fed))
        await fed.close()
        await store.close()

    anyio.run(run)


async def test_a_zone_that_comes_and_goes_with_many_records_is_taken_at_once(
    store: Store, repository: ZoneRepository
) -> None:
    fed = await Fed(store, repository).start()
    drafts = [Draft(f"host{number}", RRType.A, A1) for number in range(feed.FILL_MIN)]
    view = await fed.create("example.com", *drafts)
    assert len(view.nodes) == feed.FILL_MIN + 1
    node = view.node(names.from_text("host7.example.com"))
    assert node is not None
    assert [rrset.rdatas for rrset in node.rrsets] == [(A1,)]
    await fed.repository.delete_zone(CALL, "example.com")
    assert len(fed.views) == 0
