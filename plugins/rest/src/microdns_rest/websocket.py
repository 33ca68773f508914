"""The WebSocket: what is there, and then what happens (``GET /api/v1/ws``).

Messages are JSON objects with a ``kind``: ``snapshot`` (one for each operation asked for in
``?snapshot=``, with its ``result``), ``ready`` (with the journal's
``sequence`` before the first snapshot), ``event`` (with
the ``entry``), ``skipped`` (an entry too large to send), ``problem``.  Nothing is read from the
client.  Events begin before the snapshot is taken, so none is missed; some may be in both.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import anyio
import msgspec

from microdns.errors import MicroDNSError, NotFound, Unavailable
from microdns.events import Principal
from microdns.operations import Call, OperationRegistry
from microdns.store import Store
from microdns_rest.config import RestConfig
from microdns_rest.identity import Gate
from microdns_rest.metrics import RestMetrics
from microdns_rest.origins import refusal
from microdns_rest.problems import PROBLEM_JSON, Errors, ProblemDetails, details_of, headers_of
from microdns_rest.shape import Shape

PATH = "/api/v1/ws"
FOLLOW = "journal.follow"
MESSAGE_BYTES_MAX = 2 * 1024 * 1024
SNAPSHOTS_MAX = 10
GOING_AWAY, INTERNAL_ERROR = 1001, 1011
"""RFC 6455 section 7.4.1."""


class WebSockets:
    """An ASGI application for WebSockets; other scopes go to the next one."""

    def __init__(
        self,
        application: Any,
        config: RestConfig,
        operations: OperationRegistry,
        store: Store,
        gate: Gate,
        errors: Errors,
        metrics: RestMetrics,
    ) -> None:
        self._application = application
        self._config = config
        self._operations = operations
        self._store = store
        self._gate = gate
        self._errors = errors
        self._metrics = metrics

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "websocket":
            await self._application(scope, receive, send)
            return
        await receive()  # websocket.connect
        try:
            session = self._admit(scope, send)
        except MicroDNSError as error:
            await turn_away(send, details_of(error))
            return
        self._metrics.websockets.inc()
        try:
            await self._serve(session, receive, send)
        finally:
            self._metrics.websockets.inc(-1)

    def _admit(self, scope: Any, send: Any) -> "_Session":
        principal = self._gate.identify(scope)
        self._refuse_other_sites(scope)
        if scope["path"] != PATH:
            raise NotFound("there is nothing here")
        if self._metrics.websockets.value >= self._config.websockets_max:
            raise Unavailable(f"{self._config.websockets_max} WebSockets are open already")
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        snapshots = [value for name, value in query if name == "snapshot"] or ["status.get"]
        if len(snapshots) > SNAPSHOTS_MAX:
            raise Unavailable(f"a WebSocket begins with {SNAPSHOTS_MAX} snapshots at most")
        follow = Shape(self._operations.get(FOLLOW))
        wanted = follow.input({}, [pair for pair in query if pair[0] != "snapshot"], b"")
        items = self._operations.stream(FOLLOW, wanted, Call(principal))
        return _Session(
            self._operations, self._store, principal, snapshots, items, send, self._config
        )

    def _refuse_other_sites(self, scope: Any) -> None:
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1")
        host = headers.get(b"host", b"").decode("latin-1")
        friends = self._config.cors_origins
        if origin and refusal(origin, host, friends, is_open=self._gate.is_open):
            raise NotFound("there is nothing here")

    async def _serve(self, session: "_Session", receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_leave_with, receive, tasks.cancel_scope)
            try:
                await session.run()
            except MicroDNSError as error:
                await session.tell({"kind": "problem", "problem": details_of(error)})
            except Exception as error:
                details = self._errors.defect_details(PATH, error)
                await session.tell({"kind": "problem", "problem": details})
                await send({"type": "websocket.close", "code": INTERNAL_ERROR})
            else:
                await send({"type": "websocket.close", "code": GOING_AWAY})
            tasks.cancel_scope.cancel()


class _Session:
    """One client."""

    def __init__(
        self,
        operations: OperationRegistry,
        store: Store,
        principal: Principal,
        snapshots: list[str],
        items: AsyncIterator[Any],
        send: Any,
        config: RestConfig,
    ) -> None:
        self._operations = operations
        self._sequence = store.sequence
        self._principal = principal
        self._snapshots = snapshots
        self._items = items
        self._send = send
        self._send_seconds = config.send_timeout_secs

    async def run(self) -> None:
        """Snapshots, then events, until the client leaves; raises what ended either."""
        try:
            await self._run()
        except ExceptionGroup as group:
            raise group.exceptions[0] from None

    async def _run(self) -> None:
        queue, source = anyio.create_memory_object_stream[Any](1)
        # Both ends are closed here too: the client may leave before either was used.
        async with queue, source, anyio.create_task_group() as tasks:
            tasks.start_soon(self._pump, queue)
            await anyio.lowlevel.checkpoint()
            for name in self._snapshots:
                result = await self._snapshot(name)
                await self.tell({"kind": "snapshot", "operation": name, "result": result})
            await self.tell({"kind": "ready", "sequence": self._sequence})
            async for entry in source:
                await self.tell({"kind": "event", "entry": entry})

    async def _pump(self, queue: Any) -> None:
        async with queue, aclosing(self._items) as items:  # type: ignore[type-var]  # a generator
            async for item in items:
                await queue.send(item)

    async def _snapshot(self, name: str) -> Any:
        operation = self._operations.get(name)
        if operation.stream or not (operation.http or "").startswith("GET "):
            raise NotFound(f"no running plugin has an operation {name} to begin with")
        return await self._operations.call(name, {}, Call(self._principal))

    async def tell(self, message: dict[str, Any]) -> None:
        """Send a message; one that is too large is named and left out, as is a slow client."""
        text = msgspec.json.encode(message, enc_hook=str)
        if len(text) > MESSAGE_BYTES_MAX:
            entry = message.get("entry")
            skipped = {"kind": "skipped", "of": message["kind"], "bytes": len(text)}
            skipped["sequence"] = getattr(entry, "sequence", None)
            text = msgspec.json.encode(skipped)
        with anyio.fail_after(self._send_seconds):
            await self._send({"type": "websocket.send", "text": text.decode()})


async def _leave_with(receive: Any, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "websocket.disconnect":
        pass  # what the client says is nothing to us
    scope.cancel()


async def turn_away(send: Any, details: ProblemDetails) -> None:
    """Refuse the handshake with an HTTP response (ASGI's websocket.http.response)."""
    headers = {**headers_of(details), "Content-Type": PROBLEM_JSON}
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    status = HTTPStatus(details.status).value
    start = {"type": "websocket.http.response.start", "status": status, "headers": pairs}
    await send(start)
    body = msgspec.json.encode(details)
    await send({"type": "websocket.http.response.body", "body": body})
