"""A third party's plugin, for tests."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from microdns.errors import NotFound
from microdns.events import Entry, Event, Principal
from microdns.operations import Call, Nothing, Operation
from microdns.operations.rehearsal import Consequence
from microdns.plugin import Plugin, PluginContext, hookimpl
from microdns.store import Collection, Past


class Note(msgspec.Struct, frozen=True):
    name: str
    text: str


class NoteShown(msgspec.Struct, frozen=True):
    name: str
    text: str
    version: int


NOTES: Collection[Note] = Collection("notes.notes", Note, key=lambda note: note.name.encode())


class NotePut(Event, frozen=True, kw_only=True, tag="note.put"):
    tells = (NOTES,)
    name: str
    text: str
    before: Note | None = None

    def undo(self, past: Past, collection: Collection[Any], only: str) -> None:
        past.remove(NOTES, self.name.encode())
        if self.before is not None:
            past.put(NOTES, self.before)


class NoteKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


class NoteWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    text: Annotated[str, Meta(max_length=100_000)] = ""


class NoteQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tag: list[str] = []
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    loud: bool = False


class NotesPlugin(Plugin):
    """A third party's plugin; it knows nothing of HTTP but a verb and a path."""

    name = "notes"
    summary = "Notes"

    @hookimpl
    def microdns_collections(self) -> Iterable[Collection[Any]]:
        return [NOTES]

    @hookimpl
    def microdns_events(self) -> Iterable[type[Event]]:
        return [NotePut]

    @hookimpl
    async def microdns_setup(self, context: PluginContext[Any]) -> None:
        self._store = context.store
        self.calls = 0
        self.begun, self.finish = asyncio.Event(), asyncio.Event()
        context.operations.foresee(self.name, self.foresee)

    @hookimpl
    def microdns_operations(self) -> Iterable[Operation[Any, Any]]:
        def declare(name: str, http: str, kind: Any, output: Any, handler: Any) -> Any:
            write = not http.startswith("GET")
            return Operation(
                name=name,
                summary=f"Do {name}.",
                input=kind,
                output=output,
                handler=handler,
                scope="notes:write" if write else "notes:read",
                http=http,
                remembers=name == "note.get",
            )

        return [
            declare("note.create", "POST /notes", NoteWanted, NoteShown, self.put),
            declare("note.update", "PUT /notes/{name}", NoteWanted, NoteShown, self.put),
            declare("note.get", "GET /notes/{name}", NoteKey, NoteShown, self.get),
            declare("note.query", "GET /notes", NoteQuery, NoteQuery, self.query),
            declare("note.file", "POST /notes/file", NoteWanted, NoteShown, self.put),
            declare("note.crash", "POST /notes/{name}/crash", NoteKey, Nothing, self.crash),
            declare("note.slow", "POST /notes/{name}/slow", NoteKey, Nothing, self.slow),
        ]

    async def foresee(self, entries: Sequence[Entry], principal: Principal) -> Consequence | None:
        told = [entry.event.name for entry in entries if isinstance(entry.event, NotePut)]
        return Consequence("rumours", "rumours", told, told, len(told), f"by {principal.name}")

    async def put(self, call: Call, wanted: NoteWanted) -> NoteShown:
        self.calls += 1
        async with self._store.transaction(call.principal, call.dry_run) as tx:
            before = tx.get(NOTES, wanted.name.encode())
            tx.put(NOTES, Note(wanted.name, wanted.text), if_version=call.if_version)
            tx.emit(NotePut(name=wanted.name, text=wanted.text, before=before))
        return NoteShown(wanted.name, wanted.text, tx.transaction)

    async def get(self, call: Call, key: NoteKey) -> NoteShown:
        async with self._store.snapshot(call.as_of) as snapshot:
            await snapshot.unwind(NOTES)
            note = snapshot.get(NOTES, key.name.encode())
            if note is None:
                raise NotFound(f"no note {key.name}")
            version = snapshot.version(NOTES, key.name.encode()) or 0
            return NoteShown(note.name, note.text, version)

    async def query(self, _call: Call, query: NoteQuery) -> NoteQuery:
        return query

    async def crash(self, _call: Call, _key: NoteKey) -> Nothing:
        raise ZeroDivisionError("a secret of the server")

    async def slow(self, _call: Call, _key: NoteKey) -> Nothing:
        """Takes as long as the test wants."""
        self.begun.set()
        await self.finish.wait()
        return Nothing()
