"""Events to tell of, and how they come into a journal."""

from microdns.events import Event
from microdns.store import Store


class Red(Event, frozen=True, kw_only=True, tag="test.red"):
    number: int = 0


class Blue(Event, frozen=True, kw_only=True, tag="test.blue"):
    number: int = 0


class Seen(Event, frozen=True, kw_only=True, tag="test.seen"):
    ephemeral = True
    number: int = 0


EVENTS = (Red, Blue, Seen)


async def emit(store: Store, *events: Event) -> None:
    async with store.transaction() as tx:
        for event in events:
            tx.emit(event)
