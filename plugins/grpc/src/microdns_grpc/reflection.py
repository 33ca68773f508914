"""``grpc.reflection.v1`` and ``v1alpha``: which services, methods and messages there are.

grpclib answers; this gives it the descriptors, and messages within our limits.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from google.protobuf.message import DecodeError
from grpclib.health.v1 import health_pb2
from grpclib.reflection.service import ServerReflection

from microdns.operations import Call
from microdns_grpc.generated.google_proto_descriptor_pool import (
    default_google_proto_descriptor_pool,
)
from microdns_grpc.identity import Gate, Metadata
from microdns_grpc.methods import services
from microdns_grpc.wire import Malformed

Take = Callable[[], Awaitable[bytes | None]]
Give = Callable[[bytes], Awaitable[None]]


class ReflectionEndpoint:
    """One version of the service: a conversation, as long as the client asks."""

    streams = True

    def __init__(self, name: str, handler: Any, gate: Gate) -> None:
        self.name = name
        self._handler = handler
        self._gate = gate

    def admit(self, metadata: Metadata, address: str) -> Call:
        """Anybody with a key."""
        return Call(self._gate.identify(metadata, address))

    async def converse(self, take: Take, give: Give) -> None:
        """Answer each message until there are no more."""
        await self._handler.func(_Messages(self._handler.request_type, take, give))


class _Messages:
    """What grpclib's service needs of a stream."""

    def __init__(self, kind: Any, take: Take, give: Give) -> None:
        self._kind = kind
        self._take = take
        self._give = give

    async def __aiter__(self) -> AsyncIterator[Any]:
        while (octets := await self._take()) is not None:
            try:
                yield self._kind.FromString(octets)
            except DecodeError:
                raise Malformed("the message is not a ServerReflectionRequest") from None

    async def send_message(self, message: Any) -> None:
        await self._give(message.SerializeToString())


class _HealthService:
    """So that it is listed: grpclib takes a service's name from its paths."""

    def __mapping__(self) -> dict[str, Any]:
        return {"/grpc.health.v1.Health/Check": None}


def endpoints(gate: Gate) -> dict[str, ReflectionEndpoint]:
    """The endpoints of both versions by their paths."""
    listed = [*services(), _HealthService()]
    extended = ServerReflection.extend(listed, pool=_descriptors())
    return {
        path: ReflectionEndpoint(path.rpartition(".")[2], handler, gate)
        for service in extended[len(listed) :]
        for path, handler in service.__mapping__().items()
    }


def _descriptors() -> Any:
    """Our messages, and those of the health protocol."""
    pool: Any = default_google_proto_descriptor_pool
    described: Any = health_pb2.DESCRIPTOR
    try:
        pool.FindFileByName(described.name)
    except KeyError:
        pool.AddSerializedFile(described.serialized_pb)
    return pool
