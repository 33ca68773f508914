"""A reader of Frame Streams, for tests: does what it is told, when it is told."""

import asyncio
from pathlib import Path

from microdns_dnstap.frames import CONTENT_TYPE, Control, ControlType, decode, encode

SECONDS_MAX = 60.0


class Reader:
    """Listens at ``path``; each connection is shaken hands with, unless ``answer`` is another."""

    def __init__(self, path: Path, answer: Control | None = None) -> None:
        self._path = path
        self._answer = answer or Control(ControlType.ACCEPT, (CONTENT_TYPE,))
        self._server: asyncio.Server | None = None
        self._opened: list[asyncio.StreamWriter] = []
        self.connected = asyncio.Event()
        self.reading = asyncio.Event()
        self.reading.set()
        self.frames: list[bytes] = []
        self.controls: list[Control] = []

    async def __aenter__(self) -> "Reader":
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self._path, limit=4096)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._opened:
            writer.transport.abort()

    async def frames_are(self, count: int) -> list[bytes]:
        """The frames read so far, as soon as there are so many."""
        async with asyncio.timeout(SECONDS_MAX):
            while len(self.frames) < count:  # noqa: ASYNC110  (whoever waits knows how many)
                await asyncio.sleep(0.005)
        return self.frames

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._opened.append(writer)
        try:
            while True:
                await self.reading.wait()
                size = int.from_bytes(await reader.readexactly(4), "big")
                if size:
                    self.frames.append(await reader.readexactly(size))
                    continue
                size = int.from_bytes(await reader.readexactly(4), "big")
                control = decode(await reader.readexactly(size))
                self.controls.append(control)
                if control.type is ControlType.READY:
                    writer.write(encode(self._answer))
                elif control.type is ControlType.START:
                    self.connected.set()
                elif control.type is ControlType.STOP:
                    writer.write(encode(Control(ControlType.FINISH)))
                    await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            writer.close()
