"""Keeps the image of the leases: when it is read, what it lacks, when it is written anew.

Between two writings it is known which addresses have changed; only the stretches that these are in
are packed anew, in small steps, so that clients wait for none of it.  What has changed after the
image's journal entry may be in it already: the journal is applied to it in any case, and says of
each lease how it is, not by what it differs.
"""

import logging
from collections.abc import AsyncIterator, Iterable, Iterator
from time import perf_counter
from typing import Any, Protocol, TypeVar

import anyio
import anyio.lowlevel
import anyio.to_thread

from microdns.clock import Clock
from microdns.errors import StorageFault
from microdns.events import Entry
from microdns.logs import LogEvents
from microdns.store import CursorTooOld, Store
from microdns_dhcp import image
from microdns_dhcp.events import LEASE_EVENTS, LeaseDeleted
from microdns_dhcp.image import Stretch, Unusable
from microdns_dhcp.model import Binding

EVENTS = LogEvents("dhcp.image")
IMAGE_LEFT = EVENTS.info(
    "image.left", "The image of the leases can't be used; all leases are read, which takes longer."
)
IMAGE_UNWRITTEN = EVENTS.warn(
    "image.unwritten",
    "The image of the leases can't be written: the next start takes longer, and loses nothing.",
)

KEPT_EVERY_SECONDS = 10.0
"""How often it is looked whether the image is to be written."""
BEHIND_MIN = 100_000
BEHIND_SHARE = 10
"""It is written once the journal is ahead by this many entries, and one in so many leases.

To bring it up to date takes a tenth of the processor time that the changes themselves take, and of
fewer leases than that all are read in a third of a second."""
REPACKED_FROM = 50_000
"""With more changes than this, a stop, for which nobody waits, packs all leases anew at once."""
SLICE_SECONDS = 0.0005
TURNS_BETWEEN = 4
"""An image is made for so long at a time; then it is others' turn, so many times.  A request takes
some turns until it is answered, and would wait in each of them."""
TAIL_MIN = 20_000
TAIL_SHARE = 8
"""A start applies so many entries, or one in so many leases: with more, to read all is quicker."""


Step = TypeVar("Step")


class Bindings(Protocol):
    """What the image is of."""

    def binding(self, address: bytes) -> Binding | None: ...
    def all_bindings(self) -> Iterable[Binding]: ...


class ImageKeeper:
    """The image of a store's leases."""

    def __init__(self, store: Store, clock: Clock, log: logging.Logger) -> None:
        self.changed: set[bytes] = set()
        """Addresses of which something has become durable since the stretches were packed."""
        self._path = store.folder("dhcp-leases") / "image"
        self._store = store
        self._clock = clock
        self._log = log
        self._stretches: list[Stretch] = []
        self._unpacked: list[list[Binding]] = []
        self._sequence = 0
        """Journal entry that the file is as of."""
        self._leases = 0
        self._saving = anyio.Lock()

    # -- at the start

    def load(self) -> Iterator[list[Binding]] | None:
        """All bindings in order, from the file and the journal; None when the file is no use."""
        try:
            head, octets = image.read(self._path)
            stretches = [image.unpacked(each) for each in octets]
            changes = self._tail(head, sum(map(len, stretches)))
        except FileNotFoundError:
            return None
        except Unusable as why:
            IMAGE_LEFT(self._log, "the image of the leases is not used: %s", why)
            return None
        self._stretches = [
            Stretch(bindings[0].address, each)
            for bindings, each in zip(stretches, octets, strict=True)
        ]
        self.changed.update(changes)
        self._sequence = head.sequence
        return image.loaded(stretches, changes)

    def read_instead(self, bindings: list[Binding]) -> None:
        """These, in order, were read from the store; they are packed later."""
        self._unpacked.append(bindings)

    def _tail(self, head: image.Head, leases: int) -> dict[bytes, Binding | None]:
        """What the journal has after the image; raises Unusable."""
        journal = self._store.journal
        if journal.newest - head.sequence > max(TAIL_MIN, leases // TAIL_SHARE):
            raise Unusable("too much has happened since")
        try:
            known = next(journal.read(after=head.sequence - 1, limit=1), None)
            if known is None or (known.sequence, known.time_ns) != (head.sequence, head.time_ns):
                raise Unusable("it is not of this store")
            return dict(map(_change, journal.read(after=head.sequence, types=LEASE_EVENTS)))
        except CursorTooOld:
            raise Unusable("the journal does not go back to it") from None

    # -- while leases change

    async def run(self, book: Bindings) -> None:
        """Write the image whenever it has fallen behind, until cancelled."""
        while True:
            await self._clock.sleep(KEPT_EVERY_SECONDS)
            behind = self._store.sequence - self._sequence
            if self._unpacked or behind >= max(BEHIND_MIN, self._leases // BEHIND_SHARE):
                await self.save(book)

    async def save(self, book: Bindings, stopping: bool = False) -> None:
        """Write the image as of now; a fault is told."""
        async with self._saving:
            if self._store.sequence == self._sequence and not self._unpacked:
                return
            changed, self.changed = self.changed, set()
            try:
                await self._save(changed, book, stopping)
            except BaseException as error:
                self.changed |= changed
                if not isinstance(error, OSError | StorageFault | Unusable | CursorTooOld):
                    raise
                IMAGE_UNWRITTEN(self._log, "can't write the image of the leases: %s", error)

    async def _save(self, changed: set[bytes], book: Bindings, stopping: bool) -> None:
        sequence = self._store.sequence
        newest = next(self._store.journal.read(after=sequence - 1, limit=1), None)
        if newest is None:
            return
        if stopping and len(changed) > REPACKED_FROM:
            self._unpacked.clear()
            stretches = image.packed_anew(book.all_bindings())
        else:
            await self._pack()
            changes: list[image.Change] = []
            async for keys in _gently(image.in_order(changed)):
                changes.extend([(key, book.binding(key[1:])) for key in keys])
            applied = _gently(image.applied(self._stretches, changes))
            stretches = [stretch async for stretch in applied]
        await anyio.to_thread.run_sync(image.write, self._path, sequence, newest.time_ns, stretches)
        self._stretches, self._sequence = stretches, sequence
        self._leases = len(stretches) * image.STRETCH

    async def _pack(self) -> None:
        """Pack what was read from the store.  It has changed since, where ``changed`` says so."""
        while self._unpacked:
            self._stretches.extend(image.packed(self._unpacked.pop(0)))
            await anyio.lowlevel.checkpoint()


async def _gently(steps: Iterable[Step]) -> AsyncIterator[Step]:
    """One step after the other, with turns of the loop between them that are others'."""
    since = perf_counter()
    for step in steps:
        yield step
        if perf_counter() - since >= SLICE_SECONDS:
            for _ in range(TURNS_BETWEEN):
                await anyio.lowlevel.checkpoint()
            since = perf_counter()


def _change(entry: Entry) -> tuple[bytes, Binding | None]:
    """What an entry of the journal makes of an address."""
    event: Any = entry.event
    if type(event) is LeaseDeleted:
        return event.before.address, None
    if type(event) not in LEASE_EVENTS:
        raise Unusable("the journal has an entry that can't be read")
    lease = event.lease
    return lease.address, Binding(lease.address, lease.client, lease.state, lease.expires)
