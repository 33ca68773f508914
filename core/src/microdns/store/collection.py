"""What a plugin declares to keep things in the store."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


@dataclass(frozen=True)
class Index(Generic[T]):
    """A second way to find values: ``of`` gives the index keys of a value (none, one or many).

    When ``of`` comes to give other keys for the same value, raise ``revision``: the store then
    builds the index anew.  Index names hold no zero byte.
    """

    name: str
    of: Callable[[T], Iterable[bytes]]
    unique: bool = False
    revision: int = 1


@dataclass(frozen=True, eq=False)
class Collection(Generic[T]):
    """Values of one struct type, each under a key made from it.

    ``name`` (``dns.zones``) names the column family, so it never changes.  ``key`` gives the
    bytes under which a value is kept; keys sort as bytes (``microdns.store.keys`` helps).
    Fields of ``type`` are only ever added, with defaults; any other change is a migration.
    Writes to a ``journaled`` collection need an event in the same transaction; others
    (cursors, caches) do not.
    """

    name: str
    type: type[T]
    key: Callable[[T], bytes]
    indexes: tuple[Index[T], ...] = ()
    journaled: bool = True
