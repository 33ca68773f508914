"""``grpc.health.v1.Health``: the protocol by which load balancers and orchestrators ask.

The service "" is the whole instance and needs no key.  Services of ours, by their full name, and
plugins, by theirs, are for those who may see the status.
"""

from collections.abc import AsyncIterator
from typing import Any

from google.protobuf.message import DecodeError
from grpclib.health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from microdns.clock import Clock
from microdns.errors import Denied, NotFound, Throttled, Unauthenticated
from microdns.events import Principal
from microdns.operations import Call, OperationRegistry
from microdns.operations.registry import holds
from microdns_grpc.endpoints import Endpoint
from microdns_grpc.identity import Gate, Metadata
from microdns_grpc.methods import PACKAGE, Projection, methods
from microdns_grpc.wire import Malformed

SERVICE = "grpc.health.v1.Health"
SCOPE = "status:read"
LOOK_EVERY_SECONDS = 1.0
UP = frozenset({"running", "restarting"})
"""States of a plugin that serves."""


class Health:
    """What is known of the services."""

    def __init__(self, operations: OperationRegistry, projection: Projection) -> None:
        self._operations = operations
        self._projection = projection
        self._services = {f"{PACKAGE}.{name.partition('/')[0]}" for name in methods()}

    async def serving(self, service: str) -> bool | None:
        """Whether a service works; None for one that there is not."""
        own = Call(Principal("grpc", "plugin"))
        if not service:
            told = await self._operations.call("health.get", {}, own)
            return bool(told["status"] == "ok")
        if service in self._services:
            return self._projection.serving(service) or service.endswith(".OperationService")
        for plugin in await self._operations.call("plugin.list", {}, own):
            if plugin.name == service:
                return plugin.state in UP
        return None


class HealthEndpoint:
    """What ``Check`` and ``Watch`` have in common."""

    streams = False

    def __init__(self, name: str, health: Health, gate: Gate, clock: Clock) -> None:
        self.name = f"Health/{name}"
        self._health = health
        self._gate = gate
        self._clock = clock

    def admit(self, metadata: Metadata, address: str) -> Call:
        """Strangers are let in, for they may ask of the whole."""
        try:
            return Call(self._gate.identify(metadata, address))
        except (Unauthenticated, Throttled):
            return Call(self._gate.stranger(address))

    def _asked(self, call: Call, octets: bytes) -> str:
        try:
            service: str = HealthCheckRequest.FromString(octets).service
        except DecodeError:
            raise Malformed("the message is not a HealthCheckRequest") from None
        if service and not holds(call.principal, SCOPE):
            raise Denied("only the whole instance's health is for everybody")
        return service

    async def replies(self, call: Call, octets: bytes) -> AsyncIterator[bytes]:
        service = self._asked(call, octets)
        serving = await self._health.serving(service)
        if serving is None:
            raise NotFound(f"there is no service or plugin {service[:80]}")
        yield _told(serving)


class WatchHealth(HealthEndpoint):
    """The state, and then each change of it."""

    streams = True

    async def replies(self, call: Call, octets: bytes) -> AsyncIterator[bytes]:
        service = self._asked(call, octets)
        yield b""
        told = b""
        while True:
            found = _told(await self._health.serving(service))
            if found != told:
                told = found
                yield told
            await self._clock.sleep(LOOK_EVERY_SECONDS)


def _told(serving: bool | None) -> bytes:
    states: Any = HealthCheckResponse
    state = states.SERVICE_UNKNOWN
    if serving is not None:
        state = states.SERVING if serving else states.NOT_SERVING
    octets: bytes = states(status=state).SerializeToString()
    return octets


def endpoints(health: Health, gate: Gate, clock: Clock) -> dict[str, Endpoint]:
    """The endpoints of this service by their paths."""
    return {
        f"/{SERVICE}/Check": HealthEndpoint("Check", health, gate, clock),
        f"/{SERVICE}/Watch": WatchHealth("Watch", health, gate, clock),
    }
