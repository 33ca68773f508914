"""When the disk fails: nobody is told of what is not there, and the store comes back by itself."""

import asyncio
import contextlib
import os
import resource
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import anyio
import pytest

from microdns.bus import Bus
from microdns.errors import StorageFault
from microdns.store import Store
from microdns.store.engine import Batch
from microdns.testing.clock import FakeClock

from .faulty import FaultyEngine, breaking
from .samples import COLLECTIONS, EVENTS, HOSTS, NOTES, Host, HostChanged, Note

pytestmark = pytest.mark.anyio


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def store(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Store]:
    store = await Store.open(tmp_path / "db", COLLECTIONS, EVENTS, clock=clock, engine=FaultyEngine)
    yield store
    await store.close()


async def put(store: Store, *names: str) -> None:
    async with store.transaction() as tx:
        for name in names:
            tx.put(HOSTS, Host(name))
            tx.emit(HostChanged(name=name))


async def passing(clock: FakeClock, happened: Callable[[], bool]) -> None:
    """Let time pass until that has happened; the store's thread works at its own pace."""
    async with asyncio.timeout(60):
        while not happened():
            await clock.advance(5)
            await asyncio.sleep(0.005)


async def recovered(store: Store, clock: FakeClock) -> None:
    await passing(clock, lambda: store.state == "open")


async def test_a_failed_write_is_an_error_and_leaves_nothing(
    store: Store, clock: FakeClock
) -> None:
    await put(store, "a")
    with breaking("write", "probe"):
        with pytest.raises(StorageFault, match="Input/output error"):
            await put(store, "b")
        assert store.state == "faulted"
        with pytest.raises(StorageFault, match="nothing can be written now"):
            await put(store, "c")
        assert store.get(HOSTS, b"a") == Host("a")
        assert store.get(HOSTS, b"b") is None
    await recovered(store, clock)
    await put(store, "d")
    assert [host.name for host in store.scan(HOSTS)] == ["a", "d"]
    assert [entry.sequence for entry in store.journal.read()] == [1, 2]
    assert store.metrics.faults.value == 1


async def test_a_failed_write_fails_all_who_shared_it_and_nothing_of_it_is_seen(
    store: Store, clock: FakeClock
) -> None:
    await put(store, "a")

    async def look() -> None:
        assert store.get(HOSTS, b"b") == Host("b")
        assert [host.name for host in store.scan(HOSTS)] == ["a"], "it could not be applied"
        assert store.get(HOSTS, b"b") is None
        assert store.state == "faulted"

    with breaking("write"):
        *failed, looked = await asyncio.gather(
            put(store, "b"), put(store, "c"), look(), return_exceptions=True
        )
    assert [type(result) for result in failed] == [StorageFault] * 2
    assert looked is None
    await recovered(store, clock)
    await put(store, "d")
    assert [host.name for host in store.scan(HOSTS)] == ["a", "d"]
    assert [entry.sequence for entry in store.journal.read()] == [1, 2]


async def test_a_failed_flush_fails_all_who_wait_and_what_survived_is_published(
    store: Store, clock: FakeClock
) -> None:
    await put(store, "a")
    heard: list[int] = []
    bus = Bus(store.journal, clock)
    bus.tap(lambda entries: heard.extend(entry.sequence for entry in entries))
    with breaking("flush"):
        results = await asyncio.gather(
            *(put(store, name) for name in "bcd"), return_exceptions=True
        )
        assert [type(result) for result in results] == [StorageFault] * 3
        assert heard == []
        assert store.sequence == 1
        with pytest.raises(StorageFault):
            async with store.snapshot():
                pass
    async with bus.subscribe(after=1) as subscription:
        await recovered(store, clock)
        # The log had them, so they are part of the state, and everybody is told.
        assert heard == [2, 3, 4]
        assert [(await anext(subscription)).sequence for _ in range(3)] == [2, 3, 4]
    await put(store, "e")
    assert heard == [2, 3, 4, 5]
    assert [host.name for host in store.scan(HOSTS)] == ["a", "b", "c", "d", "e"]
    async with store.snapshot() as snap:
        assert snap.sequence == 5


async def test_recovery_is_tried_until_it_works(store: Store, clock: FakeClock) -> None:
    await put(store, "a")
    with breaking("flush", "probe") as broken:
        with pytest.raises(StorageFault):
            await put(store, "b")
        for _ in range(3):
            await clock.advance(10)
            await asyncio.sleep(0.01)
        assert store.state == "faulted"
        assert store.get(HOSTS, b"a") == Host("a")
        broken.remove("probe")
        broken.add("open")
        await passing(clock, lambda: "can't open" in str(store.fault))
        with pytest.raises(StorageFault):
            store.get(HOSTS, b"a")
    await recovered(store, clock)
    assert store.get(HOSTS, b"a") == Host("a")
    assert store.fault is None


async def test_views_taken_before_a_recovery_say_that_they_are_gone(
    store: Store, clock: FakeClock
) -> None:
    await put(store, *(f"h{number:03}" for number in range(100)))
    scan = store.scan(HOSTS)
    next(scan)
    async with store.snapshot() as snap:
        with breaking("write"), pytest.raises(StorageFault):
            await put(store, "b")
        await recovered(store, clock)
        with pytest.raises(StorageFault, match="gone"):
            snap.get(HOSTS, b"a")
        with pytest.raises(StorageFault, match="gone"):
            list(scan)


async def test_a_transaction_does_not_outlive_a_recovery(store: Store, clock: FakeClock) -> None:
    async def across() -> None:
        async with store.transaction() as tx:
            tx.put(HOSTS, Host("late"))
            tx.emit(HostChanged(name="late"))
            with breaking("write"), contextlib.suppress(StorageFault):
                store.committer.submit(Batch(), [])
            await recovered(store, clock)

    with pytest.raises(StorageFault, match="repeat it"):
        await across()
    await put(store, "a")
    assert [host.name for host in store.scan(HOSTS)] == ["a"]


async def test_a_writer_cancelled_while_it_waits_is_published_all_the_same(
    store: Store, clock: FakeClock
) -> None:
    heard: list[int] = []
    Bus(store.journal, clock).tap(lambda entries: heard.append(entries[0].sequence))
    with anyio.CancelScope() as scope:
        async with store.transaction() as tx:
            tx.put(HOSTS, Host("a"))
            tx.emit(HostChanged(name="a"))
            scope.cancel()
    async with store.snapshot() as snap:
        assert snap.get(HOSTS, b"a") == Host("a")
    assert heard == [1]


async def test_closing_a_faulted_store_does_not_hang(store: Store, tmp_path: Path) -> None:
    await put(store, "a")
    with breaking("flush", "probe"):
        with pytest.raises(StorageFault):
            await put(store, "b")
        await store.close()
    with pytest.raises(StorageFault, match="closed"):
        await put(store, "c")
    again = await Store.open(tmp_path / "db", COLLECTIONS, EVENTS)
    assert again.get(HOSTS, b"a") == Host("a")
    await again.close()


async def test_versions_of_unjournaled_values_go_on_after_a_recovery(
    store: Store, clock: FakeClock
) -> None:
    async def note() -> None:
        async with store.transaction() as tx:
            tx.put(NOTES, Note("n"))

    await note()
    first = store.version(NOTES, b"n")
    with breaking("write"), pytest.raises(StorageFault):
        await note()
    await recovered(store, clock)
    await note()
    assert first is not None
    assert store.version(NOTES, b"n") == first + 1


async def fill(store: Store) -> list[int]:
    """Write until the disk is full; returns what was acknowledged."""
    acknowledged: list[int] = []
    with contextlib.suppress(StorageFault):
        for number in range(100_000):
            async with store.transaction() as tx:
                tx.put(HOSTS, Host(f"h{number}", os.urandom(20_000)))
                tx.emit(HostChanged(name=f"h{number}"))
            acknowledged.append(number)
    return acknowledged


async def check(path: Path, acknowledged: list[int]) -> None:
    """Everything acknowledged is there, in state and journal."""
    store = await Store.open(path, COLLECTIONS, EVENTS)
    assert all(store.get(HOSTS, b"h%d" % number) is not None for number in acknowledged)
    sequences = [entry.sequence for entry in store.journal.read()]
    assert sequences == list(range(1, len(sequences) + 1))
    assert store.get(HOSTS, b"after") == Host("after")
    await store.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MiB."""
    mount = tmp_path / "small"
    mount.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(mount)]
    subprocess.run(command, check=True, capture_output=True)
    yield mount
    subprocess.run(["umount", "-l", str(mount)], check=True)


@pytest.mark.needs("root")
async def test_a_full_disk_refuses_writes_and_loses_nothing(
    small_disk: Path, clock: FakeClock
) -> None:
    store = await Store.open(small_disk / "db", COLLECTIONS, EVENTS, clock=clock)
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * (14 << 20))
    acknowledged = await fill(store)
    assert len(acknowledged) > 50
    for _ in range(3):
        assert store.state == "faulted"
        assert "full" in str(store.fault)
        assert store.version(HOSTS, b"h0") == 1
        await clock.advance(10)
        await asyncio.sleep(0.02)
    ballast.unlink()
    await recovered(store, clock)
    await put(store, "after")
    await store.close()
    await check(small_disk / "db", acknowledged)


async def test_a_log_that_can_not_grow_refuses_writes_and_loses_nothing(
    tmp_path: Path, clock: FakeClock
) -> None:
    store = await Store.open(tmp_path / "db", COLLECTIONS, EVENTS, clock=clock)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 20, hard))
    try:
        acknowledged = await fill(store)
        assert store.state == "faulted"
        assert "File too large" in str(store.fault)
        assert store.version(HOSTS, b"h0") == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert len(acknowledged) > 50
    await recovered(store, clock)
    await put(store, "after")
    await store.close()
    await check(tmp_path / "db", acknowledged)
