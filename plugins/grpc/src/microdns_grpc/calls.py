"""One call, from its metadata to its status: rates, keys, deadlines, limits, counts."""

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import aclosing
from functools import partial
from typing import Any

import h2.exceptions
from grpclib.const import Cardinality, Handler, Status
from grpclib.exceptions import GRPCError
from h2.errors import ErrorCodes

from microdns.access import ClientRates
from microdns.errors import MicroDNSError, Throttled, Unavailable
from microdns.operations import Call
from microdns.running import Running
from microdns_grpc.endpoints import Endpoint
from microdns_grpc.identity import Gate, address_of
from microdns_grpc.metrics import GrpcMetrics
from microdns_grpc.receiving import Receiver
from microdns_grpc.reflection import ReflectionEndpoint
from microdns_grpc.routes import Routes
from microdns_grpc.statuses import defect, error_of
from microdns_grpc.wire import Malformed

DEADLINE_KEY = "microdns-deadline"
"""Metadata in which a call's deadline comes here, by the loop's clock; a client's is dropped."""
GOING = "the server is going away"
LATE = "the deadline has passed"

AnyEndpoint = Endpoint | ReflectionEndpoint


class Unknown:
    """Paths that there are not: only those who may come in are told so."""

    name = "unknown"
    streams = False

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def admit(self, metadata: Mapping[str, Any], address: str) -> Call:
        self._gate.identify(metadata, address)
        raise GRPCError(Status.UNIMPLEMENTED, "no running plugin has this method")

    async def converse(self, *_ways: Any) -> None:
        """Nobody comes this far."""


class Calls:
    """Answers calls; grpclib asks it for the handler of a path as it would ask a dictionary."""

    def __init__(
        self,
        routes: Routes,
        gate: Gate,
        receiver: Receiver,
        rates: ClientRates,
        metrics: GrpcMetrics,
        running: Running,
        log: logging.Logger,
        streams_max: int,
        send_seconds: float,
    ) -> None:
        self._routes = routes
        self._unknown = Unknown(gate)
        self._receiver = receiver
        self._rates = rates
        self._metrics = metrics
        self._running = running
        self._log = log
        self._streams_max = streams_max
        self._send_seconds = send_seconds
        self._streaming: set[asyncio.Task[Any]] = set()
        self._stopping = False
        self._active = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def get(self, path: str) -> Handler:
        """The handler of a path: there is one for any."""
        endpoint: Any = self._routes.find(path) or self._unknown
        kind = Cardinality.UNARY_STREAM if endpoint.streams else Cardinality.UNARY_UNARY
        return Handler(partial(self._run, endpoint), kind, bytes, bytes)

    def begin(self) -> None:
        """Take calls, also after a stop."""
        self._stopping = False

    async def finished(self) -> None:
        """Wait until no call is under way."""
        await self._idle.wait()

    def stop(self) -> None:
        """End the streams; calls that answer once go on to their end."""
        self._stopping = True
        for task in list(self._streaming):
            task.cancel()

    async def _run(self, endpoint: AnyEndpoint, stream: Any) -> None:
        """Answer one call and count it; leaves only with grpclib's error, or cancelled."""
        began = time.perf_counter()
        status = Status.CANCELLED
        self._active += 1
        self._idle.clear()
        try:
            await self._translated(endpoint, stream)
            status = Status.OK
        except GRPCError as error:
            status = error.status
            raise
        finally:
            self._active -= 1
            if not self._active:
                self._idle.set()
            self._metrics.calls.cell(endpoint.name, status.name).inc()
            if not endpoint.streams:
                self._metrics.seconds.observe(time.perf_counter() - began)

    async def _translated(self, endpoint: AnyEndpoint, stream: Any) -> None:
        """Answer, and turn whatever goes wrong into grpclib's error."""
        limit = asyncio.timeout_at(_deadline(stream))
        try:
            async with limit:
                await self._answer(endpoint, stream)
        except GRPCError:
            raise
        except MicroDNSError as error:
            raise error_of(error) from None
        except h2.exceptions.ProtocolError:  # the client has reset the call meanwhile
            raise GRPCError(Status.CANCELLED) from None
        except asyncio.CancelledError:
            if self._stopping and endpoint.streams and _uncancelled():
                raise GRPCError(Status.UNAVAILABLE, GOING) from None
            raise
        except Exception as error:
            if limit.expired():
                raise GRPCError(Status.DEADLINE_EXCEEDED, LATE) from None
            raise defect(self._log, endpoint.name, error) from None

    async def _answer(self, endpoint: AnyEndpoint, stream: Any) -> None:
        address = address_of(stream.peer.addr())
        if not self._rates.take(address):
            raise Throttled("too many calls; try again in a second")
        if self._stopping or self._running.stopping:
            raise Unavailable(GOING)
        call = endpoint.admit(stream.metadata, address)
        if endpoint.streams:
            await self._stream(endpoint, stream, call)
        elif not isinstance(endpoint, ReflectionEndpoint):
            octets = await self._message(stream)
            async with aclosing(endpoint.replies(call, octets)) as replies:  # type: ignore[type-var]  # a generator
                async for reply in replies:
                    await self._send(stream, reply)

    async def _message(self, stream: Any) -> bytes:
        octets = await self._receiver.one(stream)
        if octets is None:
            raise Malformed("the call has no message")
        return octets

    async def _stream(self, endpoint: AnyEndpoint, stream: Any, call: Call) -> None:
        if self._metrics.streams.value >= self._streams_max:
            raise Unavailable(f"{self._streams_max} streams are open already")
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  (this is a coroutine)
        self._streaming.add(task)
        self._metrics.streams.inc()
        try:
            if isinstance(endpoint, ReflectionEndpoint):
                take = partial(self._receiver.one, stream)
                await endpoint.converse(take, partial(self._send, stream))
            else:
                await self._items(endpoint, stream, call)
        finally:
            self._metrics.streams.inc(-1)
            self._streaming.discard(task)

    async def _items(self, endpoint: Endpoint, stream: Any, call: Call) -> None:
        octets = await self._message(stream)
        async with aclosing(endpoint.replies(call, octets)) as replies:  # type: ignore[type-var]  # a generator
            await anext(replies)
            await stream.send_initial_metadata()
            async for reply in replies:
                await self._send(stream, reply)

    async def _send(self, stream: Any, octets: bytes) -> None:
        """Hand over a message; a client that does not take it in time is left."""
        try:
            async with asyncio.timeout(self._send_seconds):
                await stream.send_message(octets)
        except TimeoutError:
            self._metrics.cut_off.cell("slow").inc()
            await self._leave(stream)
            raise GRPCError(Status.CANCELLED) from None

    async def _leave(self, stream: Any) -> None:
        """Reset the call where there is room to say so, else end the connection."""
        raw = stream._stream  # grpclib has no other way to see whether writing would block
        if raw.connection.write_ready.is_set():
            raw.reset_nowait(ErrorCodes.CANCEL)
            stream._cancel_done = True  # so that grpclib does not try to say more
        else:
            raw._transport.abort()


def _deadline(stream: Any) -> float | None:
    """When the call must have ended, by the loop's clock; raises GRPCError when that is past."""
    given = stream.metadata.get(DEADLINE_KEY)
    if given is None:
        return None
    deadline = float(given)
    if deadline <= asyncio.get_running_loop().time():
        raise GRPCError(Status.DEADLINE_EXCEEDED, LATE)
    return deadline


def _uncancelled() -> bool:
    """Take back a cancellation, so that what follows can still be sent."""
    task = asyncio.current_task()
    return task is not None and task.uncancel() == 0
