"""The methods of ``proto/microdns.proto``, and the operations behind them."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from msgspec.structs import fields

from microdns.operations import Operation, OperationRegistry
from microdns_grpc import logevents
from microdns_grpc.generated.microdns import v1
from microdns_grpc.messages import Shape, shape_of

PACKAGE = "microdns.v1"


@dataclass(frozen=True)
class Method:
    """One method: ``name`` is ``ZoneService/ListZones``."""

    name: str
    streams: bool
    request: Shape
    reply: Shape

    @property
    def path(self) -> str:
        """What HTTP/2 calls it."""
        return f"/{PACKAGE}.{self.name}"


def services() -> list[Any]:
    """The generated services, in the order of their names."""
    bases = sorted(name for name in v1.__all__ if name.endswith("ServiceBase"))
    return [getattr(v1, name)() for name in bases]


@cache
def methods() -> dict[str, Method]:
    """Every method by its name."""
    found = {}
    for service in services():
        for path, handler in service.__mapping__().items():
            name = path.removeprefix(f"/{PACKAGE}.")
            found[name] = Method(
                name,
                handler.cardinality.server_streaming,
                shape_of(handler.request_type),
                shape_of(handler.reply_type),
            )
    return found


def method_for(operation: Operation[Any, Any]) -> Method:
    """The method that an operation declares; raises ValueError when it does not fit."""
    method = methods().get(operation.grpc or "")
    if method is None:
        raise ValueError(f"{operation.name}: there is no method {operation.grpc}")
    if method.streams != operation.stream:
        raise ValueError(f"{operation.name}: {operation.grpc} is of another kind")
    known = {field.encode_name for field in fields(operation.input)}
    if not method.request.keys <= known:
        names = ", ".join(sorted(method.request.keys - known))
        raise ValueError(f"{operation.name}: its input has no {names}")
    return method


class Projection:
    """Which operation answers a path at the moment."""

    def __init__(self, operations: OperationRegistry, log: logging.Logger) -> None:
        self._operations = operations
        self._log = log
        self._built_for = -1
        self._by_path: dict[str, tuple[Method, Operation[Any, Any]]] = {}

    def find(self, path: str) -> tuple[Method, Operation[Any, Any]] | None:
        """The method and operation at a path, or None."""
        return self._current().get(path)

    def names(self) -> dict[str, str]:
        """The method of each operation that has one."""
        return {operation.name: method.name for method, operation in self._current().values()}

    def serving(self, service: str) -> bool:
        """Whether any method of a service (``microdns.v1.ZoneService``) has its operation."""
        return any(path.startswith(f"/{service}/") for path in self._current())

    def _current(self) -> dict[str, tuple[Method, Operation[Any, Any]]]:
        if self._built_for != self._operations.revision:
            self._built_for = self._operations.revision
            self._by_path = {}
            for method, operation in self._usable():
                self._by_path[method.path] = (method, operation)
        return self._by_path

    def _usable(self) -> Iterator[tuple[Method, Operation[Any, Any]]]:
        """What has a method; one that does not fit, or whose method is taken, is left out."""
        taken: set[str] = set()
        for operation in self._operations:
            if operation.grpc is None:
                continue
            try:
                method = method_for(operation)
                if method.name in taken:
                    raise ValueError(f"{operation.name}: {method.name} is taken already")
            except (ValueError, TypeError) as error:
                logevents.LEFT_OUT(self._log, "an operation has no method: %s", error)
                continue
            taken.add(method.name)
            yield method, operation
