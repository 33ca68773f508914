"""Reading the journal."""

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from microdns.batch import Batch
from microdns.errors import NotFound
from microdns.events import Entry, EntryShown, Principal
from microdns.lifecycle.operations import samples
from microdns.lifecycle.operations.base import KernelOperations, rfc3339
from microdns.operations import ANYTHING, Call, Cli, Operation


class JournalQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    after: Annotated[int, Meta(ge=0, description="Only entries after this sequence.")] = 0
    type: Annotated[list[str], Meta(description="Only entries of this type (repeatable).")] = []
    limit: Annotated[int, Meta(ge=1, le=1000, description="At most so many entries.")] = 100
    newest: Annotated[bool, Meta(description="The last entries, in place of the first.")] = False


class JournalFollow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    after: Annotated[
        Annotated[int, Meta(ge=0)] | None,
        Meta(description="Start after this sequence; without it, from now on."),
    ] = None
    type: Annotated[list[str], Meta(description="Only entries of this type (repeatable).")] = []


class JournalPage(msgspec.Struct, frozen=True):
    items: list[EntryShown]
    oldest: int
    newest: int


class JournalOperations(KernelOperations):
    """``journal.*``."""

    def operations(self) -> list[Operation[Any, Any]]:
        return [
            Operation(
                name="journal.list",
                summary="Show entries of the journal.",
                input=JournalQuery,
                output=JournalPage,
                handler=self.journal,
                scope="journal:read",
                honours=ANYTHING,
                http="GET /journal",
                sample=samples.JOURNAL_LIST,
                offline=True,
                cli=Cli(command="journal", render=render_journal),
                examples=("microdns journal --newest --limit 10",),
            ),
            Operation(
                name="journal.follow",
                summary="Show entries of the journal as they are written.",
                input=JournalFollow,
                output=EntryShown,
                honours=ANYTHING,
                handler=self.follow,
                scope="journal:read",
                http="GET /watch",
                sample=samples.JOURNAL_FOLLOW,
                grpc="WatchService/Watch",
                stream=True,
                cli=Cli(command="journal follow", render=render_entry),
            ),
        ]

    async def journal(self, call: Call, query: JournalQuery) -> JournalPage:
        journal = self._kernel.store.journal
        types = tuple(query.type) or None
        after = query.after or None  # without a cursor: whatever retention has left
        items: list[EntryShown] = []
        async with aclosing(journal.search(after, types, reverse=query.newest)) as entries:
            async for entry in entries:
                shown = entry.shown_to(call.principal)
                if shown is not None:
                    items.append(shown)
                if len(items) == query.limit:
                    break
        if query.newest:
            items.reverse()
        return JournalPage(items, journal.oldest, journal.newest)

    async def follow(self, call: Call, wanted: JournalFollow) -> AsyncIterator[Batch[EntryShown]]:
        types = tuple(wanted.type) or None
        newest = self._kernel.store.sequence
        if wanted.after is not None and wanted.after > newest:
            raise NotFound(f"the journal has not come to {wanted.after} yet")
        with self._kernel.bus.follow(types, wanted.after, name="journal.follow") as follower:
            async for batch in follower:
                shown = shown_batch(batch, call.principal)
                if shown.items:
                    yield shown


def shown_batch(batch: Batch[Entry], principal: Principal) -> Batch[EntryShown]:
    """Entries as a caller may see them; made once for all of the same scopes, without limits."""

    def made(entries: tuple[Entry, ...]) -> Batch[EntryShown]:
        shown = (entry.shown_to(principal) for entry in entries)
        return Batch(tuple(each for each in shown if each is not None))

    if principal.limits:
        return made(batch.items)
    return batch.made((EntryShown, principal.scopes), made)


def render_journal(page: Mapping[str, Any]) -> str:
    """``microdns journal`` for people: a line an entry."""
    if not page["items"]:
        return f"no entries (the journal goes from {page['oldest']} to {page['newest']})"
    return "\n".join(render_entry(entry) for entry in page["items"])


def render_entry(entry: Mapping[str, Any]) -> str:
    """One entry on one line."""
    event = entry["event"]
    detail = _on_one_line(event.get("summary") or msgspec.json.encode(event).decode())
    if len(detail) > 160:
        detail = detail[:157] + "..."
    when = rfc3339(entry["time_ns"])
    return f"{entry['sequence']:>8}  {when}  {entry['actor']['name']}  {entry['type']}  {detail}"


def _on_one_line(text: str) -> str:
    """Summaries quote what clients say: nothing of it moves the cursor of a terminal."""
    return text if text.isprintable() else text.encode("unicode_escape").decode()
