"""Wiring of the gRPC interface."""

import socket
import ssl
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from microdns.access import Authenticator
from microdns.config.fields import format_address
from microdns.errors import Problem
from microdns.network import is_loopback
from microdns.plugin import Plugin, PluginContext, Section, hookimpl
from microdns_grpc import logevents
from microdns_grpc.config import GrpcConfig

if TYPE_CHECKING:
    from microdns_grpc.server import Server


class GrpcPlugin(Plugin):
    """Every plugin's operations over gRPC."""

    name = "grpc"
    summary = "gRPC interface"
    section = Section("api.grpc", GrpcConfig)

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []

    @hookimpl
    def microdns_check(self, config: GrpcConfig) -> Iterable[Problem]:
        if config.tls_certificate is None or config.tls_key is None:
            return
        from microdns.tls import Certificate

        try:
            Certificate(config.tls_certificate, config.tls_key)
        except (OSError, ssl.SSLError) as error:
            yield Problem("tls_certificate", f"can't be used with tls_key: {error}")

    @hookimpl
    async def microdns_setup(self, context: PluginContext[GrpcConfig]) -> None:
        # Imported here: what it is made with takes longer to import than the kernel to start.
        from microdns_grpc.assembly import assembled

        self._context = context
        self._server: Server = assembled(context, context.services.require(Authenticator))

    @hookimpl
    async def microdns_listen(self) -> None:
        for address in self._context.config.listen:
            self._sockets.append(self._context.network.bind_tcp(address))
        self._warn_if_open()

    def _warn_if_open(self) -> None:
        context = self._context
        reached = [each for each in context.config.listen if not is_loopback(each)]
        if reached and context.services.require(Authenticator).is_open():
            logevents.OPEN(
                context.log,
                "there is no key, so whoever reaches %s may do everything (microdns key create)",
                ", ".join(map(format_address, reached)),
            )

    @hookimpl
    async def microdns_run(self) -> None:
        if not self._sockets:  # after a crash: the server closes what it was given
            await self.microdns_listen()
        given, self._sockets = self._sockets, []
        await self._server.serve(given)

    @hookimpl
    async def microdns_stop(self) -> None:
        while self._sockets:
            self._sockets.pop().close()

    @hookimpl
    def microdns_status(self) -> Mapping[str, object]:
        secure = self._context.config.tls_certificate is not None
        return {"listen": list(map(format_address, self._context.config.listen)), "tls": secure}
