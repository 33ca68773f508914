"""Images of zones: compacted while zones change, kept as files, loaded, never trusted."""

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from random import Random

import pytest

from microdns.bus import Bus
from microdns.operations import Call
from microdns.store import Store
from microdns.testing.clock import FakeClock
from microdns_dns import names
from microdns_dns.events import EVENTS
from microdns_dns.feed import ViewFeed
from microdns_dns.metrics import DnsMetrics
from microdns_dns.model import COLLECTIONS, id_key
from microdns_dns.protocol import RRType
from microdns_dns.repository import Add, Change, Draft, RemoveMatching, ZoneRepository
from microdns_dns.view import Node, Views

pytest.importorskip("microdns_dns.engine.core", reason="the engine is not built")

from microdns_dns.engine import images, keeper
from microdns_dns.engine.compaction import Compaction
from microdns_dns.engine.core import Engine
from microdns_dns.engine.image import ImageData
from microdns_dns.engine.images import Position, Unusable, ZoneImages
from microdns_dns.engine.keeper import ImageKeeper
from microdns_dns.engine.view import CompiledView, CompiledViews

pytestmark = pytest.mark.anyio

CALL = Call()
ZONE = "example.com"


class Served:
    """A store with views of the engine that are fed from it and kept as images."""

    def __init__(self, store: Store, clock: FakeClock) -> None:
        self.store = store
        self.repository = ZoneRepository(store, clock)
        self.views = CompiledViews(Engine().zones)
        self.counts = DnsMetrics(self.views).images
        log = logging.getLogger("tests.images")
        folder = ZoneImages(store.folder("images"))
        self.keeper = ImageKeeper(folder, self.views, store, clock, log, self.counts)
        self.feed = ViewFeed(self.views, log, self.keeper)

    @property
    def view(self) -> CompiledView:
        view = self.views.zone(ZONE)
        assert isinstance(view, CompiledView)
        return view

    async def create(self, count: int) -> None:
        drafts = [
            Draft(f"h{number}", RRType.A, number.to_bytes(4, "big")) for number in range(count)
        ]
        await self.repository.create_zone(CALL, self.repository.new_zone(ZONE), drafts)

    async def change(self, *changes: Change) -> None:
        await self.repository.change(CALL, ZONE, changes)

    def file(self) -> Path:
        return self.store.folder("images") / f"{id_key(self.view.zone_id).hex()}.image"


Serve = Callable[[], AbstractAsyncContextManager[Served]]


@pytest.fixture(autouse=True)
def small_zones_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "NAMES_MIN", 5)


@pytest.fixture
def serve(tmp_path: Path, fake_clock: FakeClock) -> Serve:
    @asynccontextmanager
    async def serving() -> AsyncIterator[Served]:
        store = await Store.open(tmp_path / "db", COLLECTIONS, EVENTS, clock=fake_clock)
        served = Served(store, fake_clock)
        await served.feed.start(store, Bus(store.journal))
        yield served
        served.feed.close()
        await store.close()

    return serving


def contents(views: Views) -> dict[bytes, Node]:
    view = views.zone(ZONE)
    assert view is not None
    return {owner: view.nodes[owner] for owner in view.nodes}


def added(name: str, rdata: bytes = b"\1\2\3\4") -> Add:
    return Add(Draft(name, RRType.A, rdata))


async def test_a_start_loads_the_image_and_catches_up_with_the_journal(serve: Serve) -> None:
    async with serve() as first:
        await first.create(50)
        await first.change(added("a.b.C"), RemoveMatching("h7"))
        await first.keeper.stop()
        await first.change(added("later"), RemoveMatching("h8"), added("h9"))
        await first.repository.create_zone(CALL, first.repository.new_zone("example.org"))
        expected = contents(first.views)
    async with serve() as second:
        assert second.counts.loaded.value == 1
        assert contents(second.views) == expected
        assert len(second.views) == 2
        assert second.view.soa == first.view.soa
        await second.change(added("still.changes"))
        assert second.view.has(names.from_text("still.changes.example.com"))


async def test_a_zone_without_a_name_any_more_is_forgotten(serve: Serve) -> None:
    async with serve() as served:
        await served.create(50)
        await served.keeper.stop()
        assert served.file().exists()
        file = served.file()
        await served.repository.delete_zone(CALL, ZONE)
    async with serve() as again:
        assert len(again.views) == 0
        ZoneImages(again.store.folder("images")).keep_only(())
        assert not file.exists()


def cut(octets: bytearray) -> None:
    del octets[-1:]


def lengthen(octets: bytearray) -> None:
    octets += b"\0"


def flip(at: int) -> Callable[[bytearray], None]:
    def damage(octets: bytearray) -> None:
        octets[at] ^= 4

    return damage


def empty(octets: bytearray) -> None:
    octets.clear()


HEADER = images._HEADER.size
DAMAGES = [cut, lengthen, empty, *map(flip, (0, 7, 8, 14, 20, 33, 60, 70, HEADER + 30, -3))]


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_image_is_built_anew_and_the_log_says_so(
    serve: Serve, damage: Callable[[bytearray], None], caplog: pytest.LogCaptureFixture
) -> None:
    async with serve() as served:
        await served.create(50)
        await served.keeper.stop()
        expected = contents(served.views)
        octets = bytearray(served.file().read_bytes())
        damage(octets)
        served.file().write_bytes(octets)
    async with serve() as again:
        assert again.counts.rejected.value == 1
        assert contents(again.views) == expected
        assert "example.com can't be used" in caplog.text
        await again.keeper.stop()
    async with serve() as mended:
        assert mended.counts.loaded.value == 1


async def test_an_image_of_another_life_of_the_store_is_not_used(
    serve: Serve, fake_clock: FakeClock
) -> None:
    async with serve() as served:
        await served.create(50)
        await served.keeper.stop()
        octets = served.file().read_bytes()
        key = id_key(served.view.zone_id)
        folder = ZoneImages(served.store.folder("images"))
        found = folder.read(key)
        assert found is not None
        data, position = found
        for wrong in (position._replace(time_ns=1), Position(99, position.time_ns)):
            folder.write(key, data, wrong)
            assert (
                served.keeper.restore(served.repository.zone(ZONE), served.store.sequence) is None
            )
        served.file().write_bytes(octets)
        found = folder.read(key)
    served.file().rename(served.file().with_name(f"{'0' * 32}.image"))
    with pytest.raises(Unusable, match="header"):
        folder.read(bytes(16))


async def test_slots_are_filled_again_when_the_secret_is_another(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serve() as served:
        await served.create(50)
        with monkeypatch.context() as patched:
            patched.setattr(images, "secret_mark", lambda: b"another!")
            await served.keeper.stop()
        expected = contents(served.views)
    async with serve() as again:
        assert again.counts.loaded.value == 1
        assert contents(again.views) == expected


async def test_what_changes_while_a_zone_is_compacted_stays(serve: Serve) -> None:
    async with serve() as served:
        await served.create(50)
        await served.change(added("x"), RemoveMatching("h1"), added("deep.down.h2"))
        compaction = Compaction(served.view.compiled)
        await served.change(added("y"), RemoveMatching("h3"), RemoveMatching("x"), added("h1"))
        data = compaction.run()
        await served.change(added("z"))
        compaction.close()
        expected = contents(served.views)
        changed = served.view.compiled.changed
        served.view.compiled.compact(data, compaction.number)
        served.views.publish(())
        assert contents(served.views) == expected
        assert served.view.compiled.changed < changed
        await served.change(added("after"), RemoveMatching("y"))
        assert not served.view.has(names.from_text("y.example.com"))


async def test_a_copy_that_has_been_taken_or_is_out_of_date_is_refused(serve: Serve) -> None:
    async with serve() as served:
        await served.create(10)
        compaction = Compaction(served.view.compiled)
        data = compaction.run()
        compaction.close()
        with pytest.raises(ValueError, match="over"):
            compaction.run()
        with memoryview(data), pytest.raises(ValueError, match="not to be had"):
            served.view.compiled.take_image(data)
        served.view.compiled.compact(data, compaction.number)
        served.views.publish(())
        with pytest.raises(ValueError, match="not to be had"):
            served.view.compiled.take_image(data)
        with pytest.raises(ValueError, match="other contents"):
            served.view.compiled.compact(data, 0)


@pytest.mark.parametrize("sizes", [(9, 16, 1), (8, 8, 1), (8, 17, 1), (8, 16, 1 << 40)])
async def test_no_image_has_these_sizes(sizes: Sequence[int]) -> None:
    octets, slots, count = sizes
    with pytest.raises(ValueError, match="sizes"):
        ImageData.empty(octets, slots, count, 0)


async def test_compacting_random_changes_changes_no_answer(serve: Serve) -> None:
    random = Random(5)
    async with serve() as served:
        await served.create(200)
        for _ in range(20):
            fresh = [added(f"n{random.randrange(60)}.h{random.randrange(9)}", random.randbytes(4))]
            await served.change(*fresh)
            if random.random() < 0.4:
                before = contents(served.views)
                await served.keeper._write(served.view)
                assert contents(served.views) == before
                assert served.view.compiled.changed == 0
