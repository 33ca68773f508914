"""uvicorn on the kernel's loop."""

import contextlib
import logging
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import anyio
import uvicorn

from microdns.clock import Clock
from microdns.tls import Certificate
from microdns_rest.config import RestConfig
from microdns_rest.metrics import RestMetrics
from microdns_rest.protocol import limited
from microdns_rest.websocket import MESSAGE_BYTES_MAX

GRACE_SECONDS = 3
"""How long requests under way may still take at the stop; streams end at once."""
KEEP_ALIVE_SECONDS = 30


class EmbeddedServer(uvicorn.Server):
    """A server that leaves the process's signals alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Server:
    """Serves an ASGI application on sockets until cancelled."""

    def __init__(
        self,
        application: Any,
        config: RestConfig,
        metrics: RestMetrics,
        clock: Clock,
        log: logging.Logger,
        end_streams: Callable[[], None],
    ) -> None:
        self._certificate = None
        if config.tls_certificate is not None and config.tls_key is not None:
            self._certificate = Certificate(config.tls_certificate, config.tls_key, ["http/1.1"])
        self._config = uvicorn.Config(
            application,
            loop="none",
            http=limited(config, metrics),
            ws="websockets-sansio",
            ws_max_size=MESSAGE_BYTES_MAX,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        self._clock = clock
        self._log = log
        self._end_streams = end_streams

    async def serve(self, sockets: Sequence[socket.socket]) -> None:
        """Answer until cancelled, then let requests under way finish."""
        self._config.load()
        if self._certificate is not None:
            self._config.ssl = self._certificate.context
        server = EmbeddedServer(self._config)
        async with anyio.create_task_group() as tasks:
            # Shielded: uvicorn ends by its own flag, so that responses are not torn off.
            tasks.start_soon(self._serve_shielded, server, list(sockets))
            try:
                if self._certificate is not None:
                    await self._certificate.follow(self._clock, self._log)
                await anyio.sleep_forever()
            finally:
                server.should_exit = True
                self._end_streams()

    async def _serve_shielded(self, server: uvicorn.Server, sockets: list[socket.socket]) -> None:
        with anyio.CancelScope(shield=True):
            await server.serve(sockets=sockets)
