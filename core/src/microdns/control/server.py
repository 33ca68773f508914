"""Serves the operations registry on a Unix socket.

Whoever may open the socket file (mode 0600: the user that runs the server, and root) may do
everything; the peer's user id is noted as the actor of each change.
"""

import logging
import os
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from typing import Any

import anyio
import anyio.abc
import msgspec
from anyio.streams.buffered import BufferedByteReceiveStream

from microdns.errors import Invalid, MicroDNSError
from microdns.events import Principal
from microdns.operations import Call, OperationRegistry
from microdns.operations.defects import internal_failure
from microdns.operations.rehearsal import rehearse
from microdns.operations.wire import (
    REQUEST_BYTES_MAX,
    Progress,
    Reply,
    Request,
    failure_of,
)
from microdns.points import point_of

CONNECTIONS_MAX = 64
PROGRESS_SECONDS_MIN = 0.1


class ControlServer:
    """Accepts connections; each carries one request after the other."""

    def __init__(self, path: str, operations: OperationRegistry, log: logging.Logger) -> None:
        self.path = path
        self._operations = operations
        self._log = log
        self._connections = 0
        self._serving = anyio.CancelScope()
        self._listener: anyio.abc.Listener[anyio.abc.SocketStream] | None = None

    async def listen(self) -> None:
        """Bind the socket, replacing a file that a dead process left.

        Only the holder of the store's lock calls this, so no living process is cut off.
        Raises OSError.
        """
        with suppress(FileNotFoundError):
            os.unlink(self.path)
        previous = os.umask(0o177)
        try:
            self._listener = await anyio.create_unix_listener(self.path, mode=0o600)
        finally:
            os.umask(previous)

    async def serve(self) -> None:
        """Answer until closed or cancelled."""
        if self._listener is None:
            raise RuntimeError("listen() comes before serve()")
        with self._serving:
            await self._listener.serve(self._connection)

    async def close(self) -> None:
        """Cut off who is connected, and remove the socket file."""
        self._serving.cancel()
        if self._listener is not None:
            await self._listener.aclose()
            self._listener = None
        with suppress(FileNotFoundError):
            os.unlink(self.path)

    async def _connection(self, stream: anyio.abc.SocketStream) -> None:
        if self._connections >= CONNECTIONS_MAX:
            await stream.aclose()
            return
        self._connections += 1
        try:
            async with stream:
                await self._requests(stream)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream):
            self._log.debug("a client of the local socket left")
        finally:
            self._connections -= 1

    async def _requests(self, stream: anyio.abc.SocketStream) -> None:
        principal = peer(stream.extra(anyio.abc.SocketAttribute.raw_socket))
        lines = BufferedByteReceiveStream(stream)
        while True:
            try:
                line = await lines.receive_until(b"\n", REQUEST_BYTES_MAX)
            except (anyio.IncompleteRead, anyio.EndOfStream):
                return
            except anyio.DelimiterNotFound:
                await send(stream, Reply(error=failure_of(Invalid("request is too long"))))
                return
            await _Exchange(self._operations, self._log, stream, lines, principal).answer(line)


class _Exchange:
    """One request on its way to its answer."""

    def __init__(
        self,
        operations: OperationRegistry,
        log: logging.Logger,
        stream: anyio.abc.SocketStream,
        lines: BufferedByteReceiveStream,
        principal: Principal,
    ) -> None:
        self._operations = operations
        self._log = log
        self._stream = stream
        self._lines = lines
        self._principal = principal
        self._shown: Progress | None = None
        self._latest: Progress | None = None

    async def answer(self, line: bytes) -> None:
        name = "?"
        try:
            request = msgspec.json.decode(line, type=Request)
            name = request.operation
            if self._operations.get(name).stream:
                await self._stream_items(request)
            else:
                await self._result(request)
        except msgspec.DecodeError as error:
            await send(self._stream, Reply(error=failure_of(Invalid(f"not a request: {error}"))))
        except MicroDNSError as error:
            await send(self._stream, Reply(error=failure_of(error)))
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            raise
        except Exception as error:
            await send(self._stream, Reply(error=internal_failure(self._log, name, error)))

    def _call(self, request: Request) -> Call:
        return Call(
            self._principal,
            request.dry_run,
            request.if_version,
            self._note_progress,
            point_of(request.as_of) if request.as_of else None,
        )

    def _note_progress(self, done: int, total: int | None, what: str) -> None:
        self._latest = Progress(done, total, what)

    async def _result(self, request: Request) -> None:
        outcome: list[Any] = []
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._report_progress)
            try:
                outcome.append(await self._reply(request))
            except Exception as error:
                # Kept, not raised: inside the group it would come out wrapped.
                outcome.append(error)
            tasks.cancel_scope.cancel()
        if isinstance(outcome[0], Exception):
            raise outcome[0]
        await send(self._stream, outcome[0])

    async def _reply(self, request: Request) -> Reply:
        name, call = request.operation, self._call(request)
        if not request.dry_run:
            return Reply(result=await self._operations.call(name, request.input, call))
        tried = await rehearse(self._operations, name, request.input, call)
        return Reply(result=tried.result, consequences=list(tried.consequences))

    async def _report_progress(self) -> None:
        while True:
            await anyio.sleep(PROGRESS_SECONDS_MIN)
            if self._latest is not None and self._latest is not self._shown:
                self._shown = self._latest
                await send(self._stream, Reply(progress=self._latest))

    async def _stream_items(self, request: Request) -> None:
        items = self._operations.stream(request.operation, request.input, self._call(request))
        failure: list[Exception] = []
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._until_client_leaves, tasks.cancel_scope)
            try:
                await self._forward(items)
            except Exception as error:
                failure.append(error)
            tasks.cancel_scope.cancel()
        if failure:
            raise failure[0]

    async def _forward(self, items: AsyncIterator[Any]) -> None:
        async with aclosing(items) as source:  # type: ignore[type-var]  # handlers are generators
            async for item in source:
                await send(self._stream, Reply(item=item))
        await send(self._stream, Reply(end=True))

    async def _until_client_leaves(self, scope: anyio.CancelScope) -> None:
        try:
            await self._lines.receive(1)
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            scope.cancel()


async def send(stream: anyio.abc.ByteSendStream, reply: Reply) -> None:
    """Write one line."""
    await stream.send(msgspec.json.encode(reply, enc_hook=str) + b"\n")


def peer(connected: socket.socket) -> Principal:
    """The user at the other end (SO_PEERCRED, unix(7)): ``uid:1000``."""
    size = struct.calcsize("3i")
    _pid, uid, _gid = struct.unpack(
        "3i", connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
    )
    return Principal(f"uid:{uid}", interface="socket")
