"""The traps of the binding, each as a promise of the engine."""

import errno
import gc
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import rocksdict

import microdns.store
from microdns.errors import StorageFault
from microdns.store import StoreLocked, StoreOptions
from microdns.store.ahead import ROOM_OCTETS, USED_OCTETS_MIN
from microdns.store.engine import Batch, Engine

PAGE = 4096


def opened(path: Path) -> Engine:
    engine = Engine(path, StoreOptions())
    engine.open(["a", "b"])
    return engine


def closed(engine: Engine) -> None:
    engine.release(engine.detach())


def fill(engine: Engine, numbers: range, value: bytes = b"x") -> None:
    batch = Batch()
    for number in numbers:
        batch.put(engine.family("a"), b"%04d" % number, value)
    engine.write(batch)


def test_a_cursor_sees_the_instant_of_its_creation(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    fill(engine, range(3), b"old")
    cursor = engine.family("a").cursor()
    fill(engine, range(5), b"new")
    assert cursor.ascending(b"", None, 9) == [(b"%04d" % n, b"old") for n in range(3)]
    assert cursor.get(b"0001") == b"old"
    assert cursor.get(b"0004") is None
    assert engine.family("a").get(b"0004") == b"new"
    closed(engine)


def test_a_cursor_keeps_to_its_bounds_in_both_directions(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    fill(engine, range(10))
    cursor = engine.family("a").cursor()
    gc.collect()

    def keys(rows: list[tuple[bytes, bytes]]) -> list[int]:
        return [int(key) for key, _ in rows]

    assert keys(cursor.ascending(b"0003", b"0006", 99)) == [3, 4, 5]
    assert keys(cursor.ascending(b"0003", None, 2)) == [3, 4]
    assert keys(cursor.descending(b"0003", b"0006", 99)) == [5, 4, 3]
    assert keys(cursor.descending(b"0003", b"00055", 99)) == [5, 4, 3]
    assert keys(cursor.descending(b"", None, 2)) == [9, 8]
    assert cursor.ascending(b"1", None, 9) == []
    assert cursor.descending(b"", b"0000", 9) == []
    closed(engine)


@pytest.mark.parametrize(
    ("prefixes", "expected"),
    [
        ([], []),
        ([b"0"], list(range(1, 10))),
        ([b"0000", b"0003", b"00045", b"0007", b"0008"], [3, 7, 8]),
        ([b"0001", b"00015", b"00016", b"1", b"2"], [1]),
        ([b"0009", b"00091", b"1"], [9]),
        ([b"00", b"00"], list(range(1, 10))),
    ],
)
def test_a_cursor_finds_what_several_prefixes_have(
    prefixes: list[bytes], expected: list[int], tmp_path: Path
) -> None:
    engine = opened(tmp_path)
    fill(engine, range(1, 10))
    found = engine.family("a").cursor().under(prefixes)
    assert found == [(b"%04d" % number, b"x") for number in expected]
    closed(engine)


def test_nothing_read_is_ever_unpickled(tmp_path: Path) -> None:
    marker = tmp_path / "executed"
    payload = pickle.dumps(_Touch(str(marker)))
    engine = opened(tmp_path / "db")
    fill(engine, range(1), payload)
    assert engine.family("a").get(b"0000") == payload
    assert engine.family("a").cursor().get(b"0000") == payload
    closed(engine)
    engine = opened(tmp_path / "db")
    assert engine.family("a").get(b"0000") == payload
    assert not marker.exists()
    closed(engine)


class _Touch:
    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (os.mkdir, (self.path,))


def test_only_bytes_can_be_written(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    for wrong in ("text", bytearray(b"x"), memoryview(b"x"), 7):
        with pytest.raises(Exception, match=r"bytes|raw"):
            Batch().put(engine.family("a"), b"key", wrong)  # type: ignore[arg-type]  # the point
    closed(engine)


def test_closing_frees_the_lock_though_cursors_and_families_live(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    fill(engine, range(3))
    family, cursor = engine.family("a"), engine.family("a").cursor()
    closed(engine)
    again = opened(tmp_path)
    assert again.family("a").get(b"0002") == b"x"
    with pytest.raises(StorageFault, match="is gone"):
        cursor.ascending(b"", None, 1)
    with pytest.raises(StorageFault, match="not open"):
        family.get(b"0002")
    with pytest.raises(StorageFault, match="not open"):
        family.cursor()
    closed(again)


def test_families_survive_a_reopening(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    fill(engine, range(3))
    family, late = engine.family("a"), engine.family("late")
    engine.reopen(engine.detach())
    assert family.get(b"0001") == b"x"
    batch = Batch()
    batch.put(late, b"k", b"v")
    engine.write(batch)
    assert late.get(b"k") == b"v"
    closed(engine)


def test_families_on_disk_are_opened_though_nobody_names_them(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    fill(engine, range(3))
    closed(engine)
    again = Engine(tmp_path, StoreOptions())
    again.open(["c"])
    assert set(again.families) == {"a", "b", "c"}
    assert again.family("a").get(b"0000") == b"x"
    closed(again)


def test_a_batch_over_families_and_ranges_happens_in_order(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    fill(engine, range(10))
    batch = Batch()
    batch.delete_range(engine.family("a"), b"0002", b"0008")
    batch.update(engine.family("a"), [(b"0004", b"again"), (b"0009", None)])
    batch.put(engine.family("b"), b"0004", b"other")
    engine.write(batch)
    rows = engine.family("a").cursor().ascending(b"", None, 99)
    assert [(int(key), value) for key, value in rows] == [
        (0, b"x"), (1, b"x"), (4, b"again"), (8, b"x"),
    ]  # fmt: skip
    assert engine.family("b").get(b"0004") == b"other"
    closed(engine)


def test_the_second_opener_in_the_same_process_leaves_the_lock_alone(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    with pytest.raises(StoreLocked) as caught:
        opened(tmp_path)
    assert caught.value.pid == os.getpid()
    assert str(tmp_path) in str(caught.value)
    assert _open_elsewhere(tmp_path) == f"locked by {os.getpid()}"
    closed(engine)
    assert _open_elsewhere(tmp_path) == "opened"


def _open_elsewhere(path: Path) -> str:
    program = """
import sys
from pathlib import Path
from microdns.store import StoreLocked, StoreOptions
from microdns.store.engine import Engine
try:
    Engine(Path(sys.argv[1]), StoreOptions()).open()
    print("opened")
except StoreLocked as locked:
    print(f"locked by {locked.pid}")
"""
    ran = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    return ran.stdout.strip()


def _log_file(path: Path) -> Path:
    return max(path.glob("*.log"), key=lambda file: file.stat().st_size)


def test_a_torn_tail_of_the_log_is_accepted(tmp_path: Path) -> None:
    engine = opened(tmp_path / "db")
    for number in range(100):
        fill(engine, range(number, number + 1), b"v" * 50)
    shutil.copytree(tmp_path / "db", tmp_path / "torn")
    log = _log_file(tmp_path / "torn")
    os.truncate(log, log.stat().st_size - 20)
    torn = opened(tmp_path / "torn")
    assert len(torn.family("a").cursor().ascending(b"", None, 999)) == 99
    closed(torn)
    closed(engine)


def test_a_damaged_record_in_the_middle_of_the_log_is_a_clear_fault(tmp_path: Path) -> None:
    engine = opened(tmp_path / "db")
    for number in range(100):
        fill(engine, range(number, number + 1), b"v" * 50)
        engine.flush_wal()
    shutil.copytree(tmp_path / "db", tmp_path / "damaged")
    log = _log_file(tmp_path / "damaged")
    octets = bytearray(log.read_bytes())
    octets[len(octets) // 2] ^= 0xFF
    log.write_bytes(octets)
    with pytest.raises(StorageFault, match=r"damaged.*restore it from a backup"):
        opened(tmp_path / "damaged")
    octets[len(octets) // 2] ^= 0xFF
    log.write_bytes(octets)
    mended = opened(tmp_path / "damaged")
    assert len(mended.family("a").cursor().ascending(b"", None, 999)) == 100, "left as it was"
    closed(mended)
    closed(engine)


def _with_room(path: Path) -> tuple[Engine, int]:
    """An engine that has room in its log, and how much of the log is used; all is flushed."""
    engine = opened(path)
    fill(engine, range(1), b"v" * USED_OCTETS_MIN)
    for number in range(1, 9):
        fill(engine, range(number, number + 1), b"v" * 50)
    engine.flush_wal()
    return engine, len(_log_file(path).read_bytes().rstrip(b"\0"))


def test_a_write_cut_short_in_the_room_that_the_log_has_is_left_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    engine, flushed = _with_room(tmp_path / "db")
    fill(engine, range(9, 12), b"v" * PAGE)
    shutil.copytree(tmp_path / "db", tmp_path / "torn")
    with open(_log_file(tmp_path / "torn"), "r+b") as log:
        log.seek(flushed + PAGE)  # the pages around it have reached the disk
        log.write(bytes(PAGE))
    torn = opened(tmp_path / "torn")
    keys = [int(key) for key, _ in torn.family("a").cursor().ascending(b"", None, 999)]
    assert keys == list(range(9))
    assert "cut short" in caplog.text
    fill(torn, range(9, 10))
    closed(torn)
    again = opened(tmp_path / "torn")
    assert len(again.family("a").cursor().ascending(b"", None, 999)) == 10
    closed(again)
    closed(engine)


def test_a_hole_in_what_was_flushed_is_a_clear_fault(tmp_path: Path) -> None:
    engine, _ = _with_room(tmp_path / "db")
    fill(engine, range(9, 10), b"v" * 3 * PAGE)
    engine.flush_wal()
    fill(engine, range(10, 11))  # tells that the one before is on the disk
    shutil.copytree(tmp_path / "db", tmp_path / "damaged")
    with open(_log_file(tmp_path / "damaged"), "r+b") as log:
        log.seek(USED_OCTETS_MIN + 2 * PAGE)
        log.write(bytes(PAGE))
    with pytest.raises(StorageFault, match=r"damaged.*restore it from a backup"):
        opened(tmp_path / "damaged")
    closed(engine)


def test_a_log_that_is_much_written_to_has_room_in_which_it_does_not_grow(tmp_path: Path) -> None:
    engine, used = _with_room(tmp_path)
    before = _log_file(tmp_path).stat()
    assert used + ROOM_OCTETS // 2 < before.st_size < used + 2 * ROOM_OCTETS
    pages = ROOM_OCTETS // 2 // PAGE
    for number in range(9, 9 + pages):
        fill(engine, range(number, number + 1), b"v" * PAGE)
    engine.flush_wal()
    after = _log_file(tmp_path).stat()
    assert (after.st_size, after.st_blocks) == (before.st_size, before.st_blocks)
    engine.reopen(engine.detach())
    assert len(engine.family("a").cursor().ascending(b"", None, 999)) == 9 + pages
    closed(engine)


def test_a_log_that_is_hardly_written_to_has_no_room(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    fill(engine, range(9), b"v" * 50)
    engine.flush_wal()
    log = _log_file(tmp_path).read_bytes()
    assert len(log) - len(log.rstrip(b"\0")) <= 8
    closed(engine)


def test_each_new_log_gets_room(tmp_path: Path) -> None:
    engine = Engine(tmp_path, StoreOptions(memtable_bytes=1 << 20))
    engine.open(["a", "b"])
    seen: dict[str, int] = {}
    for number in range(400):
        fill(engine, range(number, number + 1), os.urandom(1 << 14))
        newest = max(tmp_path.glob("*.log"))
        seen[newest.name] = max(seen.get(newest.name, 0), newest.stat().st_size)
    assert len(seen) > 3
    assert all(size > ROOM_OCTETS for size in list(seen.values())[:-1])
    engine.reopen(engine.detach())
    assert len(engine.family("a").cursor().ascending(b"", None, 999)) == 400
    closed(engine)


_NICENESS = """
import sys, time
from pathlib import Path
from microdns.store import StoreOptions
from microdns.store.engine import Batch, Engine

engine = Engine(Path(sys.argv[1]), StoreOptions(memtable_bytes=1 << 16))
engine.open(["a"])
for number in range(100):
    batch = Batch()
    batch.put(engine.family("a"), b"%d" % number, bytes(1 << 14))
    engine.write(batch)

def niceness():
    for task in Path("/proc/self/task").iterdir():
        if (task / "comm").read_text() == "rocksdb:high\\n":
            return int((task / "stat").read_text().rpartition(")")[2].split()[16])

until = time.monotonic() + 30
while niceness() in (None, 0) and time.monotonic() < until:
    time.sleep(0.01)
print(niceness())
"""


def test_work_in_the_background_lets_everybody_go_first(tmp_path: Path) -> None:
    # In a process of its own: the threads are a process's, and change when they begin to work.
    command = (sys.executable, "-c", _NICENESS, str(tmp_path / "db"))
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert told.stdout == "19\n"


def test_where_no_room_can_be_made_the_log_grows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)
    engine, used = _with_room(tmp_path)
    assert _log_file(tmp_path).stat().st_size - used < 16
    closed(engine)


def test_the_engine_is_the_only_module_that_imports_the_binding() -> None:
    sources = Path(microdns.store.__file__).parents[1]
    users = [file.name for file in sources.rglob("*.py") if "rocksdict" in file.read_text()]
    assert users == ["engine.py"]
    assert rocksdict.Rdict is not None


def test_damage_in_a_table_is_a_fault_and_never_an_empty_answer(tmp_path: Path) -> None:
    engine = opened(tmp_path)
    fill(engine, range(2000), os.urandom(500))
    engine.reopen(engine.detach())  # writes the log's content out into a table
    closed(engine)
    table = max(tmp_path.glob("*.sst"), key=lambda file: file.stat().st_size)
    octets = bytearray(table.read_bytes())
    for at in range(len(octets) // 4, len(octets) // 2, 1000):
        octets[at] ^= 0xFF
    table.write_bytes(octets)
    engine = opened(tmp_path)
    family = engine.family("a")
    with pytest.raises(StorageFault, match="restore it from a backup"):
        assert all(family.get(b"%04d" % number) is not None for number in range(2000))
    with pytest.raises(StorageFault, match="restore it from a backup"):
        family.cursor().ascending(b"", None, 9999)
    with pytest.raises(StorageFault, match="restore it from a backup"):
        family.cursor().descending(b"", None, 9999)
    with pytest.raises(StorageFault, match="restore it from a backup"):
        family.cursor().under([b"0"])
    with pytest.raises(StorageFault, match="restore it from a backup"):
        family.cursor().under([b"%04d" % number for number in range(2000)])
    closed(engine)
