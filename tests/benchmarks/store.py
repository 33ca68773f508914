"""How fast the store is: ``make bench ARGS="store --seconds 3 --rounds 3 --path DIR"``.

Writes are durable single-record transactions from 64 concurrent writers; their latency is what a
writer waits, and ``cpu_us`` what one costs the processor (other work on the machine disturbs that
less than the rate).  Reads are by key, decoded.  The disk under ``--path`` decides what a flush
costs.  The peer is SQLite (WAL, synchronous=FULL): the same record and journal entry a commit.
"""

import argparse
import asyncio
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import uvloop

from microdns.bus import Bus
from microdns.events import Event
from microdns.store import Collection, Index, Store

WRITERS = 64
KEYS = 100_000


class Record(msgspec.Struct, frozen=True, array_like=True):
    """About the size of a DNS record."""

    id: str
    zone: str
    name: str
    ttl: int
    rdata: bytes


class RecordChanged(Event, frozen=True, kw_only=True, tag="bench.changed"):
    after: Record


RECORDS = Collection("bench.records", Record, key=lambda record: record.name.encode())
INDEXED = Collection(
    "bench.indexed",
    Record,
    key=lambda record: record.name.encode(),
    indexes=(Index("id", lambda record: [record.id.encode()], unique=True),),
)


def record(number: int) -> Record:
    return Record(
        id=f"0189f7c2-7f6b-7c3e-9d2a-{number:012d}",
        zone="0189f7c2-7f6b-7c3e-9d2a-6a5b4c3d2e1f",
        name=f"host{number}",
        ttl=300,
        rdata=number.to_bytes(4, "big"),
    )


async def write(store: Store, seconds: float) -> dict[str, float]:
    """64 writers, each waiting for its transaction before the next."""
    waits: list[float] = []
    end = time.perf_counter() + seconds

    async def writer(first: int) -> None:
        number = first
        clock = time.perf_counter
        while (started := clock()) < end:
            value = record(number % KEYS)
            number += WRITERS
            async with store.transaction() as tx:
                tx.put(RECORDS, value)
                tx.emit(RecordChanged(after=value))
            waits.append(clock() - started)

    started, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(writer(number) for number in range(WRITERS)))
    elapsed, cpu = time.perf_counter() - started, time.process_time() - cpu
    ordered = sorted(waits)
    return {
        "per_second": len(waits) / elapsed,
        "p50_ms": statistics.median(ordered) * 1e3,
        "p99_ms": ordered[int(len(ordered) * 0.99)] * 1e3,
        "max_ms": ordered[-1] * 1e3,
        "cpu_us": cpu / len(waits) * 1e6,
    }


async def write_alone(store: Store, seconds: float) -> dict[str, float]:
    """One writer: the latency of a quiet system."""
    waits: list[float] = []
    end = time.perf_counter() + seconds
    while (started := time.perf_counter()) < end:
        value = record(len(waits) % KEYS)
        async with store.transaction() as tx:
            tx.put(RECORDS, value)
            tx.emit(RecordChanged(after=value))
        waits.append(time.perf_counter() - started)
    waits.sort()
    return {
        "per_second": len(waits) / sum(waits),
        "p50_ms": statistics.median(waits) * 1e3,
        "p99_ms": waits[int(len(waits) * 0.99)] * 1e3,
    }


async def bulk(store: Store) -> dict[str, float]:
    """100,000 indexed values in one transaction, and the loop's longest silence meanwhile."""
    values = [record(number) for number in range(KEYS)]
    silence = 0.0

    async def listen() -> None:
        nonlocal silence
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            silence, last = max(silence, now - last), now

    listening = asyncio.create_task(listen())
    started = time.perf_counter()
    async with store.transaction() as tx:
        for position, value in enumerate(values):
            tx.put(INDEXED, value)
            if position % 1000 == 0:
                tx.emit(RecordChanged(after=value))
                await asyncio.sleep(0)
        staged = time.perf_counter()
        silence = 0.0
    ended = time.perf_counter()
    listening.cancel()
    return {
        "seconds": ended - started,
        "commit_seconds": ended - staged,
        "commit_silence_ms": silence * 1e3,
    }


def reads(store: Store, seconds: float) -> dict[str, float]:
    """By key, decoded; then by unique index; then a whole scan."""
    keys = [f"host{number * 7919 % KEYS}".encode() for number in range(KEYS)]
    ids = [record(number * 7919 % KEYS).id.encode() for number in range(20_000)]

    def get() -> int:
        for key in keys:
            if store.get(INDEXED, key) is None:
                raise AssertionError(key)
        return len(keys)

    def find() -> int:
        for key in ids:
            if len(list(store.find(INDEXED, "id", key))) != 1:
                raise AssertionError(key)
        return len(ids)

    def scan() -> int:
        return sum(1 for _ in store.scan(INDEXED))

    return {
        "get_per_second": repeat(get, seconds),
        "find_per_second": repeat(find, seconds / 3),
        "scan_per_second": repeat(scan, seconds / 3),
    }


def sqlite(path: Path, seconds: float) -> dict[str, float]:
    """The peer: one writer (it has no group commit), then reads by key."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE records (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID")
    database.execute("CREATE TABLE journal (sequence INTEGER PRIMARY KEY, entry BLOB)")
    written, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        value = record(written)
        entry = msgspec.msgpack.encode(RecordChanged(after=value))
        row = (value.name.encode(), msgspec.msgpack.encode(value))
        database.execute("BEGIN")
        database.execute("INSERT INTO records VALUES (?, ?)", row)
        database.execute("INSERT INTO journal (entry) VALUES (?)", (entry,))
        database.execute("COMMIT")
        written += 1
    rate = written / (time.perf_counter() - started)
    decode = msgspec.msgpack.Decoder(Record).decode
    keys = [f"host{number}".encode() for number in range(written)]

    def get() -> int:
        for key in keys:
            decode(database.execute("SELECT value FROM records WHERE key=?", (key,)).fetchone()[0])
        return len(keys)

    found = {"writes_per_second": rate, "get_per_second": repeat(get, seconds)}
    database.close()
    return found


def repeat(work: Callable[[], int], seconds: float) -> float:
    done, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        done += work()
    return done / (time.perf_counter() - started)


async def measure(folder: Path, seconds: float) -> dict[str, dict[str, float]]:
    store = await Store.open(folder / "db", [RECORDS, INDEXED], [RecordChanged])
    Bus(store.journal)
    try:
        return {
            "64 writers": await write(store, seconds),
            "1 writer": await write_alone(store, seconds / 3),
            "bulk of 100,000": await bulk(store),
            "reads": reads(store, seconds / 3),
        }
    finally:
        await store.close()


async def measure_both(folder: Path, seconds: float) -> dict[str, dict[str, float]]:
    figures = await measure(folder, seconds)
    peer = sqlite(folder / "peer.sqlite", seconds / 3)
    writes, reading = figures["64 writers"], figures["reads"]
    return figures | {
        "SQLite": peer,
        "ratio to SQLite": {
            "writes": writes["per_second"] / peer["writes_per_second"],
            "reads": reading["get_per_second"] / peer["get_per_second"],
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--path", help="folder on the disk to measure")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    for number in range(options.rounds):
        with tempfile.TemporaryDirectory(dir=options.path) as folder:
            figures = uvloop.run(measure_both(Path(folder), options.seconds))
        if options.json:
            print(json.dumps(figures))
            continue
        print(f"round {number + 1} of {options.rounds}")
        for name, found in figures.items():
            shown = ", ".join(f"{key} {value:,.2f}" for key, value in found.items())
            print(f"  {name}: {shown}")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
