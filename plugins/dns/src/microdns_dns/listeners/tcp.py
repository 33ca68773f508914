"""TCP: messages behind their length, pipelined, answered as answers come (RFC 7766).

Nothing that a peer does makes memory grow.  Reading goes on only while answers are taken: with too
many queries waiting, or too many answers unread, nothing more is read, and the timeouts end what
stays so.  A connection thus holds one incomplete message, one buffer of answers, and no more.
"""

import asyncio
import socket
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, cast

from microdns.clock import Clock
from microdns_dns.listeners.inflight import Inflight
from microdns_dns.message import Address, Transport
from microdns_dns.metrics import DnsMetrics
from microdns_dns.responder import Late, Many, Responder

_LENGTH: Final = 2
_RECEIVE_SIZE: Final = 16_384
_FLUSH_SIZE: Final = 16_384


@dataclass(frozen=True)
class TcpLimits:
    """What one connection and all of them together may take; see ``DnsConfig``."""

    connections_max: int
    idle_timeout_seconds: float
    total_timeout_seconds: float
    inflight_max: int
    write_buffer_max: int


class TcpConnections:
    """All connections of this server, whatever address they came to."""

    def __init__(self, limits: TcpLimits, metrics: DnsMetrics, clock: Clock) -> None:
        self.limits = limits
        self.metrics = metrics
        self.clock = clock
        self.receive_buffer = bytearray(_RECEIVE_SIZE)
        """Shared: the loop fills it and hands it over in one turn."""
        self._open: set[TcpConnection] = set()

    def admit(self, connection: "TcpConnection") -> bool:
        """Take a new connection in, unless there are too many."""
        if len(self._open) >= self.limits.connections_max:
            self.metrics.tcp_closed["rejected"].inc()
            return False
        self._open.add(connection)
        self.metrics.tcp_connections.set(len(self._open))
        return True

    def forget(self, connection: "TcpConnection") -> None:
        """A connection is gone."""
        self._open.discard(connection)
        self.metrics.tcp_connections.set(len(self._open))

    def sweep(self) -> None:
        """End the connections whose time is over."""
        now = self.clock.monotonic()
        for connection in list(self._open):
            connection.check_time(now)

    def abort(self, listener: "TcpListener") -> None:
        """End the connections of one listener."""
        for connection in list(self._open):
            if connection.listener is listener:
                connection.abort()


class TcpListener:
    """One listening socket."""

    def __init__(
        self, responder: Responder, inflight: Inflight, connections: TcpConnections
    ) -> None:
        self.responder = responder
        self.inflight = inflight
        self.connections = connections
        self._server: asyncio.Server

    async def start(self, opened: socket.socket) -> None:
        """Accept connections on a listening socket, which is owned from now on."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: TcpConnection(self), sock=opened)

    def close(self) -> None:
        """Accept no more, and end what there is."""
        self._server.close()
        self.connections.abort(self)


class TcpConnection(asyncio.BufferedProtocol):
    """One connection."""

    def __init__(self, listener: TcpListener) -> None:
        self.listener = listener
        self._connections = listener.connections
        self._limits = listener.connections.limits
        self._transport: asyncio.Transport
        self._client: Address
        self._local: Address
        self._received = bytearray()
        """Octets of messages that were not answered yet."""
        self._outgoing = bytearray()
        """Answers of this turn, sent together."""
        self._waiting = 0
        """Queries whose answers are awaited."""
        self._reading = True
        self._unread = False
        """The peer leaves too many answers unread."""
        self._ending = False
        """The peer asks no more, or we hear it no more; what is awaited is still sent."""
        self._transfers: dict[asyncio.Task[None], Many] = {}
        """Answers of several messages that are under way."""
        self._taken = asyncio.Event()
        """The peer takes what it is sent."""
        self._taken.set()
        self._began = self._active = self._connections.clock.monotonic()

    # --- what asyncio tells

    def connection_made(self, made: asyncio.BaseTransport) -> None:
        transport = self._transport = cast(asyncio.Transport, made)
        transport.set_write_buffer_limits(high=self._limits.write_buffer_max)
        self._client = transport.get_extra_info("peername")
        self._local = transport.get_extra_info("sockname")
        if not self._connections.admit(self):
            self._ending = True
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ending = True
        self._received.clear()
        self._connections.forget(self)
        for task, many in self._transfers.items():
            task.cancel()
            many.close()

    def get_buffer(self, sizehint: int) -> bytearray:
        return self._connections.receive_buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._received += memoryview(self._connections.receive_buffer)[:nbytes]
        self._answer_received()

    def eof_received(self) -> bool:
        """The peer asks no more, but may still wait for answers."""
        self._ending = True
        self._received.clear()
        return self._waiting > 0

    def pause_writing(self) -> None:
        self._unread = True
        self._taken.clear()

    def resume_writing(self) -> None:
        self._unread = False
        self._taken.set()
        self._active = self._connections.clock.monotonic()
        self._answer_received()

    # --- messages

    def _blocked(self) -> bool:
        return self._ending or self._unread or self._waiting >= self._limits.inflight_max

    def _answer_received(self) -> None:
        """Answer every whole message that was received, while answers are taken."""
        received = self._received
        at = 0
        while not self._blocked():
            start = at + _LENGTH
            end = start + int.from_bytes(received[at:start], "big")
            if len(received) < start or len(received) < end:
                break
            self._answer(bytes(received[start:end]))
            at = end
        del received[:at]
        self._flush()
        self._read_or_not()

    def _answer(self, message: bytes) -> None:
        self._active = self._connections.clock.monotonic()
        respond = self.listener.responder.respond
        response = respond(message, self._client, Transport.TCP, self._local)
        if isinstance(response, bytes):
            self._put(response)
        elif isinstance(response, Many):
            self._transfer(response)
        elif isinstance(response, Late):
            self._waiting += self.listener.inflight.start(response, self._answered)
        else:  # what is no query here is no DNS: the next length can't be trusted either
            self._connections.metrics.tcp_closed["malformed"].inc()
            self.abort()

    def _answered(self, answer: bytes | Many | None) -> None:
        """An awaited answer has come, in whatever order (RFC 7766 7)."""
        self._waiting -= 1
        if self._transport.is_closing():
            if isinstance(answer, Many):
                answer.close()
            return
        self._active = self._connections.clock.monotonic()
        if isinstance(answer, Many):
            self._transfer(answer)
        elif answer is not None:
            self._put(answer)
            self._flush()
        if not self._ending:
            self._answer_received()
        elif not self._waiting:
            self._transport.close()

    def _transfer(self, many: Many) -> None:
        """Send an answer of several messages, beside whatever else is asked."""
        self._waiting += 1
        task = asyncio.get_running_loop().create_task(self._send_all(many))
        self._transfers[task] = many
        task.add_done_callback(self._transferred)

    async def _send_all(self, many: Many) -> None:
        """Each message is made when the one before it was taken: memory holds a few at most."""
        clock = self._connections.clock
        until = clock.monotonic() + many.total_seconds
        async with aclosing(many.octets()) as messages:
            async for octets in messages:
                self._put(octets)
                self._flush()
                self._active = clock.monotonic()
                if self._active > until:
                    self._connections.metrics.tcp_closed["total"].inc()
                    self.abort()
                await self._taken.wait()

    def _transferred(self, task: asyncio.Task[None]) -> None:
        """A transfer is over.  One that failed ends the connection: half of it looks like one."""
        many = self._transfers.pop(task)
        many.close()
        if task.cancelled() or task.exception() is not None:
            self.abort()
        else:
            self._answered(None)

    def _put(self, octets: bytes) -> None:
        self._outgoing += len(octets).to_bytes(_LENGTH, "big")
        self._outgoing += octets
        if len(self._outgoing) >= _FLUSH_SIZE:
            self._flush()

    def _flush(self) -> None:
        if self._outgoing and not self._transport.is_closing():
            self._transport.write(bytes(self._outgoing))
        self._outgoing.clear()

    def _read_or_not(self) -> None:
        if self._ending or self._transport.is_closing():
            return
        reading = not self._blocked()
        if reading != self._reading:
            self._reading = reading
            if reading:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()

    # --- the end

    def check_time(self, now: float) -> None:
        """End the connection if it is too old, or if nothing has come of it for too long.

        Half a message is nothing, and neither are answers that the peer does not take.  A transfer
        may take longer than other connections, as long as it is taken.
        """
        if self._transfers:
            if now - self._active >= self._limits.idle_timeout_seconds:
                self._connections.metrics.tcp_closed["idle"].inc()
                self.abort()
        elif now - self._began >= self._limits.total_timeout_seconds:
            self._connections.metrics.tcp_closed["total"].inc()
            self.abort()
        elif not self._waiting and now - self._active >= self._limits.idle_timeout_seconds:
            self._connections.metrics.tcp_closed["idle"].inc()
            self.abort()

    def abort(self) -> None:
        """End the connection now, whatever was not sent yet."""
        self._ending = True
        self._transport.abort()
