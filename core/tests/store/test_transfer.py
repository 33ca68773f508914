"""Export to JSON Lines and import: the same values, versions and cursors, or nothing."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from microdns.errors import Conflict, Invalid, NotFound
from microdns.store import CursorTooOld, Migration, Store, import_store

from .samples import COLLECTIONS, EVENTS, HOSTS, NOTES, Host, HostChanged, Note

pytestmark = pytest.mark.anyio


async def opened(path: Path) -> Store:
    return await Store.open(path, COLLECTIONS, EVENTS)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await opened(tmp_path / "db")
    async with store.transaction() as tx:
        tx.put(NOTES, Note("n", "é\n\0"))
        for number in range(1200):
            tx.put(HOSTS, Host(f"h{number:04}", b"\xff\x00%d" % number, ("x",)))
        tx.emit(HostChanged(name="h"))
    async with store.transaction() as tx:
        tx.put(HOSTS, Host("h0007", b"seven"))
        tx.emit(HostChanged(name="h0007"))
    await store.save_cursor("kafka", 1)
    yield store
    await store.close()


async def test_everything_comes_back_with_its_version(store: Store, tmp_path: Path) -> None:
    progress: list[tuple[int, int | None, str]] = []
    exported = await store.export(tmp_path / "all.jsonl", lambda *said: progress.append(said))
    assert exported.counts == {"test.hosts": 1200, "test.notes": 1, "kernel.cursors": 1}
    assert progress[-1] == (1202, 1202, "values")
    imported = await import_store(tmp_path / "all.jsonl", tmp_path / "new")
    assert imported == exported
    again = await opened(tmp_path / "new")
    assert list(again.scan(HOSTS)) == list(store.scan(HOSTS))
    assert again.get(NOTES, b"n") == Note("n", "é\n\0")
    assert again.version(HOSTS, b"h0007") == 2
    assert again.version(HOSTS, b"h0008") == 1
    assert [host.name for host in again.find(HOSTS, "address", b"seven")] == ["h0007"]
    assert len(list(again.find(HOSTS, "tag", b"x"))) == 1199
    assert again.cursor("kafka") == 1
    await again.close()


async def test_the_journal_goes_on_where_the_export_was_made(store: Store, tmp_path: Path) -> None:
    await store.export(tmp_path / "all.jsonl")
    await import_store(tmp_path / "all.jsonl", tmp_path / "new")
    again = await opened(tmp_path / "new")
    assert (again.journal.oldest, again.journal.newest) == (3, 2)
    with pytest.raises(CursorTooOld):
        again.journal.read(after=again.cursor("kafka"))
    async with again.transaction() as tx:
        tx.emit(HostChanged(name="x"))
        tx.put(NOTES, Note("m"))
    assert [entry.sequence for entry in again.journal.read()] == [3]
    notes = [again.version(NOTES, name) for name in (b"n", b"m")]
    assert notes == [1, 3]  # the cursor was the second write without an event
    await again.close()


async def test_an_export_shows_one_instant_though_others_write(
    store: Store, tmp_path: Path
) -> None:
    async def write() -> None:
        for number in range(300):
            async with store.transaction() as tx:
                tx.put(HOSTS, Host(f"late{number}"))
                tx.emit(HostChanged(name="late"))

    writing = asyncio.create_task(write())
    exported = await store.export(tmp_path / "all.jsonl")
    await writing
    await import_store(tmp_path / "all.jsonl", tmp_path / "new")
    again = await opened(tmp_path / "new")
    late = list(again.scan(HOSTS, b"late"))
    assert len(late) == exported.sequence - 2
    await again.close()


async def test_neither_side_needs_the_plugins(store: Store, tmp_path: Path) -> None:
    await store.export(tmp_path / "with.jsonl")
    await store.close()
    bare = await Store.open(tmp_path / "db")
    await bare.export(tmp_path / "without.jsonl")
    await bare.close()
    lines = [(tmp_path / name).read_text().splitlines() for name in ("with.jsonl", "without.jsonl")]
    assert lines[0][1:] == lines[1][1:]


async def test_migrations_that_were_applied_are_remembered(tmp_path: Path) -> None:
    migrations = {"things": [Migration(1, "nothing", lambda data: None)]}
    store = await Store.open(tmp_path / "db", migrations=migrations)
    await store.export(tmp_path / "all.jsonl")
    await store.close()
    await import_store(tmp_path / "all.jsonl", tmp_path / "new")
    again = await Store.open(tmp_path / "new")
    assert await again.migrate(migrations) == []
    await again.close()


async def test_lines_are_fit_for_other_tools(store: Store, tmp_path: Path) -> None:
    await store.export(tmp_path / "all.jsonl")
    head, *values, tail = map(json.loads, (tmp_path / "all.jsonl").read_text().splitlines())
    assert head["microdns_export"] == 1
    assert head["sequence"] == 2
    assert head["counts"] == tail["end"]
    (note,) = [line for line in values if line["collection"] == "test.notes"]
    assert note == {
        "collection": "test.notes",
        "key": "bg==",
        "version": 1,
        "value": {"name": "n", "text": "é\n\0"},
    }


async def test_nothing_is_overwritten(store: Store, tmp_path: Path) -> None:
    await store.export(tmp_path / "all.jsonl")
    with pytest.raises(Conflict):
        await store.export(tmp_path / "all.jsonl")
    with pytest.raises(Conflict):
        await import_store(tmp_path / "all.jsonl", tmp_path / "db")
    with pytest.raises(NotFound, match=r"none\.jsonl"):
        await import_store(tmp_path / "none.jsonl", tmp_path / "new")


def replaced(number: int, line: str) -> Callable[[list[str]], list[str]]:
    return lambda lines: [*lines[:number], line, *lines[number:][1:]]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda lines: lines[:-1], "ends too early"),
        (lambda lines: lines[:1000], "ends too early"),
        (lambda lines: lines[:700] + lines[701:], ":1203: "),
        (lambda lines: [*lines[:700], *lines[699:]], ":1204: "),
        (lambda lines: [*lines, lines[-1]], "do not add up"),
        (replaced(5, "{}"), ":6: .*missing required field"),
        (replaced(5, '{"collection":"a","key":"!","version":1,"value":1}'), ":6: "),
        (replaced(5, '{"collection":"a","key":"","version":-1,"value":1}'), ":6: "),
        (replaced(5, '{"collection":"a","key":"","version":1,"value":{"$x":1}}'), ":6: "),
        (replaced(5, '{"collection":"journal","key":"","version":1,"value":1}'), ":6: "),
        (replaced(5, '{"collection":"a","key":"","version":1,"value":1}'), "do not add up"),
        (replaced(0, '{"microdns_export":1}'), ":1: "),
        (lambda lines: [lines[0].replace('export":1', 'export":2'), *lines[1:]], "format 2"),
        (lambda lines: [], "ends too early"),
    ],
)
async def test_a_damaged_file_is_refused_with_its_line_and_leaves_nothing(
    store: Store, tmp_path: Path, damage: Callable[[list[str]], list[str]], message: str
) -> None:
    await store.export(tmp_path / "all.jsonl")
    lines = (tmp_path / "all.jsonl").read_text().splitlines(keepends=True)
    broken = [line if line.endswith("\n") else line + "\n" for line in damage(lines)]
    (tmp_path / "broken.jsonl").write_text("".join(broken))
    with pytest.raises(Invalid, match=message):
        await import_store(tmp_path / "broken.jsonl", tmp_path / "new")
    assert not (tmp_path / "new").exists()
    assert sorted(os.listdir(tmp_path)) == ["all.jsonl", "broken.jsonl", "db"]


async def test_a_line_cut_short_is_seen(store: Store, tmp_path: Path) -> None:
    await store.export(tmp_path / "all.jsonl")
    octets = (tmp_path / "all.jsonl").read_bytes()
    (tmp_path / "broken.jsonl").write_bytes(octets[: len(octets) // 2])
    with pytest.raises(Invalid, match="cut short"):
        await import_store(tmp_path / "broken.jsonl", tmp_path / "new")
