"""Operations that stream, as Server-Sent Events (HTML standard, section 9.2)."""

from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

import anyio
import msgspec
from litestar import Response

from microdns.batch import Batch
from microdns.errors import MicroDNSError
from microdns_rest.metrics import RestMetrics
from microdns_rest.problems import Errors, ProblemDetails, details_of

HEARTBEAT_SECONDS = 15.0
PIECE_BYTES_MAX = 256 * 1024
"""Of events that are encoded once for all who get them, and kept for those who are slower."""
RETRY_MS = 1000
"""What clients wait before they connect again."""
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class OpenStreams:
    """The streams that are under way, to be ended when the server stops: clients come back."""

    def __init__(self) -> None:
        self.scopes: set[anyio.CancelScope] = set()

    def end(self) -> None:
        """End them all, in order: each says that its answer is complete."""
        for scope in list(self.scopes):
            scope.cancel()


class EventStream(Response[None]):
    """The items of a stream, until it ends or the client leaves.

    ``start`` is sent as the first id, so that a client which is cut off before the first item
    resumes from there.
    """

    def __init__(
        self,
        items: AsyncIterator[Any],
        start: int | str | None,
        errors: Errors,
        metrics: RestMetrics,
        streams: OpenStreams,
    ) -> None:
        super().__init__(content=None)
        self._items = items
        self._start = start
        self._errors = errors
        self._metrics = metrics
        self._streams = streams

    def to_asgi_response(self, *_args: Any, **_keywords: Any) -> Any:
        """litestar's way to ask for what it shall run."""
        return self._run

    async def _run(self, scope: Any, receive: Any, send: Any) -> None:
        self._metrics.streams.inc()
        try:
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            if scope["method"] != "HEAD":
                await self._write(scope, receive, send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._metrics.streams.inc(-1)

    async def _write(self, scope: Any, receive: Any, send: Any) -> None:
        async with anyio.create_task_group() as tasks:
            self._streams.scopes.add(tasks.cancel_scope)
            try:
                tasks.start_soon(self._leave_with, receive, tasks.cancel_scope)
                await _Writer(send, tasks).write(self._events(scope))
                tasks.cancel_scope.cancel()
            finally:
                self._streams.scopes.discard(tasks.cancel_scope)

    async def _leave_with(self, receive: Any, scope: anyio.CancelScope) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass  # what a client sends after its request is nothing to us
        scope.cancel()

    async def _events(self, scope: Any) -> AsyncIterator[bytes]:
        begin = f"retry: {RETRY_MS}\n"
        yield (begin if self._start is None else f"{begin}id: {self._start}\n").encode() + b"\n"
        try:
            async with aclosing(self._items) as source:  # type: ignore[type-var]  # a generator
                async for item in source:
                    for piece in pieces_of(item):
                        yield piece
        except MicroDNSError as error:
            yield failure(details_of(error))
        except Exception as error:
            yield failure(self._errors.defect_details(scope["path"], error))


class _Writer:
    """Sends pieces, with a comment when there was none for a while.

    A client that does not take them in time is cut off by the connection itself.
    """

    def __init__(self, send: Any, tasks: anyio.abc.TaskGroup) -> None:
        self._send = send
        self._tasks = tasks
        self._sent = 0

    async def write(self, pieces: AsyncIterator[bytes]) -> None:
        self._tasks.start_soon(self._beat)
        async for piece in pieces:
            await self._put(piece)

    async def _put(self, piece: bytes) -> None:
        self._sent += 1
        await self._send({"type": "http.response.body", "body": piece, "more_body": True})

    async def _beat(self) -> None:
        while True:
            seen = self._sent
            await anyio.sleep(HEARTBEAT_SECONDS)
            if seen == self._sent:
                await self._put(b": still here\n\n")


def pieces_of(item: Any) -> Iterator[bytes]:
    """An item, or several at once, as they are sent; small batches are encoded once for all."""
    if not isinstance(item, Batch):
        yield event_of(item)
        return
    together = item.made(event_of, _together)
    if together is not None:
        yield together
        return
    for each in item.items:
        yield event_of(each)


def _together(items: tuple[Any, ...]) -> bytes | None:
    """The events of a batch as one piece; None if that were too much to keep."""
    found, octets = list[bytes](), 0
    for each in items:
        found.append(event := event_of(each))
        octets += len(event)
        if octets > PIECE_BYTES_MAX:
            return None
    return b"".join(found)


def event_of(item: Any) -> bytes:
    """A stream's item; journal entries carry their sequence as id, to resume from."""
    sequence, kind = getattr(item, "sequence", 0), getattr(item, "type", "")
    head = f"id: {sequence}\n" if sequence else ""
    head += f"event: {kind}\n" if kind else ""
    return head.encode() + b"data: " + msgspec.json.encode(item, enc_hook=str) + b"\n\n"


def failure(details: ProblemDetails) -> bytes:
    """Why a stream ends, as its last event."""
    return b"event: problem\ndata: " + msgspec.json.encode(details) + b"\n\n"
