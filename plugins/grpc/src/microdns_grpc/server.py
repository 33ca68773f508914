"""gRPC on the kernel's loop."""

import asyncio
import logging
import socket
from collections.abc import Sequence

import anyio

from microdns.clock import Clock
from microdns.tls import Certificate
from microdns_grpc.calls import Calls
from microdns_grpc.config import GrpcConfig
from microdns_grpc.connections import BoundedConnection
from microdns_grpc.metrics import GrpcMetrics

GRACE_SECONDS = 3.0
"""How long calls under way may still take at the stop."""
SWEEP_EVERY_SECONDS = 5.0


class Server:
    """Serves calls on sockets until cancelled."""

    def __init__(
        self,
        calls: Calls,
        config: GrpcConfig,
        metrics: GrpcMetrics,
        clock: Clock,
        log: logging.Logger,
    ) -> None:
        self._certificate = None
        if config.tls_certificate is not None and config.tls_key is not None:
            self._certificate = Certificate(config.tls_certificate, config.tls_key, ["h2"])
        self._calls = calls
        self._config = config
        self._metrics = metrics
        self._clock = clock
        self._log = log
        self._connections: set[BoundedConnection] = set()
        # It tells of each call that fails; we have counted those, and logged what matters.
        logging.getLogger("grpclib").setLevel(logging.CRITICAL)

    async def serve(self, sockets: Sequence[socket.socket]) -> None:
        """Answer until cancelled, then let calls under way finish."""
        self._calls.begin()
        servers: list[asyncio.Server] = []
        try:
            for each in sockets:
                servers.append(await self._listening(each))
            async with anyio.create_task_group() as tasks:
                if self._certificate is not None:
                    tasks.start_soon(self._certificate.follow, self._clock, self._log)
                await self._sweep()
        finally:
            for server in servers:
                server.close()
            for each in sockets:
                each.close()
            with anyio.CancelScope(shield=True):
                await self._end()

    async def _listening(self, opened: socket.socket) -> asyncio.Server:
        secure = self._certificate is not None
        return await asyncio.get_running_loop().create_server(
            self._connection,
            sock=opened,
            ssl=None if self._certificate is None else self._certificate.context,
            ssl_handshake_timeout=self._config.receive_timeout_secs if secure else None,
        )

    def _connection(self) -> BoundedConnection:
        return BoundedConnection(self._calls, self._config, self._metrics, self._connections)

    async def _sweep(self) -> None:
        """Close connections that nobody uses."""
        while True:
            await self._clock.sleep(SWEEP_EVERY_SECONDS)
            for connection in list(self._connections):
                connection.sweep(self._clock.monotonic())

    async def _end(self) -> None:
        """End streams at once, other calls in their own time, and then the connections."""
        self._calls.stop()
        with anyio.move_on_after(GRACE_SECONDS):
            await self._calls.finished()
        handlers = [connection.handler for connection in self._connections]
        for connection in list(self._connections):
            connection.close()
        with anyio.move_on_after(1):
            for handler in handlers:
                await handler.wait_closed()
