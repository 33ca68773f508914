"""Operations as litestar handlers."""

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler

from microdns.access import Idempotency
from microdns.errors import Denied, NotFound, Unavailable
from microdns.operations import Call, Operation, OperationRegistry
from microdns.operations.registry import authorize
from microdns.operations.rehearsal import Consequence, rehearse
from microdns.store import CursorTooOld, Store
from microdns_rest.conditions import entity_tag, if_match, not_modified
from microdns_rest.config import RestConfig
from microdns_rest.idempotency import digest_of, key_of
from microdns_rest.identity import Gate
from microdns_rest.metrics import RestMetrics
from microdns_rest.origins import refusal
from microdns_rest.problems import Errors
from microdns_rest.shape import Shape, Unsupported
from microdns_rest.streams import EventStream, OpenStreams

AnyRequest = Request[Any, Any, Any]


class DryRun(msgspec.Struct, frozen=True):
    """What a write would do: its result, the journal entries it would make, what they lead to."""

    dry_run: bool
    result: Any
    changes: list[Any]
    consequences: list[Consequence]


class Handlers:
    """Makes a handler for each operation that has an HTTP form."""

    def __init__(
        self,
        config: RestConfig,
        operations: OperationRegistry,
        store: Store,
        gate: Gate,
        idempotency: Idempotency[Response[Any]],
        errors: Errors,
        metrics: RestMetrics,
    ) -> None:
        self._config = config
        self._operations = operations
        self._store = store
        self._gate = gate
        self._idempotency = idempotency
        self._errors = errors
        self._metrics = metrics
        self.streams = OpenStreams()

    def make(self, shape: Shape) -> HTTPRouteHandler:
        """The handler of one operation."""
        operation = shape.operation
        run = self._stream(shape) if operation.stream else self._call(shape)
        methods: Any = ["GET", "HEAD"] if shape.verb == "GET" else [shape.verb]
        return HTTPRouteHandler(
            shape.route,
            http_method=methods,
            name=operation.name,
            status_code=success_of(operation),
            opt={"streams": operation.stream},
        )(run)

    def _call(self, shape: Shape) -> Callable[..., Any]:
        operation = shape.operation

        async def run(request: AnyRequest) -> Response[Any]:
            call = self._admit(request, operation)
            query = list(request.query_params.multi_items())
            body = await body_of(request) if shape.has_body else b""
            wanted = shape.input(request.path_params, query, body)
            key = key_of(request) if shape.writes else None
            if shape.dry_run(query):
                return await self._rehearse(operation, wanted, call)
            call = replace(call, as_of=shape.as_of(query))
            if not shape.writes:
                return not_modified(request, await self._answer(operation, wanted, call))
            return await self._idempotency.once(
                call.principal.name,
                key,
                digest_of(request, body),
                lambda: self._answer(operation, wanted, call),
            )

        return run

    def _admit(self, request: AnyRequest, operation: Operation[Any, Any]) -> Call:
        """Who calls, before a byte of the body is read."""
        if not operation.scope:
            return Call(self._gate.stranger(request.scope))
        principal = self._gate.identify(request.scope)
        authorize(principal, operation)
        if operation.scope.endswith(":write"):
            self._refuse_other_sites(request)
        return Call(principal, if_version=if_match(request.headers.get("if-match")))

    def _refuse_other_sites(self, request: AnyRequest) -> None:
        """A page of another origin may not write with what its reader is allowed to do."""
        origin = request.headers.get("origin")
        if origin is None:
            return
        host = request.headers.get("host", "")
        friends = self._config.cors_origins
        if why := refusal(origin, host, friends, is_open=self._gate.is_open):
            raise Denied(why)

    async def _answer(
        self, operation: Operation[Any, Any], wanted: msgspec.Struct, call: Call
    ) -> Response[Any]:
        outcome = await self._operations.call(operation.name, wanted, call)
        tag = entity_tag(outcome) if call.as_of is None else {}
        return Response(
            encoded(outcome),
            status_code=success_of(operation),
            media_type="application/json",
            headers={**tag, "Cache-Control": "no-store"},
        )

    async def _rehearse(
        self, operation: Operation[Any, Any], wanted: msgspec.Struct, call: Call
    ) -> Response[Any]:
        """Do everything but store it, and tell what it would be."""
        tried = await rehearse(self._operations, operation.name, wanted, call)
        return Response(
            encoded(DryRun(True, tried.result, tried.changes, tried.consequences)),
            status_code=HTTPStatus.OK,
            media_type="application/json",
            headers={"Cache-Control": "no-store"},
        )

    def _stream(self, shape: Shape) -> Callable[..., Any]:
        operation = shape.operation

        async def run(request: AnyRequest) -> Response[Any]:
            call = self._admit(request, operation)
            if self._metrics.streams.value >= self._config.streams_max:
                raise Unavailable(f"{self._config.streams_max} streams are open already")
            query = list(request.query_params.multi_items())
            start: int | str | None = None
            if "after" in shape.types:
                start = self._start(request.headers.get("last-event-id"), dict(query).get("after"))
                query = [(name, value) for name, value in query if name != "after"]
                query.append(("after", str(start)))
            wanted = shape.input(request.path_params, query, b"")
            items = self._operations.batches(operation.name, wanted, call)
            return EventStream(items, start, self._errors, self._metrics, self.streams)

        return run

    def _start(self, resumed: str | None, after: str | None) -> int | str:
        """Where a stream begins: where the client was cut off, where it asks for, or now."""
        for given in (resumed, after):
            if given is not None and given.isascii() and given.isdigit() and len(given) < 20:
                return self._checked(int(given))
        return self._store.sequence if after is None else after

    def _checked(self, after: int) -> int:
        if after + 1 < self._store.journal.oldest:
            raise CursorTooOld(after, self._store.journal.oldest)
        if after > self._store.sequence:
            raise NotFound(f"the journal has not come to {after} yet")
        return after


async def body_of(request: AnyRequest) -> bytes:
    """The body; raises ``Unsupported`` for what is said not to be JSON."""
    body = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and kind != "application/json":
        raise Unsupported("the body must be application/json")
    return body


def success_of(operation: Operation[Any, Any]) -> int:
    """201 for what creates, 200 for all else."""
    created = operation.name.endswith(".create") and (operation.http or "").startswith("POST")
    return HTTPStatus.CREATED if created else HTTPStatus.OK


def encoded(value: Any) -> bytes:
    """A value as JSON."""
    return msgspec.json.encode(value, enc_hook=str)
