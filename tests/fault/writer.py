"""The process that is killed: writes as fast as it can, and tells what was acknowledged.

``python -m tests.fault.writer PATH FIRST NUMBER`` starts NUMBER concurrent writes, numbered from
FIRST on.  Its standard output has records of 9 bytes, a letter and a number: ``A`` and the number
of a write that was acknowledged; ``F`` and how far a flush has brought the log to disk.
"""

import asyncio
import os
import random
import sys
from pathlib import Path

import msgspec
import uvloop

from microdns.events import Event
from microdns.store import Collection, Store, StoreOptions
from microdns.store.engine import Engine

OPTIONS = StoreOptions(memtable_bytes=64 << 20, memtables_bytes=256 << 20)
"""Memory enough that a round's writes are in the log only."""

KEYS = 3000
SPREAD_SECONDS = 0.25


class Item(msgspec.Struct, frozen=True):
    key: str
    write: int


class Total(msgspec.Struct, frozen=True):
    """How many writes there were; changes with every one, in a column family of its own."""

    writes: int


class ItemWritten(Event, frozen=True, kw_only=True, tag="fault.item_written"):
    """``write`` is the number of the write; ``after`` is None where it deleted the item."""

    write: int
    key: str
    after: Item | None


ITEMS = Collection("fault.items", Item, key=lambda item: item.key.encode())
TOTALS = Collection("fault.totals", Total, key=lambda total: b"total")


async def opened(path: Path, engine: type[Engine] = Engine) -> Store:
    return await Store.open(path, [ITEMS, TOTALS], [ItemWritten], options=OPTIONS, engine=engine)


def tell(letter: bytes, number: int) -> None:
    os.write(1, letter + number.to_bytes(8, "big"))


class TellingEngine(Engine):
    """Tells how much of the log has been brought to disk, before anybody is acknowledged."""

    used = 0

    def flush_wal(self) -> None:
        self.used = max((used(log, self.used) for log in self.path.glob("*.log")), default=0)
        super().flush_wal()
        tell(b"F", self.used)


def used(log: Path, known: int = 0) -> int:
    """How many octets of a log come before the zeros at its end; at least so many as known."""
    with open(log, "rb") as file:
        file.seek(known)
        return known + len(file.read().rstrip(b"\0"))


async def write(store: Store, number: int) -> None:
    await asyncio.sleep(random.random() * SPREAD_SECONDS)
    key = f"k{number * 7919 % KEYS}"
    async with store.transaction() as tx:
        if number % 50 == 0:
            await asyncio.sleep(0)  # some hold their turn while others wait
        there = tx.get(ITEMS, key.encode()) is not None
        total = tx.get(TOTALS, b"total") or Total(0)
        tx.put(TOTALS, Total(total.writes + 1))
        if there and number % 5 == 0:
            tx.delete(ITEMS, key.encode())
            tx.emit(ItemWritten(write=number, key=key, after=None))
        else:
            item = Item(key, number)
            tx.put(ITEMS, item)
            tx.emit(ItemWritten(write=number, key=key, after=item))
    tell(b"A", number)


async def main(path: Path, first: int, number: int) -> None:
    store = await opened(path, TellingEngine)
    await asyncio.gather(*(write(store, each) for each in range(first, first + number)))


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
