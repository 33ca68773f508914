"""What is kept, and what happens to it."""

import msgspec

from microdns.events import Event
from microdns.store import Collection


class Note(msgspec.Struct, frozen=True, array_like=True):
    """A note about a name."""

    name: str
    text: str


NOTES = Collection("notes.notes", Note, key=lambda note: note.name.encode())


class NoteChanged(Event, frozen=True, kw_only=True, tag="note.changed"):
    """``before`` is None for a new note, ``after`` for one that was deleted."""

    before: Note | None
    after: Note | None

    def headline(self) -> str:
        note = self.after or self.before
        return note.name if note else ""
