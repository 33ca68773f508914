"""What the transactions of a piece of work write, for whoever started it.

An interface calls an operation without knowing its transactions; this shows it their entries::

    with collecting_entries() as entries:
        await operations.call("zone.create", wanted, Call(principal, dry_run=True))
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from microdns.events import Entry

_COLLECTED: ContextVar[list[Entry] | None] = ContextVar("collected", default=None)


@contextmanager
def collecting_entries() -> Iterator[list[Entry]]:
    """A list that gets the entries of each transaction that ends in this task's context.

    Those of dry runs as well, which stand in no journal.
    """
    entries: list[Entry] = []
    token = _COLLECTED.set(entries)
    try:
        yield entries
    finally:
        _COLLECTED.reset(token)


def collect(entries: list[Entry]) -> None:
    """Show a transaction's entries to whoever collects them."""
    collected = _COLLECTED.get()
    if collected is not None:
        collected.extend(entries)
