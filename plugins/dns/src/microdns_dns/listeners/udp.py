"""UDP: read what is there, answer it, and never wait."""

import asyncio
import socket
from typing import Final

from microdns_dns.listeners.datagrams import RECEIVE_MAX, Ancillary, local_of, open_datagrams
from microdns_dns.listeners.inflight import Done, Inflight
from microdns_dns.message import Address, Transport
from microdns_dns.metrics import DnsMetrics
from microdns_dns.responder import Late, Many, Responder

BATCH: Final = 64
"""Datagrams that are answered before other tasks of the loop get their turn."""


class UdpListener:
    """One socket, served by the event loop until it is closed."""

    def __init__(
        self,
        opened: socket.socket,
        responder: Responder,
        inflight: Inflight,
        metrics: DnsMetrics,
        query_size_max: int = RECEIVE_MAX,
    ) -> None:
        self._size_max = query_size_max
        self._datagrams = open_datagrams(opened)
        self._responder = responder
        self._inflight = inflight
        self._metrics = metrics
        self._loop = asyncio.get_running_loop()
        self._open = True
        self._loop.add_reader(opened.fileno(), self._drain)

    def close(self) -> None:
        """Stop answering; answers that are still awaited go nowhere."""
        if self._open:
            self._open = False
            self._loop.remove_reader(self._datagrams.socket.fileno())
            self._datagrams.socket.close()

    def _drain(self) -> None:
        receive, respond, send = self._datagrams.receive, self._responder.respond, self._send
        taps = self._responder.taps
        for _ in range(BATCH):
            try:
                packet, client, ancillary = receive()
            except BlockingIOError:
                return
            except OSError:
                self._metrics.receive_errors.inc()
                return
            if len(packet) > self._size_max:
                self._metrics.dropped_oversize.inc()
                continue
            local = None if taps.tap is None else self._local(ancillary)
            response = respond(packet, client, Transport.UDP, local)
            if isinstance(response, bytes):
                send(response, client, ancillary)
            elif isinstance(response, Late):
                self._inflight.start(response, self._later(client, ancillary))

    def _local(self, ancillary: Ancillary) -> Address | None:
        """The address that was asked, where the listener has many."""
        host = local_of(ancillary)
        return None if host is None else (host, self._responder.bound[1])

    def _later(self, client: Address, ancillary: Ancillary) -> Done:
        def done(octets: bytes | Many | None) -> None:
            if isinstance(octets, bytes) and self._open:
                self._send(octets, client, ancillary)

        return done

    def _send(self, octets: bytes, client: Address, ancillary: Ancillary) -> None:
        """Send now or never: a full socket means that nobody takes answers as fast as we give
        them, and whoever misses one asks again."""
        try:
            self._datagrams.send(octets, client, ancillary)
        except OSError:
            self._metrics.dropped_unsent.inc()
