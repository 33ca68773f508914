"""A client of HTTP/2 that does what grpcio never would."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
from anyio.abc import SocketStream
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    RemoteSettingsChanged,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.settings import SettingCodes

PATH = "/microdns.v1.HealthService/GetHealthStatus"
EMPTY = bytes(5)
"""A message without octets."""


def head(path: str = PATH, *more: tuple[str, str], **changed: str) -> list[tuple[str, str]]:
    """A call's head; ``te=""`` leaves that field out."""
    fields = {
        ":method": "POST",
        ":scheme": "http",
        ":path": path,
        ":authority": "localhost",
        "te": "trailers",
        "content-type": "application/grpc",
        **{name.replace("_", "-"): value for name, value in changed.items()},
    }
    return [*((name, value) for name, value in fields.items() if value), *more]


class Http2:
    """One connection."""

    def __init__(self, stream: SocketStream) -> None:
        self.stream = stream
        self.h2 = H2Connection(H2Configuration(validate_outbound_headers=False))
        self.heads: dict[int, dict[str, str]] = {}
        self.ended: set[int] = set()
        self.resets: dict[int, int] = {}
        self.goodbye: int | None = None
        self.calls_max: int | None = None

    async def begin(self) -> None:
        self.h2.initiate_connection()
        await self.flush()

    async def flush(self) -> None:
        await self.stream.send(self.h2.data_to_send())

    def call(self, headers: Any, body: bytes = EMPTY) -> int:
        """Begin a call and send all of it; nothing leaves before ``flush``."""
        number: int = self.h2.get_next_available_stream_id()
        self.h2.send_headers(number, headers)
        self.h2.send_data(number, body, end_stream=True)
        return number

    async def status(self, number: int) -> str:
        """``grpc-status`` of a call, or how else it ended."""
        while number not in self.ended | set(self.resets) and self.goodbye is None:
            if not await self.read():
                break
        found = self.heads.get(number, {})
        return found.get("grpc-status") or found.get(":status") or "reset"

    async def read(self) -> bool:
        """Take in what comes next; False at the end of the connection."""
        try:
            with anyio.fail_after(60):
                octets = await self.stream.receive()
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            return False
        for event in self.h2.receive_data(octets):
            self._note(event)
        await self.flush() if self.goodbye is None else None
        return True

    def _note(self, event: Any) -> None:
        if isinstance(event, ResponseReceived | TrailersReceived):
            fields = {_text(name): _text(value) for name, value in event.headers}
            self.heads.setdefault(event.stream_id, {}).update(fields)
        elif isinstance(event, StreamEnded):
            self.ended.add(event.stream_id)
        elif isinstance(event, StreamReset):
            self.resets[event.stream_id] = int(event.error_code or 0)
        elif isinstance(event, ConnectionTerminated):
            self.goodbye = int(event.error_code or 0)
        elif isinstance(event, RemoteSettingsChanged):
            changed = event.changed_settings.get(SettingCodes.MAX_CONCURRENT_STREAMS)
            self.calls_max = self.calls_max if changed is None else changed.new_value

    async def until_goodbye(self) -> int | None:
        """The error code with which the server ends the connection; None when it just does."""
        while self.goodbye is None and await self.read():
            pass
        return self.goodbye


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


@asynccontextmanager
async def connected(address: tuple[str, int]) -> AsyncIterator[Http2]:
    """A connection that has begun."""
    async with await anyio.connect_tcp(*address) as stream:
        client = Http2(stream)
        await client.begin()
        yield client
