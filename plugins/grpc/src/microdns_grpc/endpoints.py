"""What answers the calls of a path, told apart from how messages get there and back."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any, Protocol

import anyio
import anyio.to_thread
import msgspec

from microdns.access import Idempotency
from microdns.events import Principal
from microdns.operations import Call, Operation, OperationRegistry
from microdns.operations.registry import authorize
from microdns.store import CursorTooOld, Store
from microdns_grpc.identity import Gate, Metadata, call_of
from microdns_grpc.messages import Message, Shape, plain
from microdns_grpc.methods import Method

INLINE_OCTETS = 8 * 1024
"""Larger messages are taken apart in a thread, since that is slow: 1 MiB may take a second."""
INLINE_ITEMS = 50
"""Answers with longer lists are put together in a thread."""
THREADS = 2


class Endpoint(Protocol):
    """One path."""

    name: str
    """For metrics: of a known set."""
    streams: bool

    def admit(self, metadata: Metadata, address: str) -> Call:
        """Who calls, before anything is read; raises errors of ours."""
        ...

    def replies(self, call: Call, octets: bytes) -> AsyncIterator[bytes]:
        """The answers to a message: exactly one unless it ``streams``.

        A stream's first answer is empty octets, once it is sure that nothing will be missed; that
        one is not sent.
        """
        ...


class Workshop:
    """Takes messages apart and puts them together, large ones beside the loop."""

    def __init__(self) -> None:
        self._limiter = anyio.CapacityLimiter(THREADS)

    async def parsed(self, shape: Shape, octets: bytes) -> Message:
        """The message; raises ``Malformed``."""
        if len(octets) <= INLINE_OCTETS:
            return shape.parse(octets)
        return await anyio.to_thread.run_sync(shape.parse, octets, limiter=self._limiter)

    async def octets(self, shape: Shape, outcome: Any) -> bytes:
        """An operation's outcome as a message's octets."""
        values = plain(outcome)
        if not _is_long(values):
            return bytes(shape.message(values))
        return await anyio.to_thread.run_sync(
            lambda: bytes(shape.message(values)), limiter=self._limiter
        )


def _is_long(values: Mapping[str, Any]) -> bool:
    return any(isinstance(each, list) and len(each) > INLINE_ITEMS for each in values.values())


class OperationEndpoint:
    """A method of ours: its operation."""

    def __init__(
        self,
        method: Method,
        operation: Operation[Any, Any],
        operations: OperationRegistry,
        store: Store,
        gate: Gate,
        workshop: Workshop,
        idempotency: Idempotency[bytes],
        json_bytes_max: int,
    ) -> None:
        self.name = method.name
        self.streams = method.streams
        self._method = method
        self._operation = operation
        self._operations = operations
        self._store = store
        self._gate = gate
        self._workshop = workshop
        self._idempotency = idempotency
        self._json_bytes_max = json_bytes_max

    def admit(self, metadata: Metadata, address: str) -> Call:
        return call_of(admitted(self._gate, self._operation, metadata, address), metadata)

    async def replies(self, call: Call, octets: bytes) -> AsyncIterator[bytes]:
        message = await self._workshop.parsed(self._method.request, octets)
        values = self._method.request.values(message, self._json_bytes_max)
        if not self.streams:

            async def answer() -> bytes:
                outcome = await self._operations.call(self.name_of_operation, values, call)
                return await self._workshop.octets(self._method.reply, outcome)

            yield await once(self._idempotency, self._operation, call, octets, answer)
            return
        async for item in followed(self._operations, self._store, self._operation, values, call):
            yield bytes(self._method.reply.message(plain(item))) if item is not None else b""

    @property
    def name_of_operation(self) -> str:
        """The operation's own name."""
        return self._operation.name


async def once(
    idempotency: Idempotency[bytes],
    operation: Operation[Any, Any],
    call: Call,
    octets: bytes,
    answer: Callable[[], Awaitable[bytes]],
) -> bytes:
    """The answer to a call; a write that is sent again with its key gets the first one's."""
    if call.dry_run or not operation.scope.endswith(":write"):
        return await answer()
    head = f"{operation.name} {call.if_version} ".encode()
    digest = hashlib.sha256(head + octets).digest()
    return await idempotency.once(call.principal.name, call.idempotency_key, digest, answer)


def admitted(
    gate: Gate, operation: Operation[Any, Any], metadata: Metadata, address: str
) -> Principal:
    """The caller of an operation; raises ``Unauthenticated``, ``Throttled`` or ``Denied``."""
    if not operation.scope:
        return gate.stranger(address)
    principal = gate.identify(metadata, address)
    authorize(principal, operation)
    return principal


async def followed(
    operations: OperationRegistry,
    store: Store,
    operation: Operation[Any, Any],
    values: dict[str, Any],
    call: Call,
) -> AsyncIterator[Any]:
    """The items of an operation that streams, after a None that says that it has begun.

    One that goes by the journal begins where it stands at this moment, unless the values say.
    """
    if any(field.name == "after" for field in msgspec.structs.fields(operation.input)):
        after = values.setdefault("after", store.sequence)
        if isinstance(after, int) and 0 <= after < store.journal.oldest - 1:
            raise CursorTooOld(after, store.journal.oldest)
    items = operations.stream(operation.name, values, call)
    yield None
    async with aclosing(items) as source:  # type: ignore[type-var]  # a generator
        async for item in source:
            yield item
