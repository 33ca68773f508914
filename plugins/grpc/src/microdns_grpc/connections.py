"""HTTP/2 connections with the limits that grpclib lacks."""

import re
from typing import Any

from grpclib.config import Configuration
from grpclib.const import Status
from grpclib.encoding.base import CodecBase
from grpclib.encoding.proto import ProtoStatusDetailsCodec
from grpclib.events import _DispatchServerEvents
from grpclib.metadata import decode_timeout, encode_grpc_message
from grpclib.protocol import H2Protocol, Stream
from grpclib.server import Handler
from h2.config import H2Configuration
from h2.errors import ErrorCodes
from h2.events import PingReceived, PriorityUpdated, RemoteSettingsChanged, UnknownFrameReceived
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes

from microdns_grpc.calls import DEADLINE_KEY, Calls
from microdns_grpc.config import GrpcConfig
from microdns_grpc.metrics import GrpcMetrics

CONNECTION_WINDOW_OCTETS = 1 << 20
STREAM_WINDOW_OCTETS = 256 * 1024
"""What a client may send ahead of what is read."""
WRITE_BUFFER_OCTETS_MAX = 4 << 20
"""What waits for a client that does not read."""
CONTROL_FRAMES_MAX = 1000
"""Pings, settings and the like that a connection may send between two sweeps: each is answered."""
SLICE_OCTETS = 16 * 1024
"""What is processed before looking whether it was too much."""
RESETS_MAX = 1000
"""Calls that a connection may begin and reset: more is what the "rapid reset" attack does."""
PING_SECONDS = 60.0
TIMEOUT = re.compile(r"\d{1,8}[HMSmun]")
CONTROL = (PingReceived, PriorityUpdated, RemoteSettingsChanged, UnknownFrameReceived)
REPLY = [(":status", "200"), ("content-type", "application/grpc+proto")]

Headers = list[tuple[str, str]]


class PlainCodec(CodecBase):
    """Messages are octets here; what they mean is seen to later."""

    __content_subtype__ = "proto"

    def encode(self, message: bytes, message_type: Any) -> bytes:
        return message

    def decode(self, data: bytes, message_type: Any) -> bytes:
        return data


class BoundedHandler(Handler):
    """The calls of one connection."""

    def __init__(self, calls: Calls, calls_max: int) -> None:
        mapping: Any = calls
        super().__init__(mapping, PlainCodec(), ProtoStatusDetailsCodec(), _DispatchServerEvents())
        self._calls_max = calls_max
        self.began = 0
        """Calls begun so far."""

    @property
    def idle(self) -> bool:
        """Whether no call is under way."""
        return all(task.done() for task in self._tasks.values())

    def accept(self, stream: Stream, headers: Any, release_stream: Any) -> None:
        """Begin a call, or refuse it because of its head."""
        self.began += 1
        if len(self._tasks) >= self._calls_max:
            self.__gc_collect__()
        if len(self._tasks) >= self._calls_max:
            stream.reset_nowait(ErrorCodes.REFUSED_STREAM)  # the client may try again
            release_stream()
            return
        names = {name for name, _ in headers}
        if not {":method", ":path"} <= names:
            stream.reset_nowait(ErrorCodes.PROTOCOL_ERROR)
            release_stream()
            return
        try:
            clean = self._clean(headers)
        except ValueError as error:
            refusal = self._refuse(stream, str(error), release_stream)
            self._tasks[stream] = self.loop.create_task(refusal)
            return
        super().accept(stream, clean, release_stream)

    def _clean(self, headers: Headers) -> Headers:
        """The head without what grpclib stumbles over; raises ValueError for what can't be read."""
        kept = [
            (name, value)
            for name, value in headers
            if name not in ("grpc-timeout", DEADLINE_KEY) and not name.endswith("-bin")
        ]
        given = [value for name, value in headers if name == "grpc-timeout"]
        if not all(TIMEOUT.fullmatch(value) for value in given):
            raise ValueError("grpc-timeout is not a time")
        if given:
            deadline = self.loop.time() + min(map(decode_timeout, given))
            kept.append((DEADLINE_KEY, repr(deadline)))
        return kept

    async def _refuse(self, stream: Stream, reason: str, release_stream: Any) -> None:
        try:
            status = [
                ("grpc-status", str(Status.INVALID_ARGUMENT.value)),
                ("grpc-message", encode_grpc_message(reason)),
            ]
            await stream.send_headers([*REPLY, *status], end_stream=True)
            if stream.closable:
                stream.reset_nowait()
        except ProtocolError:
            pass  # the client has gone
        finally:
            release_stream()


class BoundedConnection(H2Protocol):
    """One connection; it ends for whatever breaks the protocol."""

    handler: BoundedHandler

    def __init__(
        self,
        calls: Calls,
        limits: GrpcConfig,
        metrics: GrpcMetrics,
        others: "set[BoundedConnection]",
    ) -> None:
        handler = BoundedHandler(calls, limits.connection_calls_max)
        super().__init__(handler, _configuration(), _h2_configuration())
        self._limits = limits
        self._metrics = metrics
        self._others = others
        self._transport: Any = None
        self._closed = False
        self._quiet_since: float | None = None
        self._began = 0
        self._control_frames = 0

    def connection_made(self, transport: Any) -> None:
        """Take the connection, or turn it away when there are too many."""
        super().connection_made(transport)
        self._transport = transport
        self._others.add(self)
        self._metrics.connections.inc()
        self._h2 = self.connection._connection  # grpclib's wrapper has no way to change settings
        self.processor.processors[UnknownFrameReceived] = lambda _event: None  # RFC 9113 5.5
        if len(self._others) > self._limits.connections_max:
            self.cut_off("connections")
            return
        self._h2.update_settings(
            {SettingCodes.MAX_CONCURRENT_STREAMS: self._limits.connection_calls_max}
        )
        self.connection.flush()

    def data_received(self, data: bytes) -> None:
        """Process what came; h2 and grpclib raise more than they say they do."""
        if self._closed:
            return
        for at in range(0, len(data), SLICE_OCTETS):
            try:
                self._take(data[at : at + SLICE_OCTETS])
            except Exception:
                self.cut_off("protocol", ErrorCodes.PROTOCOL_ERROR)
            if self._closed or self.connection.is_closing():
                return
            self._judge()

    def _take(self, data: bytes) -> None:
        events = self.connection.feed(data)
        self.connection.flush()
        for event in events:
            self._control_frames += isinstance(event, CONTROL)
            self.processor.process(event)
        if not self.connection.is_closing():
            self.connection.flush()

    def _judge(self) -> None:
        """End the connection if it was too much."""
        if self._transport.get_write_buffer_size() > WRITE_BUFFER_OCTETS_MAX:
            self.cut_off("slow")
        elif self.connection.streams_failed > RESETS_MAX:
            self.cut_off("resets")
        elif self._control_frames > CONTROL_FRAMES_MAX:
            self.cut_off("frames")

    def connection_lost(self, exc: BaseException | None) -> None:
        if self in self._others:
            self._others.discard(self)
            self._metrics.connections.inc(-1)
        self._closed = True
        super().connection_lost(exc)

    def cut_off(self, reason: str, code: ErrorCodes = ErrorCodes.ENHANCE_YOUR_CALM) -> None:
        """End the connection because of what the client does."""
        if not self._closed:
            self._metrics.cut_off.cell(reason).inc()
            self.close(code)

    def close(self, code: ErrorCodes = ErrorCodes.NO_ERROR) -> None:
        """Say goodbye (RFC 9113 section 6.8), cancel what is under way, and close."""
        if self._closed:
            return
        self._closed = True
        try:
            self._h2.close_connection(error_code=code)
            self.connection.flush()
        except Exception:  # h2 does not say what it raises in a state like this
            self._transport.abort()
        self.processor.close("the connection ends")

    def sweep(self, now: float) -> None:
        """Close a connection that has had no call for long, or none at all."""
        self._control_frames = 0
        if self.handler.began != self._began or not self.handler.idle or self._quiet_since is None:
            self._began = self.handler.began
            self._quiet_since = now
            return
        patience = (
            self._limits.idle_timeout_secs if self._began else self._limits.receive_timeout_secs
        )
        if now - self._quiet_since > patience:
            self.close()


def _configuration() -> Configuration:
    """grpclib's; a client that vanished is found out by pings."""
    return Configuration(
        _keepalive_time=PING_SECONDS,
        _keepalive_permit_without_calls=True,
        _http2_max_pings_without_data=0,
        _http2_min_sent_ping_interval_without_data=PING_SECONDS / 2,
        http2_connection_window_size=CONNECTION_WINDOW_OCTETS,
        http2_stream_window_size=STREAM_WINDOW_OCTETS,
    ).__for_server__()


def _h2_configuration() -> H2Configuration:
    return H2Configuration(client_side=False, header_encoding="ascii")
