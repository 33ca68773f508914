"""The process that is killed: imports zones and changes them, and tells what was acknowledged.

``python -m tests.fault.zone_writer PATH FIRST`` imports a zone of ``RECORDS`` records for each
number from FIRST on, then adds a name to it.  A line is the number of a zone, and ``imported`` or
``changed``.  Images are written all the time.
"""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvloop

from microdns.bus import Bus
from microdns.clock import SystemClock
from microdns.operations import Call
from microdns.store import Store
from microdns_auth.zonefile import ZoneText, read_zone
from microdns_dns.engine import keeper
from microdns_dns.engine.core import Engine
from microdns_dns.engine.images import ZoneImages
from microdns_dns.engine.view import CompiledViews
from microdns_dns.events import EVENTS
from microdns_dns.feed import ViewFeed
from microdns_dns.metrics import DnsMetrics
from microdns_dns.model import COLLECTIONS
from microdns_dns.repository import Add, Draft, ZoneRepository
from microdns_dns.view import Views

RECORDS = 6_000
HEAD = "$TTL 60\n@ SOA ns1 admin 1 2 3 4 5\n"


@asynccontextmanager
async def serving(path: Path) -> AsyncIterator[tuple[ZoneRepository, Views, keeper.ImageKeeper]]:
    """A store, what is answered from it, and who keeps its images."""
    clock, log = SystemClock(), logging.getLogger("tests.fault")
    store = await Store.open(path, COLLECTIONS, EVENTS)
    views = CompiledViews(Engine().zones)
    counts = DnsMetrics(views).images
    keeping = keeper.ImageKeeper(
        ZoneImages(store.folder("images")), views, store, clock, log, counts
    )
    repository = ZoneRepository(store, clock)
    repository.preparing = views
    feed = ViewFeed(views, log, keeping)
    await feed.start(store, Bus(store.journal))
    yield repository, views, keeping
    feed.close()
    await store.close()


async def main(path: Path, number: int) -> None:
    keeper.LOOK_SECONDS = 0.002
    keeper.CHANGED_MIN = 0
    async with serving(path) as (repository, _, keeping):
        background = asyncio.create_task(keeping.run())
        while not background.done():
            zone = f"zone{number}.example"
            lines = "".join(f"h{each} A 192.0.2.1\n" for each in range(RECORDS))
            content = await read_zone(ZoneText(HEAD + lines, zone=zone))
            await repository.replace_zone(Call(), content)
            print(number, "imported", flush=True)
            await repository.change(Call(), zone, [Add(Draft("added", 1, b"\1\2\3\4"))])
            print(number, "changed", flush=True)
            number += 1


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1]), int(sys.argv[2])))
