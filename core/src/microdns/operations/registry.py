"""All operations of the running plugins, and the one way to call them."""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import aclosing
from typing import Any, cast

import msgspec

from microdns.batch import Batch
from microdns.errors import Conflict, Denied, Invalid, NotFound, Problem
from microdns.events import Principal
from microdns.operations.model import ANYTHING, Call, Operation
from microdns.operations.rehearsal import Foresee


class OperationRegistry:
    """Operations by name; plugins come and go while the process runs."""

    def __init__(self) -> None:
        self._by_name: dict[str, tuple[str, Operation[Any, Any]]] = {}
        self._foresights: list[tuple[str, Foresee]] = []
        self.revision = 0
        """Grows whenever operations come or go, for those who project them."""

    def add(self, owner: str, operations: Iterable[Operation[Any, Any]]) -> None:
        """Register a plugin's operations; raises ``Conflict`` when a name is taken."""
        self.revision += 1
        for operation in operations:
            holder = self._by_name.get(operation.name)
            if holder is not None:
                raise Conflict(
                    f"operation {operation.name} of plugin {owner} exists in plugin {holder[0]}"
                )
            self._by_name[operation.name] = (owner, operation)

    def remove(self, owner: str) -> None:
        """Forget a plugin's operations."""
        self.revision += 1
        for name in [name for name, (holder, _) in self._by_name.items() if holder == owner]:
            del self._by_name[name]
        self._foresights = [each for each in self._foresights if each[0] != owner]

    def foresee(self, owner: str, foresee: Foresee) -> None:
        """Ask this function about each dry run, until the plugin stops."""
        self._foresights.append((owner, foresee))

    def foresights(self) -> list[Foresee]:
        """Who is asked what a dry run would lead to."""
        return [foresee for _, foresee in self._foresights]

    def __iter__(self) -> Iterator[Operation[Any, Any]]:
        return (operation for _, operation in list(self._by_name.values()))

    def owner(self, name: str) -> str:
        """The plugin that an operation belongs to; raises ``NotFound``."""
        return self._holder(name)[0]

    def get(self, name: str) -> Operation[Any, Any]:
        """The operation called ``name``; raises ``NotFound``."""
        return self._holder(name)[1]

    def _holder(self, name: str) -> tuple[str, Operation[Any, Any]]:
        try:
            return self._by_name[name]
        except KeyError:
            raise NotFound(f"no running plugin has an operation {name}") from None

    async def call(self, name: str, raw: Any, call: Call) -> Any:
        """Decode ``raw`` (plain JSON values), check the caller's scope, run, return the output.

        Raises the errors of ``microdns.errors``; any other exception is a defect of the handler.
        """
        operation = self.get(name)
        if operation.stream:
            raise Invalid(f"{name} is a stream")
        authorize(call.principal, operation)
        check_options(call, operation)
        outcome: Any = operation.handler(call, decode_input(operation, raw))
        return await outcome

    def stream(self, name: str, raw: Any, call: Call) -> AsyncIterator[Any]:
        """Like ``call``, for an operation that yields items."""
        return _one_by_one(self.batches(name, raw, call))

    def batches(self, name: str, raw: Any, call: Call) -> AsyncIterator[Any]:
        """As ``stream``, but where the handler yields several items at once, so does this.

        Streams of several callers may share a ``Batch``, so that what is made of it (its octets on
        the wire) need be made only once.
        """
        operation = self.get(name)
        if not operation.stream:
            raise Invalid(f"{name} is not a stream")
        authorize(call.principal, operation)
        if call.as_of is not None:
            raise Invalid(f"{name} can't be asked about the past")
        items: Any = operation.handler(call, decode_input(operation, raw))
        return cast("AsyncIterator[Any]", items)


def check_options(call: Call, operation: Operation[Any, Any]) -> None:
    """Raise ``Invalid`` for a common option that the operation does not keep to."""
    name = operation.name
    if call.dry_run and not operation.rehearses:
        raise Invalid(f"{name} can't be tried out: it would be done")
    if call.if_version is not None and not operation.conditional:
        raise Invalid(f"{name} has no version to compare: it would be done whatever there is")
    if call.as_of is not None and not operation.remembers:
        raise Invalid(f"{name} can't be asked about the past")


async def _one_by_one(source: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async with aclosing(source) as items:  # type: ignore[type-var]  # handlers are generators
        async for item in items:
            if isinstance(item, Batch):
                for each in item.items:
                    yield each
            else:
                yield item


def decode_input(operation: Operation[Any, Any], raw: Any) -> msgspec.Struct:
    """Plain JSON values as the operation's input; raises ``Invalid`` naming the field."""
    if isinstance(raw, msgspec.Struct):
        return raw
    try:
        decoded: msgspec.Struct = msgspec.convert(raw, operation.input)
    except msgspec.ValidationError as error:
        raise Invalid.of(problem_of(error)) from None
    return decoded


def problem_of(error: msgspec.ValidationError) -> Problem:
    """msgspec's message, split into path and reason."""
    reason, _, path = str(error).partition(" - at `$")
    return Problem(path.rstrip("`").lstrip("."), reason)


def holds(principal: Principal, scope: str) -> bool:
    """Whether the caller has a scope: itself, its whole noun (``zones:*``), or everything."""
    noun = scope.partition(":")[0]
    return not {"*", scope, f"{noun}:*"}.isdisjoint(principal.scopes)


def authorize(principal: Principal, operation: Operation[Any, Any]) -> None:
    """Raise ``Denied`` unless the caller holds the operation's scope and its limits are honoured.

    The scope, its whole noun (``zones:*``) or everything (``*``) will do; an operation with an
    empty scope is for everybody.
    """
    if not operation.scope:
        return
    if not holds(principal, operation.scope):
        raise Denied(f"{principal.name} lacks the scope {operation.scope}")
    beyond = sorted(set(principal.limits) - operation.honours)
    if beyond and operation.honours != ANYTHING:
        raise Denied(f"{operation.name} is not for keys that are limited by {', '.join(beyond)}")
