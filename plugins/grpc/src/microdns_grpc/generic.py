"""Any operation by its name, a third party's too: ``OperationService``."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from microdns.access import Idempotency
from microdns.errors import Denied, Invalid, NotFound, Problem
from microdns.operations import Call, Operation, OperationRegistry
from microdns.operations.registry import authorize
from microdns.operations.rehearsal import rehearse
from microdns.points import point_of
from microdns.store import Store
from microdns_grpc.endpoints import Endpoint, Workshop, followed, once
from microdns_grpc.generated.microdns import v1
from microdns_grpc.identity import Gate, Metadata, call_of
from microdns_grpc.messages import from_json, to_json
from microdns_grpc.methods import Method, Projection, methods

SERVICE = "OperationService"


@dataclass(frozen=True)
class Parts:
    """What the methods of this service need."""

    operations: OperationRegistry
    projection: Projection
    store: Store
    gate: Gate
    workshop: Workshop
    idempotency: Idempotency[bytes]
    json_bytes_max: int


class GenericEndpoint:
    """A method of this service; a subclass says what it answers."""

    def __init__(self, method: Method, parts: Parts) -> None:
        self.name = method.name
        self.streams = method.streams
        self._request = method.request
        self._parts = parts

    def admit(self, metadata: Metadata, address: str) -> Call:
        """Any caller with a key; what it may do is decided by the operation that it names."""
        return call_of(self._parts.gate.identify(metadata, address), metadata)

    def replies(self, call: Call, octets: bytes) -> AsyncIterator[bytes]:
        """The answer, as an endpoint gives it."""
        raise NotImplementedError

    async def _asked(self, octets: bytes) -> Any:
        return await self._parts.workshop.parsed(self._request, octets)

    def _named(self, name: str) -> Operation[Any, Any]:
        """The operation; one that is not offered here is as one that there is not."""
        operation = self._parts.operations.get(name)
        if operation.local:
            raise NotFound(f"no running plugin has an operation {name}")
        return operation

    def _input(self, text: str) -> dict[str, Any]:
        values = from_json(text or "{}", "input_json", self._parts.json_bytes_max)
        if not isinstance(values, dict):
            raise Invalid.of(Problem("input_json", "must be a JSON object"))
        return values


class ListOperations(GenericEndpoint):
    """The operations that the caller may call."""

    async def replies(self, call: Call, octets: bytes) -> AsyncIterator[bytes]:
        await self._asked(octets)
        methods_of = self._parts.projection.names()
        items = [
            self._shown(operation, methods_of.get(operation.name, ""))
            for operation in sorted(self._parts.operations, key=lambda each: each.name)
            if not operation.local and may(call, operation)
        ]
        yield bytes(v1.ListOperationsResponse(items=items))

    def _shown(self, operation: Operation[Any, Any], method: str) -> v1.Operation:
        return v1.Operation(
            name=operation.name,
            summary=operation.summary,
            scope=operation.scope,
            stream=operation.stream,
            method=method,
            input_schema_json=schema_of(operation),
            plugin=self._parts.operations.owner(operation.name),
        )


class CallOperation(GenericEndpoint):
    """One call of any operation."""

    async def replies(self, call: Call, octets: bytes) -> AsyncIterator[bytes]:
        asked: v1.CallRequest = await self._asked(octets)
        operation = self._named(asked.name)
        values = self._input(asked.input_json)
        wanted = with_options(call, asked)
        if not wanted.dry_run:

            async def answer() -> bytes:
                outcome = await self._parts.operations.call(operation.name, values, wanted)
                return bytes(v1.CallResponse(output_json=to_json(outcome)))

            yield await once(self._parts.idempotency, operation, wanted, octets, answer)
            return
        tried = await rehearse(self._parts.operations, operation.name, values, wanted)
        yield bytes(
            v1.CallResponse(
                output_json=to_json(tried.result),
                changes_json=list(map(to_json, tried.changes)),
                consequences_json=list(map(to_json, tried.consequences)),
            )
        )


class FollowOperation(GenericEndpoint):
    """The items of any operation that streams."""

    async def replies(self, call: Call, octets: bytes) -> AsyncIterator[bytes]:
        asked: v1.FollowRequest = await self._asked(octets)
        operation = self._named(asked.name)
        values = self._input(asked.input_json)
        items = followed(self._parts.operations, self._parts.store, operation, values, call)
        async for item in items:
            yield b"" if item is None else bytes(v1.Item(item_json=to_json(item)))


def endpoints(parts: Parts) -> dict[str, Endpoint]:
    """The endpoints of this service by their paths."""
    kinds = {"ListOperations": ListOperations, "Call": CallOperation, "Follow": FollowOperation}
    found: dict[str, Endpoint] = {}
    for name, kind in kinds.items():
        method = methods()[f"{SERVICE}/{name}"]
        found[method.path] = kind(method, parts)
    return found


def with_options(call: Call, asked: v1.CallRequest) -> Call:
    """The call with the options of the message, where metadata do not give them already."""
    return replace(
        call,
        dry_run=call.dry_run or asked.dry_run,
        if_version=call.if_version if asked.if_version is None else asked.if_version,
        as_of=point_of(asked.as_of) if asked.as_of else call.as_of,
    )


def may(call: Call, operation: Operation[Any, Any]) -> bool:
    """Whether the caller may call an operation at all."""
    try:
        authorize(call.principal, operation)
    except Denied:
        return False
    return True


def schema_of(operation: Operation[Any, Any]) -> str:
    """JSON Schema of an input; empty where the input has none."""
    try:
        return to_json(msgspec.json.schema(operation.input))
    except (TypeError, NameError):
        return ""
