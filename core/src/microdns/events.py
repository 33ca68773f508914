"""What happened: typed events, and the journal entries that carry them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

if TYPE_CHECKING:
    from microdns.store import Collection, Past


class Principal(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who caused a change.

    ``name`` is a key's name, ``uid:1000`` for a local user, or a plugin's name;
    ``interface`` is ``socket``, ``rest``, ``grpc``, ``config``, ``plugin`` or ``kernel``;
    ``address`` is the client's address, where there is one;
    ``scopes`` are what it may do (``*`` is everything), ``limits`` to what it may do it: patterns
    by attribute (``{"zone": ("example.com",)}``), an attribute without patterns being free.
    ``networks`` are those it may call from (empty: any), and ``expires_ns`` is when its key ends
    (0: never): the door checks them, and what it makes has no more.
    """

    name: str
    interface: str = "kernel"
    address: str = ""
    scopes: tuple[str, ...] = ("*",)
    limits: Mapping[str, tuple[str, ...]] = {}
    networks: tuple[str, ...] = ()
    expires_ns: int = 0

    def identity(self) -> "Principal":
        """The same without scopes and limits: what the journal keeps."""
        return Principal(self.name, self.interface, self.address)


KERNEL = Principal("kernel")


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all events.

    A subclass names its type once and for all, since the journal keeps it:
    ``class ZoneCreated(Event, frozen=True, kw_only=True, tag="zone.created")``.
    Fields are only ever added, with defaults.
    An event is ephemeral (never stored) when its class says ``ephemeral = True``.
    """

    ephemeral: ClassVar[bool] = False
    tells: ClassVar[tuple[Any, ...]] = ()
    """The collections of whose changes it tells everything, so that ``undo`` can take it back."""

    def headline(self) -> str:
        """What a line about the event says beside its type: whom it is about; empty: nothing."""
        return ""

    def shown_to(self, principal: Principal) -> Any:
        """What a caller may see of it, as values that can be JSON; None hides it.

        These are its fields, and its headline as their ``summary``; its type stands in the entry.
        A caller with limits sees nothing, unless the event's plugin knows what lies within them.
        Those without limits, of the same scopes, are shown the same: it may be made once for all.
        """
        return None if principal.limits else with_summary(self.values(), self.headline())

    def values(self) -> dict[str, Any]:
        """Its fields, for ``shown_to``."""
        names = zip(self.__struct_encode_fields__, self.__struct_fields__, strict=True)
        return {shown: getattr(self, field) for shown, field in names}

    def undo(self, past: "Past", collection: "Collection[Any]", only: str) -> None:
        """Take back in ``past`` what it tells of a collection that is among what it ``tells``.

        Later entries are taken back already.  With ``only``, a part of the collection is wanted,
        called as the plugin calls it; the rest may be left as it is.
        """
        raise NotImplementedError(f"{type(self).__name__} tells collections, and has no undo")


def with_summary(values: dict[str, Any], summary: str) -> dict[str, Any]:
    """Values of an event and what a line about it says, if anything."""
    return {**values, "summary": summary} if summary else values


def event_type(cls: type[Event]) -> str:
    """The stable type name of an event class: the ``tag`` it was declared with."""
    tag = cls.__struct_config__.tag
    if not isinstance(tag, str):
        raise TypeError(f"{cls.__qualname__} declares no tag: class {cls.__name__}(Event, tag=...)")
    return tag


class UnknownEvent(Event, frozen=True, kw_only=True):
    """An entry whose type no installed plugin declares; its payload is kept as it is (msgpack).

    It has no tag of its own, since its ``type`` is that of the event it stands for.
    """

    type: str
    payload: bytes

    def headline(self) -> str:
        return "the plugin that knows it is not running"

    def values(self) -> dict[str, Any]:
        return {"payload": self.payload}


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the journal.

    ``sequence`` counts from 1 without gaps; ``transaction`` is the sequence of the first entry of
    the transaction, and also the version given to every value the transaction wrote.
    ``time_ns`` is Unix time in nanoseconds.  Ephemeral events travel in entries of sequence 0.
    """

    sequence: int
    transaction: int
    time_ns: int
    type: str
    actor: Principal
    event: Event

    def shown_to(self, principal: Principal) -> "EntryShown | None":
        """The entry as a caller may see it; None when it may not."""
        event = self.event.shown_to(principal)
        if event is None:
            return None
        return EntryShown(
            self.sequence, self.transaction, self.time_ns, self.type, self.actor, event
        )


class EntryShown(msgspec.Struct, frozen=True):
    """A line of the journal; ``event`` is what its caller may see of it."""

    sequence: int
    transaction: int
    time_ns: int
    type: str
    actor: Principal
    event: Any
