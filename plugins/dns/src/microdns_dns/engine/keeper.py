"""Keeps the images of large zones: one for each, not too old, written in a thread.

A zone is compacted and its image written when it came new, when enough of its names have changed,
when the journal has gone far beyond the file, and at the stop.  A start thus has little to catch up
with, and what changes leave behind in memory is bounded.
"""

import logging
from collections.abc import Callable, Iterator
from functools import partial

import anyio
import anyio.to_thread

from microdns.clock import Clock
from microdns.errors import StorageFault
from microdns.store import CursorTooOld, Store
from microdns_dns.engine.compaction import Compaction
from microdns_dns.engine.image import ImageData, give_memory_back
from microdns_dns.engine.images import Position, Unusable, ZoneImages
from microdns_dns.engine.view import CompiledView, CompiledViews
from microdns_dns.logevents import IMAGE_UNUSABLE, IMAGE_UNWRITTEN
from microdns_dns.metrics import ImageMetrics
from microdns_dns.model import Zone, id_key
from microdns_dns.view import ZoneView

NAMES_MIN = 5_000
"""Zones with fewer names are built from their records at a start: that takes a few milliseconds."""
CHANGED_MIN = 10_000
CHANGED_SHARE = 16
"""A zone is compacted when this part of its names, and so many names, have changed."""
BEHIND_MAX = 50_000
"""Journal entries that a start may have to look through."""
BEHIND_AT_STOP_MAX = 500
LOOK_SECONDS = 1.0


class ImageKeeper:
    """Loads images at the start, and writes them while the server runs."""

    def __init__(
        self,
        images: ZoneImages,
        views: CompiledViews,
        store: Store,
        clock: Clock,
        log: logging.Logger,
        metrics: ImageMetrics,
    ) -> None:
        self._images = images
        self._views = views
        self._store = store
        self._clock = clock
        self._log = log
        self._metrics = metrics
        self._written: dict[str, int] = {}
        """Up to which journal entry a zone's file goes."""
        images.prepare()

    def restore(self, zone: Zone, newest: int) -> tuple[ZoneView, int] | None:
        """The view that the zone's file holds, and the journal entry up to which it goes.

        None when the zone has to be built from its records; if that is because its file can't be
        used, the log says so.  ``newest`` is the last entry that may be in it.
        """
        try:
            found = self._images.read(id_key(zone.id))
            if found is None:
                return None
            data, position = found
            self._check(position, newest)
            view = self._views.restore(zone, data)
        except (Unusable, ValueError) as error:
            self._metrics.rejected.inc()
            message = "the image of %s can't be used, its records are read instead: %s"
            IMAGE_UNUSABLE(self._log, message, zone.name, error, zone=zone.name)
            return None
        self._metrics.loaded.inc()
        self._written[zone.id] = position.sequence
        return view, position.sequence

    def _check(self, position: Position, newest: int) -> None:
        """Raise Unusable unless the journal goes on from there."""
        if position.sequence > newest:
            raise Unusable("it is of another store, or of a later state of this one")
        if self._time_of(position.sequence) != position.time_ns:
            raise Unusable("the journal does not reach back to it")

    def _time_of(self, sequence: int) -> int | None:
        """When a journal entry was written; None when it is gone."""
        try:
            entry = next(self._store.journal.read(after=sequence - 1, limit=1), None)
        except CursorTooOld:
            return None
        return None if entry is None else entry.time_ns

    async def run(self) -> None:
        """Write what has to be written, for ever."""
        self._images.keep_only(id_key(view.zone_id) for view in self._views)
        while True:
            await self._clock.sleep(LOOK_SECONDS)
            self._views.reclaim()
            for view in self._wanting(self._is_due):
                await self._write(view)

    async def stop(self) -> None:
        """Write what a start would have to catch up with."""
        with anyio.CancelScope(shield=True):
            for view in self._wanting(self._is_far_behind):
                await self._write(view)

    def _wanting(self, wants: Callable[[CompiledView], bool]) -> Iterator[CompiledView]:
        for view in self._views:
            if isinstance(view, CompiledView) and wants(view):
                yield view

    def _is_due(self, view: CompiledView) -> bool:
        names, changed = len(view.compiled), view.compiled.changed
        if names < NAMES_MIN:
            return changed > max(CHANGED_MIN, names)
        written = self._written.get(view.zone_id)
        if written is None or changed > max(CHANGED_MIN, names // CHANGED_SHARE):
            return True
        return self._store.sequence - written > BEHIND_MAX

    def _is_far_behind(self, view: CompiledView) -> bool:
        if len(view.compiled) < NAMES_MIN:
            return False
        written = self._written.get(view.zone_id)
        return written is None or self._store.sequence - written > BEHIND_AT_STOP_MAX

    async def _write(self, view: CompiledView) -> None:
        """Compact one zone, and write the file of a large one."""
        sequence = self._store.sequence
        time_ns = self._time_of(sequence)
        if time_ns is None or view is not self._views.by_id(view.zone_id):
            return
        compaction = Compaction(view.compiled)
        try:
            data = await anyio.to_thread.run_sync(compaction.run)
        finally:
            compaction.close()
        large = data.names >= NAMES_MIN
        if large:
            await self._write_file(view.zone_id, data, Position(sequence, time_ns))
        if view is self._views.by_id(view.zone_id):
            view.compiled.compact(data, compaction.number)
            self._views.publish(())
            self._metrics.compacted.inc()
        else:
            self._forget(view.zone_id)
        if large:  # it came or changed by large work
            await anyio.to_thread.run_sync(give_memory_back)

    async def _write_file(self, zone_id: str, data: ImageData, position: Position) -> None:
        work = partial(self._images.write, id_key(zone_id), data, position)
        try:
            size = await anyio.to_thread.run_sync(work)
        except OSError as error:
            self._metrics.unwritten.inc()
            IMAGE_UNWRITTEN(self._log, "an image can't be written: %s", error)
            self._written[zone_id] = position.sequence  # not again before there is a reason to
        else:
            self._metrics.written.inc()
            self._metrics.written_bytes.inc(size)
            self._written[zone_id] = position.sequence

    def _forget(self, zone_id: str) -> None:
        """The zone went while its file was written."""
        self._written.pop(zone_id, None)
        try:
            self._images.drop(id_key(zone_id))
        except OSError as error:
            raise StorageFault(str(error)) from error
