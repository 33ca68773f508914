"""Trying an operation out: what it would give, write, and lead to.

The kernel knows what a dry run would write, for it sees the entries of the journal that would be
made.  What follows from them (answers that become others) is known to plugins, which foresee it.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from microdns.events import Entry, Principal
from microdns.operations.model import Call

if TYPE_CHECKING:
    from microdns.operations.registry import OperationRegistry


class Consequence(msgspec.Struct, frozen=True):
    """What entries that would be written lead to, in the words of a plugin.

    ``name`` is for programs, ``title`` for people.  ``items`` are some of ``total``; ``lines`` say
    the same, a line an item.  ``note`` says what was not looked for, or looked at.
    """

    name: str
    title: str
    items: list[Any]
    lines: list[str]
    total: int
    note: str


Foresee = Callable[[Sequence[Entry], Principal], Awaitable[Consequence | None]]
"""What these entries would lead to, as far as the caller may know it; None for nothing to say."""


class Rehearsal(msgspec.Struct, frozen=True):
    """A dry run's result, the entries it would make (as its caller may see them), and the rest."""

    result: Any
    changes: list[Any]
    consequences: list[Consequence]


async def rehearse(operations: "OperationRegistry", name: str, raw: Any, call: Call) -> Rehearsal:
    """Do everything but store it; raises as ``OperationRegistry.call``."""
    from microdns.store import collecting_entries  # not for the command line, which is to be quick

    with collecting_entries() as entries:
        result = await operations.call(name, raw, replace(call, dry_run=True))
    changes = [
        {"type": entry.type, "event": shown}
        for entry in entries
        if (shown := entry.event.shown_to(call.principal)) is not None
    ]
    found = [await foresee(entries, call.principal) for foresee in operations.foresights()]
    return Rehearsal(result, changes, [each for each in found if each is not None])
