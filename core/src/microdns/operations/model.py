"""The declaration of an operation, and what its handler is called with."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec

from microdns.batch import Batch
from microdns.events import KERNEL, Principal
from microdns.points import Point

I = TypeVar("I", bound=msgspec.Struct)
O = TypeVar("O")

Progress = Callable[[int, int | None, str], None]
"""``progress(done, total or None, what)``: told to whoever waits for the operation."""


def _no_progress(done: int, total: int | None, what: str) -> None:
    """For callers that show none."""


@dataclass(frozen=True)
class Call:
    """How an operation was called: by whom, and with which of the common options."""

    principal: Principal = KERNEL
    dry_run: bool = False
    """Validate and compute everything, store nothing."""
    if_version: int | None = None
    """Only when the target still has this version (``Conflict`` otherwise)."""
    progress: Progress = _no_progress
    as_of: Point | None = None
    """Answer as one would have at this point of the past."""
    idempotency_key: str | None = None
    """Made up by the client: the interface that took it does a write with it once."""


@dataclass(frozen=True)
class Column:
    """A column of the command line's table: a heading, and the attribute or key it shows."""

    heading: str
    field: str


@dataclass(frozen=True)
class Cli:
    """How the command line spells an operation, where the default does not do.

    By default ``zone.create`` is ``microdns zone create``, required fields of the input are
    arguments in order, and optional ones are options.
    """

    command: str = ""
    """The words to type, where they are not the name's (``status``, ``plugins list``)."""
    input: type[msgspec.Struct] | None = None
    """A struct that is easier to type than the operation's own input."""
    convert: Callable[[Any], msgspec.Struct] | None = None
    """Turns ``input`` into the operation's input, on the client's side (may read files)."""
    arguments: tuple[str, ...] = ()
    """Optional fields of the input that are arguments, after the required ones."""
    render: Callable[[Any], str] | None = None
    """Turns the output into text, in place of a table."""
    rehearsed: Callable[[Any], str] | None = None
    """The same for a dry run, where it has to be told in other words."""
    file: str = ""
    """A field of ``input`` that may name a file, into which the rendered text goes."""
    columns: tuple[Column, ...] = ()
    hidden: bool = False
    confirm: str = ""
    """A question to ask on a terminal before doing it (``--yes`` answers it)."""


@dataclass(frozen=True)
class Sample:
    """An example of an operation: its input, and its output (of a stream, an item), as in JSON."""

    input: Mapping[str, Any]
    output: Any


ANYTHING = frozenset({"*"})
"""For ``Operation.honours``: the handler keeps to limits by whatever attribute."""


@dataclass(frozen=True)
class Operation(Generic[I, O]):
    """One thing that can be done, with typed input and output.

    ``name`` is ``noun.verb``; ``scope`` is what the caller must hold (``zones:write``);
    an empty one makes it public.
    ``http`` is verb and path below ``/api/v1`` (``DELETE /zones/{id}``), its placeholders being
    fields of the input; ``grpc`` is ``ZoneService/DeleteZone``, a method in
    ``proto/microdns.proto`` whose messages have the fields of input and output under the same
    names.  None gives the operation no place of its own there; by name it can be called over gRPC
    unless it is ``local``.
    A ``stream`` yields items of type ``output`` until the caller leaves, one by one or several at
    once (``Batch``), which callers get one by one unless they ask for batches.
    ``offline`` operations touch only the store, so the command line may run them itself while no
    process serves it.
    """

    name: str
    summary: str
    input: type[I]
    output: Any
    handler: Callable[[Call, I], Awaitable[O]] | Callable[[Call, I], AsyncIterator[O | Batch[O]]]
    scope: str
    http: str | None = None
    grpc: str | None = None
    stream: bool = False
    offline: bool = False
    local: bool = False
    """Whether it is for the machine's own users only: it touches files that the caller names."""
    rehearses: bool = True
    """Whether ``Call.dry_run`` is kept to; a dry run of any other operation is refused."""
    conditional: bool = True
    """Whether ``Call.if_version`` is kept to; a write with a version is refused otherwise."""
    remembers: bool = False
    """Whether ``Call.as_of`` is kept to; being asked for the past of anything else is refused."""
    honours: frozenset[str] = frozenset()
    """The attributes (``zone``, ``name``, ``type``) by which the handler keeps to its caller's
    ``limits``; a caller limited by any other attribute is denied."""
    description: str = ""
    examples: tuple[str, ...] = ()
    """Command lines, shown in help and run by the documentation's tests."""
    sample: "Sample | None" = None
    """An input and what comes of it: an example for documentation."""
    cli: Cli = field(default_factory=Cli)

    def __post_init__(self) -> None:
        noun, dot, verb = self.name.partition(".")
        if not (noun and dot and verb and self.name.replace(".", "").replace("_", "").isalnum()):
            raise ValueError(f"operation name {self.name!r} is not of the form noun.verb")


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The input of an operation that needs none, and the output of one that has nothing to say."""
