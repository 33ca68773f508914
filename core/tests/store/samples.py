"""Collections and events that the store's tests use."""

import msgspec

from microdns.events import Event
from microdns.store import Collection, Index


class Host(msgspec.Struct, frozen=True):
    name: str
    address: bytes = b""
    tags: tuple[str, ...] = ()


HOSTS = Collection(
    "test.hosts",
    Host,
    key=lambda host: host.name.encode(),
    indexes=(
        Index("address", lambda host: [host.address] if host.address else [], unique=True),
        Index("tag", lambda host: [tag.encode() for tag in host.tags]),
    ),
)


class Note(msgspec.Struct, frozen=True):
    name: str
    text: str = ""


NOTES = Collection("test.notes", Note, key=lambda note: note.name.encode(), journaled=False)


class HostChanged(Event, frozen=True, kw_only=True, tag="host.changed"):
    name: str
    after: Host | None = None


class HostPinged(Event, frozen=True, kw_only=True, tag="host.pinged"):
    ephemeral = True
    name: str


COLLECTIONS = (HOSTS, NOTES)
EVENTS = (HostChanged, HostPinged)
