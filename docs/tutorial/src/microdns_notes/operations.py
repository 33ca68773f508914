"""What can be done to notes."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from microdns.errors import Invalid, Problem
from microdns.operations import Call, Cli, Column, Nothing, Operation, Sample
from microdns.store import Store
from microdns_notes.metrics import NotesMetrics
from microdns_notes.model import NOTES, Note, NoteChanged


class SetNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A name and what to remember about it."""

    name: Annotated[str, Meta(min_length=1, max_length=255, description="The name.")]
    text: Annotated[str, Meta(min_length=1, description="The note.")]


class DeleteNote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The name whose note to forget."""

    name: Annotated[str, Meta(description="The name.")]


class Row(msgspec.Struct, frozen=True):
    """A note, as it is shown."""

    name: str
    text: str


class NoteOperations:
    """Handlers; ``store`` and the others are there once the plugin is set up."""

    store: Store
    metrics: NotesMetrics
    length_max: int

    def declare(self) -> list[Operation[Any, Any]]:
        """The operations, for every interface."""
        return [
            Operation(
                name="note.set",
                summary="Set the note about a name.",
                input=SetNote,
                output=Row,
                handler=self.set,
                scope="notes:write",
                http="PUT /notes/{name}",
                examples=('microdns note set www.example.com "rack 4, lower shelf"',),
                sample=Sample(
                    {"name": "www.example.com", "text": "rack 4, lower shelf"},
                    {"name": "www.example.com", "text": "rack 4, lower shelf"},
                ),
            ),
            Operation(
                name="note.list",
                summary="List all notes.",
                input=Nothing,
                output=list[Row],
                handler=self.list,
                scope="notes:read",
                http="GET /notes",
                cli=Cli(columns=(Column("NAME", "name"), Column("NOTE", "text"))),
                examples=("microdns note list",),
            ),
            Operation(
                name="note.delete",
                summary="Delete the note about a name.",
                input=DeleteNote,
                output=Row,
                handler=self.delete,
                scope="notes:write",
                http="DELETE /notes/{name}",
                examples=("microdns note delete www.example.com",),
            ),
        ]

    async def set(self, call: Call, given: SetNote) -> Row:
        if len(given.text) > self.length_max:
            raise Invalid.of(Problem("text", f"is longer than {self.length_max} characters"))
        note = Note(given.name.lower(), given.text)
        async with self.store.transaction(call.principal, dry_run=call.dry_run) as tx:
            before = tx.get(NOTES, note.name.encode())
            tx.put(NOTES, note, if_version=call.if_version)
            tx.emit(NoteChanged(before=before, after=note))
        self.metrics.changes.inc()
        return Row(note.name, note.text)

    async def list(self, call: Call, given: Nothing) -> list[Row]:
        return [Row(note.name, note.text) for note in self.store.scan(NOTES)]

    async def delete(self, call: Call, given: DeleteNote) -> Row:
        async with self.store.transaction(call.principal, dry_run=call.dry_run) as tx:
            note = tx.delete(NOTES, given.name.lower().encode(), if_version=call.if_version)
            tx.emit(NoteChanged(before=note, after=None))
        self.metrics.changes.inc()
        return Row(note.name, note.text)
