"""From a path to what answers it, at the moment of the call."""

from collections.abc import Mapping
from typing import Any

from microdns.access import Idempotency
from microdns.operations import OperationRegistry
from microdns.store import Store
from microdns_grpc.endpoints import OperationEndpoint, Workshop
from microdns_grpc.identity import Gate
from microdns_grpc.methods import Projection


class Routes:
    """Fixed endpoints, and one for each operation that has a method now."""

    def __init__(
        self,
        fixed: Mapping[str, Any],
        projection: Projection,
        operations: OperationRegistry,
        store: Store,
        gate: Gate,
        workshop: Workshop,
        idempotency: Idempotency[bytes],
        json_bytes_max: int,
    ) -> None:
        self._fixed = fixed
        self._projection = projection
        self._operations = operations
        self._store = store
        self._gate = gate
        self._workshop = workshop
        self._idempotency = idempotency
        self._json_bytes_max = json_bytes_max

    def find(self, path: str) -> Any:
        """What answers a path, or None."""
        fixed = self._fixed.get(path)
        if fixed is not None:
            return fixed
        found = self._projection.find(path)
        if found is None:
            return None
        return OperationEndpoint(
            *found,
            self._operations,
            self._store,
            self._gate,
            self._workshop,
            self._idempotency,
            self._json_bytes_max,
        )
