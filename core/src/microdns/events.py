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
    """

    name: str
    interface: str = "kernel"
    address: str = ""
    scopes: tuple[str, ...] = ("*",)
    limits: Mapping[str, tuple[str, ...]] = {}

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

    def shown_to(self, principal: Principal) -> Any:
        """What a caller may see of it, as values that can be JSON; None hides it.

        A ``summary`` among them is what a line about the event says.
        A caller with limits sees nothing, unless the event's plugin knows what lies within them.
        Those without limits, of the same scopes, are shown the same: it may be made once for all.
        """
        return None if principal.limits else self

    def undo(self, past: "Past", collection: "Collection[Any]", only: str) -> None:
        """Take back in ``past`` what it tells of a collection that is among what it ``tells``.

        Later entries are taken back already.  With ``only``, a part of the collection is wanted,
        called as the plugin calls it; the rest may be left as it is.
        """
        raise NotImplementedError(f"{type(self).__name__} tells collections, and has no undo")


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
