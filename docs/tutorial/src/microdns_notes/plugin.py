"""Wiring of the plugin: hooks, and nothing else."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import anyio

from microdns.events import Entry, Event
from microdns.operations import Operation
from microdns.plugin import Plugin, PluginContext, Section, hookimpl
from microdns.store import Collection
from microdns_notes.config import NotesConfig
from microdns_notes.metrics import NotesMetrics
from microdns_notes.model import NOTES, Note, NoteChanged
from microdns_notes.operations import NoteOperations


class NotesPlugin(Plugin):
    """Keeps notes about names."""

    name = "notes"
    summary = "Notes about names"
    section = Section("notes", NotesConfig)

    def __init__(self) -> None:
        self._operations = NoteOperations()

    @hookimpl
    def microdns_collections(self) -> Iterable[Collection[Any]]:
        return [NOTES]

    @hookimpl
    def microdns_events(self) -> Iterable[type[Event]]:
        return [NoteChanged]

    @hookimpl
    def microdns_operations(self) -> Iterable[Operation[Any, Any]]:
        return self._operations.declare()

    @hookimpl
    async def microdns_setup(self, context: PluginContext[NotesConfig]) -> None:
        self._context = context
        metrics = NotesMetrics()
        context.metrics.add(self.name, metrics)
        self._operations.store = context.store
        self._operations.metrics = metrics
        self._operations.length_max = context.config.length_max

    @hookimpl
    async def microdns_run(self) -> None:
        if self._context.config.mirror is not None:
            await self._follow(self._context.config.mirror)

    @hookimpl
    def microdns_status(self) -> Mapping[str, object]:
        return {"notes": sum(1 for _ in self._context.store.scan(NOTES))}

    async def _follow(self, mirror: Path) -> None:
        """Tell the file every change, also those made while this did not run."""
        store = self._context.store
        after = store.cursor("notes.mirror")
        async with self._context.bus.subscribe(["note.changed"], after=after) as changes:
            async for entry in changes:
                async with await anyio.open_file(mirror, "a") as file:
                    await file.write(line_of(entry))
                await store.save_cursor("notes.mirror", entry.sequence)


def line_of(entry: Entry) -> str:
    """One change as a line of text; empty for an entry of another type."""
    match entry.event:
        case NoteChanged(after=None, before=Note(name=name)):
            return f"{entry.actor.name} deleted {name}\n"
        case NoteChanged(after=Note(name=name, text=text)):
            return f"{entry.actor.name} set {name}: {text}\n"
    return ""
