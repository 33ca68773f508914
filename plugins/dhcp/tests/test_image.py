"""The image of the leases: whatever it says, a start knows what the store has."""

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdns.errors import StorageFault
from microdns.events import Event
from microdns.lifecycle.kernel import Kernel
from microdns.plugin import Plugin, PluginContext, hookimpl
from microdns.testing import FakeClock, run_kernel
from microdns_dhcp import image, keeping
from microdns_dhcp.arena import Subnet
from microdns_dhcp.book import LeaseBook
from microdns_dhcp.events import LEASE_EVENTS
from microdns_dhcp.image import Unusable
from microdns_dhcp.keeping import KEPT_EVERY_SECONDS
from microdns_dhcp.model import ACTIVE, Binding, Lease, Pool
from microdns_dhcp.plugin import DhcpPlugin
from microdns_dhcp.testing import FakeLinks

SUBNET = Subnet(
    id="192.0.2.0/24",
    family=4,
    pools=(
        Pool(
            id="p",
            family=4,
            subnet="192.0.2.0/24",
            range_start="192.0.2.10",
            range_end="192.0.2.250",
        ),
    ),
)

_addresses = st.one_of(
    st.binary(min_size=4, max_size=4), st.binary(min_size=16, max_size=17)
) | st.integers(0, 40).map(lambda number: bytes((10, 0, 0, number)))
_bindings = st.builds(
    Binding,
    address=_addresses,
    client=st.binary(max_size=8),
    state=st.integers(1, 5),
    expires=st.integers(0, 1 << 32),
)
_changes = st.lists(_bindings | _addresses, max_size=30).map(
    lambda found: {
        each if isinstance(each, bytes) else each.address: (
            None if isinstance(each, bytes) else each
        )
        for each in found
    }
)


def ordered(bindings: dict[bytes, Binding | None]) -> list[Binding]:
    return image.merged([], bindings)


@given(st.lists(_changes, max_size=5))
def test_stretches_after_changes_are_what_the_changes_say(
    rounds: list[dict[bytes, Binding | None]],
) -> None:
    known: dict[bytes, Binding | None] = {}
    stretches: list[image.Stretch] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(image, "STRETCH", 3)
        for changes in rounds:
            known.update(changes)
            read = [image.unpacked(each.octets) for each in stretches]
            assert [each for part in image.loaded(read, changes) for each in part] == ordered(known)
            ordered_changes = [
                (each, changes[each[1:]]) for keys in image.in_order(changes) for each in keys
            ]
            stretches = list(image.applied(stretches, ordered_changes))
            assert all(len(image.unpacked(each.octets)) < 6 for each in stretches[:-1])
            found = [each for part in stretches for each in image.unpacked(part.octets)]
            assert found == ordered(known)


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "image"
    bindings = [Binding(bytes((10, 0, 0, n)), bytes((n,)), ACTIVE, n) for n in range(9)]
    stretches = list(image.packed(bindings))
    assert image.write(file, 7, 99, stretches) == file.stat().st_size
    head, octets = image.read(file)
    assert (head.sequence, head.time_ns) == (7, 99)
    assert image.unpacked(octets[0]) == bindings
    with pytest.raises(FileNotFoundError):
        image.read(tmp_path / "none")


def _written() -> bytes:
    bindings = [Binding(bytes((10, 0, 0, n)), bytes((n,)), ACTIVE, n) for n in range(5)]
    with tempfile.TemporaryDirectory() as folder:
        image.write(Path(folder) / "image", 1, 2, image.packed(bindings))
        return (Path(folder) / "image").read_bytes()


WRITTEN = _written()


@given(st.data())
def test_a_file_that_is_not_whole_is_not_used(data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        at = data.draw(st.integers(0, len(WRITTEN) - 1))
        damaged = bytearray(WRITTEN)
        if data.draw(st.booleans()):
            del damaged[at:]
        else:
            damaged[at] ^= data.draw(st.integers(1, 255))
        patch.setattr(Path, "read_bytes", lambda _path: bytes(damaged))
        with pytest.raises(Unusable):
            image.read(Path("image"))


@pytest.mark.parametrize("octets", [b"\x90", b"\x91\x01", b"\xc1", b""])
def test_a_stretch_that_holds_something_else_is_not_used(octets: bytes) -> None:
    with pytest.raises(Unusable):
        image.unpacked(octets)


# -- in a kernel


class Flavour(Plugin):
    """Declares the subnet, as flavours of DHCP do."""

    name = "flavour"
    requires = ("dhcp",)

    @hookimpl
    async def microdns_setup(self, context: PluginContext[Any]) -> None:
        context.services.require(LeaseBook).configure(4, [SUBNET])


@asynccontextmanager
async def running(folder: Path, clock: FakeClock | None = None) -> AsyncIterator[Kernel]:
    async with run_kernel(
        [DhcpPlugin(FakeLinks()), Flavour()], folder=folder, clock=clock
    ) as kernel:
        yield kernel


def book_of(kernel: Kernel) -> LeaseBook:
    return kernel.services.require(LeaseBook)


def lease(number: int, client: bytes, seconds: int = 1 << 31) -> Lease:
    now = 1_700_000_000
    return Lease(
        address=bytes((192, 0, 2, number)),
        client=client,
        state=ACTIVE,
        expires=now + seconds,
        subnet=SUBNET.id,
        started=now,
        renewed=now,
        duration=seconds,
    )


async def change_much(book: LeaseBook) -> None:
    """New ones, one that ends, one that another client gets, one that is forgotten."""
    await book.commit([book.grant(lease(number, bytes((number,)))) for number in (14, 12, 60)])
    for number, change in ((10, book.release), (11, book.delete), (13, book.expire)):
        found = book.lease(bytes((192, 0, 2, number)))
        assert found is not None
        await book.commit([change(found)])
    await book.commit([book.grant(lease(13, b"another"))])


def told(book: LeaseBook) -> tuple[object, ...]:
    """All that memory knows of the subnet."""
    arena = book.arenas[SUBNET.id]
    free = arena.pools[0].free
    return (
        sorted((each.address, each.client, each.state) for each in arena.all_bindings()),
        sorted((client, each.address) for client, each in arena.clients.items()),
        arena.active,
        free.free,
        [number for number in range(free.first, free.last + 1) if free.is_free(number)],
    )


def file_of(kernel: Kernel) -> Path:
    return kernel.store.folder("dhcp-leases") / "image"


async def begun(folder: Path) -> Path:
    """A store with five leases and their image."""
    async with running(folder) as kernel:
        book = book_of(kernel)
        await book.commit([book.grant(lease(n, bytes((n,)))) for n in (10, 11, 12, 13, 20)])
        return file_of(kernel)


def whole_readings(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Told of each stretch of leases that is read from the store itself."""
    seen: list[object] = []
    monkeypatch.setattr(keeping.ImageKeeper, "read_instead", lambda _self, part: seen.append(part))
    return seen


@pytest.mark.anyio
@pytest.mark.parametrize("repacked_from", [1, 1000])
async def test_a_start_after_a_stop_reads_the_image_alone(
    repacked_from: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "REPACKED_FROM", repacked_from)
    await begun(tmp_path)
    async with running(tmp_path) as kernel:
        await change_much(book_of(kernel))
        known = told(book_of(kernel))
    seen = whole_readings(monkeypatch)
    async with running(tmp_path) as kernel:
        assert told(book_of(kernel)) == known
    assert not seen


@pytest.mark.anyio
async def test_what_the_image_lacks_comes_from_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that was killed leaves the image of an earlier moment."""
    file = await begun(tmp_path)
    earlier = file.read_bytes()
    async with running(tmp_path) as kernel:
        await change_much(book_of(kernel))
        known = told(book_of(kernel))
    file.write_bytes(earlier)
    seen = whole_readings(monkeypatch)
    async with running(tmp_path) as kernel:
        assert told(book_of(kernel)) == known
    file.unlink()
    assert not seen
    async with running(tmp_path) as kernel:
        assert told(book_of(kernel)) == known
    assert seen


@pytest.mark.anyio
async def test_an_image_of_later_than_its_entry_is_right_too(tmp_path: Path) -> None:
    """It is made while leases change, and may have some of what comes after."""
    file = await begun(tmp_path)
    head, _ = image.read(file)
    async with running(tmp_path) as kernel:
        await change_much(book_of(kernel))
        known = told(book_of(kernel))
    _, octets = image.read(file)
    later = [image.Stretch(image.unpacked(each)[0].address, each) for each in octets]
    image.write(file, head.sequence, head.time_ns, later)
    async with running(tmp_path) as kernel:
        assert told(book_of(kernel)) == known


@pytest.mark.anyio
@pytest.mark.parametrize("why", ["damaged", "of another store", "too old", "unreadable entry"])
async def test_without_a_usable_image_all_leases_are_read(
    why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    file = await begun(tmp_path / "store")
    earlier = file.read_bytes()
    async with running(tmp_path / "store") as kernel:
        await change_much(book_of(kernel))
        known = told(book_of(kernel))
    if why == "damaged":
        file.write_bytes(file.read_bytes()[:-1])
    elif why == "of another store":
        file.write_bytes((await begun(tmp_path / "other")).read_bytes())
    elif why == "too old":
        file.write_bytes(earlier)
        monkeypatch.setattr(keeping, "TAIL_MIN", 1)
    else:
        file.write_bytes(earlier)
        monkeypatch.setattr(keeping, "LEASE_EVENTS", _OnlyNames())
    seen = whole_readings(monkeypatch)
    with caplog.at_level(logging.INFO):
        async with running(tmp_path / "store") as kernel:
            assert told(book_of(kernel)) == known
    assert seen
    assert "image of the leases is not used" in caplog.text


class _OnlyNames(tuple[type[Event], ...]):
    """Stands for the events known: the journal has some that this version does not know."""

    __slots__ = ()

    def __new__(cls) -> "_OnlyNames":
        return super().__new__(cls, LEASE_EVENTS)

    def __contains__(self, _kind: object) -> bool:
        return False


@pytest.mark.anyio
async def test_the_image_is_written_once_it_has_fallen_behind(
    tmp_path: Path, fake_clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "BEHIND_MIN", 3)
    async with running(tmp_path, fake_clock) as kernel:
        book = book_of(kernel)
        await book.commit([book.grant(lease(10, b"a"))])
        await fake_clock.advance(KEPT_EVERY_SECONDS + 1)
        assert not file_of(kernel).exists()
        await book.commit([book.grant(lease(n, bytes((n,)))) for n in (11, 12)])
        await fake_clock.advance(KEPT_EVERY_SECONDS + 1)
        await book._image.save(book)
        head, octets = image.read(file_of(kernel))
        assert head.sequence == kernel.store.sequence
        assert [each.client for each in image.unpacked(octets[0])] == [b"a", b"\x0b", b"\x0c"]


@pytest.mark.anyio
async def test_an_image_is_made_between_turns_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request waits in several turns of the loop, so most of them must be free of this."""
    monkeypatch.setattr(keeping, "SLICE_SECONDS", 0.0)
    monkeypatch.setattr(image, "STRETCH", 10)
    monkeypatch.setattr(image, "_SORTED_AT_ONCE", 10)
    async with running(tmp_path) as kernel:
        book = book_of(kernel)
        await book.commit([book.grant(lease(n, bytes((n,)))) for n in range(10, 110)])
        turns = 0
        turns_until: list[int] = []
        write = image.write

        def noting(*given: Any) -> int:
            turns_until.append(turns)
            return write(*given)

        monkeypatch.setattr(image, "write", noting)
        saving = asyncio.ensure_future(book._image.save(book))
        while not saving.done():
            turns += 1
            await asyncio.sleep(0)
        await saving
        stretches = len(image.read(file_of(kernel))[1])
        assert stretches >= 10
        assert turns_until[0] >= stretches * keeping.TURNS_BETWEEN


@pytest.mark.anyio
@pytest.mark.parametrize("error", [OSError("no space"), StorageFault("no disk")])
async def test_an_image_that_can_not_be_written_harms_nothing(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(image, "write", fail)
        await begun(tmp_path)
        async with running(tmp_path) as kernel:
            await change_much(book_of(kernel))
            known = told(book_of(kernel))
            await book_of(kernel)._image.save(book_of(kernel))
            assert len(book_of(kernel)._image.changed) >= 6
    async with running(tmp_path) as kernel:
        assert told(book_of(kernel)) == known
