"""Clients for tests of listeners, and listeners to talk to."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Self

import dns.message

from microdns.clock import Clock
from microdns.network import Address, Network
from microdns.testing import LoopbackNetwork
from microdns_dns.config import DnsConfig
from microdns_dns.listeners import Listeners
from microdns_dns.metrics import DnsMetrics
from microdns_dns.plan import Stage
from microdns_dns.view import Views

SECONDS_MAX = 60.0
"""Nothing here takes as long, unless it is broken: not on a machine that stands still at times."""


class Server:
    """Listeners on one address."""

    def __init__(self, listeners: Listeners, metrics: DnsMetrics, address: Address) -> None:
        self.listeners = listeners
        self.metrics = metrics
        self.address = address
        self._clients: list[TcpClient] = []

    def sweep(self) -> None:
        """What ``Listeners.run`` does every second."""
        self.listeners._connections.sweep()

    async def connect(self) -> "TcpClient":
        """A client that is closed when the test is over, if not before."""
        client = TcpClient(*await asyncio.open_connection(*self.address))
        self._clients.append(client)
        return client

    async def close(self) -> None:
        """End the clients and the listeners."""
        for client in self._clients:
            client.close()
        await self.listeners.close()


@asynccontextmanager
async def serving(
    stage: Stage,
    clock: Clock,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    network: Network | None = None,
    **settings: float,
) -> AsyncIterator[Server]:
    """A stage, listening on a free port; the test's network knows it as ``port``."""
    listeners, metrics = new_listeners(clock, network, **settings)
    listening = await listeners.listen([(host, port)], stage)
    server = Server(listeners, metrics, listening.addresses[0])
    try:
        yield server
    finally:
        await server.close()


def new_listeners(
    clock: Clock, network: Network | None = None, **settings: float
) -> tuple[Listeners, DnsMetrics]:
    metrics = DnsMetrics(Views())
    log = logging.getLogger("tests.listeners")
    config = DnsConfig(**settings)  # type: ignore[arg-type] # settings are integers or floats
    return Listeners(config, network or LoopbackNetwork(), clock, metrics, log), metrics


def query(id: int = 1, name: str = "www.example.com", rdtype: str = "A") -> bytes:
    return dns.message.make_query(name, rdtype, id=id).to_wire()


def framed(*messages: bytes) -> bytes:
    return b"".join(len(message).to_bytes(2, "big") + message for message in messages)


class UdpClient:
    """A datagram socket; connected, so that only answers from the address asked arrive."""

    def __init__(self, address: Address) -> None:
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.connect(socket.getaddrinfo(*address, type=socket.SOCK_DGRAM)[0][4])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def own_address(self) -> Address:
        """Where its datagrams come from."""
        address: Address = self._socket.getsockname()
        return address

    async def ask(self, message: bytes) -> bytes:
        self.send(message)
        return await self.receive()

    def send(self, message: bytes) -> None:
        self._socket.send(message)

    async def receive(self) -> bytes:
        loop = asyncio.get_running_loop()
        return await asyncio.wait_for(loop.sock_recv(self._socket, 65535), SECONDS_MAX)

    def close(self) -> None:
        self._socket.close()


class TcpClient:
    """A connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def send(self, *messages: bytes) -> None:
        self.writer.write(framed(*messages))

    async def receive(self) -> bytes:
        async with asyncio.timeout(SECONDS_MAX):
            size = int.from_bytes(await self.reader.readexactly(2), "big")
            return await self.reader.readexactly(size)

    async def receive_id(self) -> int:
        return int.from_bytes((await self.receive())[:2], "big")

    async def ended(self) -> bool:
        """Wait until the server ends the connection; whether it did so without another octet."""
        try:
            async with asyncio.timeout(SECONDS_MAX):
                return await self.reader.read() == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        self.writer.transport.abort()


async def until(condition: Callable[[], bool], seconds: float = SECONDS_MAX) -> None:
    """Wait for something that the loop is about to do."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 (nothing tells when a socket has been read)
            await asyncio.sleep(0.001)
