"""UDP through the engine: threads answer, and what they leave comes up to the event loop."""

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Callable
from typing import Final

from microdns.patience import wait_in_parts
from microdns_dns.engine.core import Engine
from microdns_dns.engine.turns import shorten_slice
from microdns_dns.engine.worker import Worker, local_of
from microdns_dns.listeners.datagrams import open_datagrams
from microdns_dns.listeners.inflight import Done, Inflight
from microdns_dns.message import Address, Transport
from microdns_dns.metrics import DnsMetrics
from microdns_dns.responder import Late, Many, Responder, Response

BATCH: Final = 64
"""Messages of a thread that are taken up before other tasks of the loop get their turn."""
JOIN_SECONDS: Final = 2.0
SLICE_NANOSECONDS: Final = 100_000
"""What a thread asks the kernel for: the shortest there is, so that a query waits for nobody."""


class EngineUdpListener:
    """One address, served by threads, each with a socket of its own, from start to close."""

    def __init__(
        self,
        engine: Engine,
        sockets: list[socket.socket],
        responder: Responder,
        inflight: Inflight,
        metrics: DnsMetrics,
        stopped: Callable[[Worker], None],
        *,
        query_size_max: int,
        upward_max: int,
    ) -> None:
        self._sockets = [open_datagrams(opened).socket for opened in sockets]
        self._responder = responder
        self._inflight = inflight
        self._metrics = metrics
        self._stopped = stopped
        self._loop = asyncio.get_running_loop()
        self._wake_fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self.workers = [
            Worker(
                engine,
                [opened],
                self._wake_fd,
                query_size_max=query_size_max,
                upward_max=upward_max,
            )
            for opened in self._sockets
        ]
        self._threads = [
            threading.Thread(target=_run, args=(worker,), name=f"dns-udp-{number}", daemon=True)
            for number, worker in enumerate(self.workers)
        ]
        self._open = True
        self._loop.add_reader(self._wake_fd, self._drain)
        for worker in self.workers:
            responder.taps.add(worker)

    def start(self) -> None:
        """Answer from now on."""
        for thread in self._threads:
            thread.start()

    def set_reach(self, reach: int, plan: int) -> None:
        """What the threads answer by themselves; see ``Worker.set_reach``."""
        for worker in self.workers:
            worker.set_reach(reach, plan)

    def close(self) -> None:
        """Stop answering; answers that are still awaited go nowhere."""
        if not self._open:
            return
        self._open = False
        self._loop.remove_reader(self._wake_fd)
        for worker in self.workers:
            worker.stop()
        for worker, thread in zip(self.workers, self._threads, strict=True):
            wait_in_parts(thread.join, JOIN_SECONDS)
            self._stopped(worker)
            self._responder.taps.remove(worker)
            if not thread.is_alive():  # a thread is never left with what was closed
                worker.close()
        for opened in self._sockets:
            opened.close()
        os.close(self._wake_fd)

    def _drain(self) -> None:
        if not self._open:
            return
        with contextlib.suppress(BlockingIOError):  # a turn that was asked for here
            os.eventfd_read(self._wake_fd)
        self._responder.taps.wake()
        more = False
        for worker in self.workers:
            messages = worker.take(BATCH)
            more = more or len(messages) == BATCH
            for packet, client, token in messages:
                response = self._respond(packet, client, token)
                if isinstance(response, bytes):
                    self._send(worker, response, token)
                elif isinstance(response, Late):
                    self._inflight.start(response, self._later(worker, token))
        if more:
            self._loop.call_soon(self._drain)

    def _respond(self, packet: bytes, client: Address, token: bytes) -> Response:
        local = None if self._responder.taps.tap is None else self._local(token)
        return self._responder.respond(packet, client, Transport.UDP, local)

    def _local(self, token: bytes) -> Address | None:
        """The address that was asked, where the listener has many."""
        found = local_of(token)
        return None if found is None else (found, self._responder.bound[1])

    def _later(self, worker: Worker, token: bytes) -> Done:
        def done(octets: bytes | Many | None) -> None:
            if isinstance(octets, bytes) and self._open:
                self._send(worker, octets, token)

        return done

    def _send(self, worker: Worker, octets: bytes, token: bytes) -> None:
        """Send now or never: whoever misses an answer asks again."""
        try:
            worker.send(octets, token)
        except OSError:
            self._metrics.dropped_unsent.inc()


def _run(worker: Worker) -> None:
    """What a thread does: its processor it gets from changes of zones as soon as a query comes."""
    shorten_slice(SLICE_NANOSECONDS)
    worker.run()
