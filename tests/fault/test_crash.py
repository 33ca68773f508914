"""What was acknowledged survives: the process is killed in the midst of concurrent writes."""

import asyncio
import fcntl
import os
import random
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.fault.writer import ITEMS, TOTALS, Item, ItemWritten, opened, used

from microdns.store import Store

ROOT = Path(__file__).parents[2]
KILLS = 20
POWER_CUTS = 5
POWER_CUTS_MAX = 40
WRITES = 10_000
RECORD = 9
PAGE = 4096
PIPE_BYTES = 8192


@dataclass
class Told:
    """What a writer said before it died."""

    acknowledged: set[int] = field(default_factory=set)
    log_bytes: int = 0


def run_and_kill(path: Path, first: int, after: int) -> Told:
    """Start the writes, and kill the process once ``after`` of them are acknowledged."""
    command = [sys.executable, "-m", "tests.fault.writer", str(path), str(first), str(WRITES)]
    told, rest = Told(), b""
    reading, writing = os.pipe()
    # So small that it can't be done before we have read what it is killed for.
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    with (
        subprocess.Popen(command, stdout=writing, cwd=ROOT) as process,
        os.fdopen(reading, "rb", 0) as telling,
    ):
        os.close(writing)
        while octets := telling.read(1 << 16):
            rest = take(told, rest + octets)
            if len(told.acknowledged) >= after:
                process.kill()
    assert process.returncode == -9
    return told


def take(told: Told, octets: bytes) -> bytes:
    """Note whole records; returns what is left."""
    whole = len(octets) - len(octets) % RECORD
    for at in range(0, whole, RECORD):
        letter, number = octets[at : at + 1], int.from_bytes(octets[at + 1 : at + RECORD], "big")
        if letter == b"A":
            told.acknowledged.add(number)
        else:
            told.log_bytes = number
    return octets[whole:]


@dataclass
class Replay:
    """State as the journal alone tells it."""

    sequence: int = 0
    items: dict[str, tuple[Item, int]] = field(default_factory=dict)
    writes: set[int] = field(default_factory=set)

    def go_on(self, store: Store) -> None:
        for entry in store.journal.read(after=self.sequence):
            event = entry.event
            assert isinstance(event, ItemWritten)
            assert entry.sequence == entry.transaction == self.sequence + 1, "a gap"
            self.sequence = entry.sequence
            self.writes.add(event.write)
            if event.after is None:
                del self.items[event.key]
            else:
                self.items[event.key] = (event.after, entry.transaction)

    def check(self, store: Store) -> None:
        """State, versions and journal agree."""
        assert {item.key: item for item in store.scan(ITEMS)} == {
            key: item for key, (item, _) in self.items.items()
        }
        for key, (_, version) in self.items.items():
            assert store.version(ITEMS, key.encode()) == version
        total = store.get(TOTALS, b"total")
        assert (0 if total is None else total.writes) == self.sequence


async def examine(path: Path, replay: Replay, told: Told) -> None:
    store = await opened(path)
    replay.go_on(store)
    replay.check(store)
    lost = told.acknowledged - replay.writes
    assert not lost, f"{len(lost)} acknowledged writes are gone"
    await store.close()


def test_nothing_acknowledged_is_lost_by_kill_9_twenty_times_over(tmp_path: Path) -> None:
    random.seed(0)
    replay = Replay()
    acknowledged = 0
    for number in range(KILLS):
        told = run_and_kill(tmp_path / "db", number * WRITES, random.randrange(1, WRITES * 9 // 10))
        assert len(told.acknowledged) < WRITES, "it was done before it was killed"
        asyncio.run(examine(tmp_path / "db", replay, told))
        acknowledged += len(told.acknowledged)
    assert acknowledged > KILLS * WRITES / 10


@pytest.mark.parametrize("cut_off", [True, False], ids=["cut off", "with holes"])
def test_nothing_acknowledged_is_lost_by_a_power_cut(cut_off: bool, tmp_path: Path) -> None:
    """As if the log had been brought to disk no further than by the last flush before the cut.

    After kill -9 alone the kernel still writes out what was never flushed; so this is what shows
    that nobody is acknowledged before the flush.
    """
    random.seed(1)
    unacknowledged = 0
    for number in range(POWER_CUTS_MAX):
        path = tmp_path / f"db{number}"
        told = run_and_kill(path, 0, random.randrange(1, WRITES * 9 // 10))
        (log,) = path.glob("*.log")
        unacknowledged += used(log) - told.log_bytes
        if cut_off:
            os.truncate(log, told.log_bytes)
        else:
            lose_pages(log, told.log_bytes)
        asyncio.run(examine(path, Replay(), told))
        # Some cuts come when nothing is under way, and show nothing: then there are more of them.
        if number + 1 >= POWER_CUTS and unacknowledged > 0:
            break
    assert unacknowledged > 0, "every kill came when nothing was under way"


def lose_pages(log: Path, flushed: int) -> None:
    """Leave only some of the pages that were never flushed: disks write in any order."""
    with open(log, "r+b") as file:
        end = os.fstat(file.fileno()).st_size
        for start in range(flushed - flushed % PAGE, end, PAGE):
            if random.random() < 0.5:
                first = max(start, flushed)
                file.seek(first)
                file.write(bytes(min(start + PAGE, end) - first))
