"""Keeps a reader connected, and writes to it what the tap has.

It never waits with anything in hand but one chunk: what comes meanwhile stays in the tap's rings,
and what finds no room there is dropped and counted by those who write them.
"""

import contextlib
import logging
import random
import socket
from pathlib import Path
from typing import Final

import anyio
from anyio.lowlevel import checkpoint

from microdns.clock import Clock
from microdns.lifecycle.backoff import Backoff
from microdns_dns.taps import Tap
from microdns_dnstap import logevents
from microdns_dnstap.frames import (
    CONTENT_TYPE,
    CONTROL_MAX,
    Control,
    ControlReader,
    ControlType,
    Malformed,
    encode,
)
from microdns_dnstap.metrics import DnstapMetrics

CHUNK_BYTES: Final = 256 << 10
"""Written at one time, unless one frame has more."""
GATHER_SECONDS: Final = 0.02
"""From the first message that waits to its being written, so that others come along."""
HANDSHAKE_SECONDS: Final = 5.0
FINISH_SECONDS: Final = 1.0
"""For what is left and the reader's FINISH when the plugin stops."""
RETRY_FIRST_SECONDS: Final = 0.25
RETRY_MOST_SECONDS: Final = 10.0
CALM_SECONDS: Final = 10.0
"""A connection that lasted so long is tried again at once, nearly."""

GONE = (OSError, anyio.EndOfStream, TimeoutError, Malformed)
"""What ends a connection, or keeps it from being made."""


class _Conversation:
    """A connection: what is being written, and what the reader has said.

    Each method raises one of ``GONE``.  One that is cancelled leaves off where it was, so that
    ``flush`` may go on later.
    """

    def __init__(self, opened: socket.socket) -> None:
        self._socket = opened
        self._rest = memoryview(b"")
        self._reader = ControlReader()
        self._said: list[Control] = []

    async def greet(self) -> None:
        """Agree on what is sent."""
        await self.say(ControlType.READY, CONTENT_TYPE)
        answer = await self.hear()
        if answer.type is not ControlType.ACCEPT or not answer.accepts(CONTENT_TYPE):
            raise Malformed("the reader takes no dnstap")
        await self.say(ControlType.START, CONTENT_TYPE)

    async def hear(self) -> Control:
        """The next control frame."""
        while not self._said:
            self._said += self._reader.feed(await self._receive())
        return self._said.pop(0)

    async def say(self, type_: ControlType, *content_types: bytes) -> None:
        """Write a control frame; nothing else must be left to write."""
        self.put(encode(Control(type_, content_types)))
        await self.flush()

    def put(self, octets: bytes) -> None:
        """What ``flush`` writes; nothing else must be left to write."""
        self._rest = memoryview(octets)

    async def flush(self) -> None:
        """Write what is left."""
        while self._rest:
            try:
                self._rest = self._rest[self._socket.send(self._rest) :]
            except BlockingIOError:
                await anyio.wait_writable(self._socket)

    def close(self) -> None:
        self._socket.close()

    async def _receive(self) -> bytes:
        while True:
            try:
                received = self._socket.recv(CONTROL_MAX)
            except BlockingIOError:
                await anyio.wait_readable(self._socket)
                continue
            if not received:
                raise anyio.EndOfStream
            return received


class Sender:
    """Writes a tap's frames to whoever listens at ``path``."""

    def __init__(
        self,
        path: Path,
        tap: Tap,
        metrics: DnstapMetrics,
        clock: Clock,
        source: random.Random,
        log: logging.Logger,
    ) -> None:
        self._path = path
        self._tap = tap
        self._metrics = metrics
        self._clock = clock
        self._backoff = Backoff(source, RETRY_FIRST_SECONDS, RETRY_MOST_SECONDS, CALM_SECONDS)
        self._log = log
        self._complained = False
        self._in_hand = 0, 0
        """Frames that were taken and are not written, and their octets."""

    async def run(self) -> None:
        """Connect and write, again and again, until cancelled."""
        while True:
            began = self._clock.monotonic()
            talk = await self._connect()
            if talk is not None:
                await self._serve(talk)
            await self._clock.sleep(self._backoff.failed(self._clock.monotonic() - began))

    async def _connect(self) -> _Conversation | None:
        """A reader that is ready, or None."""
        opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        opened.setblocking(False)
        talk = _Conversation(opened)
        try:
            opened.connect(str(self._path))
            with anyio.fail_after(HANDSHAKE_SECONDS):
                await talk.greet()
        except GONE as error:
            talk.close()
            self._complain(error)
            return None
        except BaseException:
            talk.close()
            raise
        return talk

    async def _serve(self, talk: _Conversation) -> None:
        """Write until the reader goes, or until cancelled: then the stream is ended properly."""
        self._complained = False
        self._metrics.connected.set(1)
        self._metrics.connections.inc()
        logevents.CONNECTED(self._log, "connected to %s", self._path, socket=str(self._path))
        try:
            await self._pump_while_heard(talk)
            logevents.LOST(self._log, "reader at %s has gone", self._path, socket=str(self._path))
        except anyio.get_cancelled_exc_class():
            with anyio.move_on_after(FINISH_SECONDS, shield=True):
                await self._finish(talk)
            raise
        finally:
            talk.close()
            self._metrics.connected.set(0)
            self._metrics.lose(self._in_hand[0])
            self._in_hand = 0, 0

    async def _pump_while_heard(self, talk: _Conversation) -> None:
        """Write until writing or reading fails; the reader has nothing to say before STOP."""
        async with anyio.create_task_group() as tasks:

            async def listen() -> None:
                with contextlib.suppress(*GONE):
                    await talk.hear()
                tasks.cancel_scope.cancel()

            tasks.start_soon(listen)
            with contextlib.suppress(*GONE):
                while True:
                    await self._tap.wait()
                    await self._clock.sleep(GATHER_SECONDS)
                    await self._write(talk)
            tasks.cancel_scope.cancel()

    async def _write(self, talk: _Conversation) -> None:
        """What was begun, and all that there is now; raises one of ``GONE``."""
        while True:
            await talk.flush()
            self._metrics.frames.inc(self._in_hand[0])
            self._metrics.octets.inc(self._in_hand[1])
            self._in_hand = 0, 0
            octets, frames = self._tap.take(CHUNK_BYTES)
            if not frames:
                return
            self._in_hand = frames, len(octets)
            talk.put(octets)
            await checkpoint()  # a reader that is fast enough must not keep us from all else

    async def _finish(self, talk: _Conversation) -> None:
        """Write what is left, say so, and hear that it was read."""
        with contextlib.suppress(*GONE):
            await self._write(talk)
            await talk.say(ControlType.STOP)
            while (await talk.hear()).type is not ControlType.FINISH:
                pass

    def _complain(self, error: BaseException) -> None:
        """Say that nobody is there, once until somebody is."""
        if not self._complained:
            self._complained = True
            why = str(error) or type(error).__name__
            path = str(self._path)
            logevents.UNREACHABLE(self._log, "no reader at %s: %s", path, why, socket=path)
