"""A running kernel with the gRPC plugin, and Google's client of it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc.aio

from microdns.clock import Clock
from microdns.lifecycle.kernel import Kernel
from microdns.plugin import Plugin
from microdns.testing import LoopbackNetwork, run_kernel
from microdns_grpc.generated.microdns import v1
from microdns_grpc.methods import methods
from microdns_grpc.plugin import GrpcPlugin

Metadata = Sequence[tuple[str, str]]


class Client:
    """grpcio, with our messages; the key goes along with each call."""

    def __init__(self, channel: grpc.aio.Channel, key: str | None = None) -> None:
        self.channel = channel
        self.metadata: list[tuple[str, str]] = [] if key is None else [("x-api-key", key)]

    async def raw(self, path: str, octets: bytes, **more: Any) -> bytes:
        """A unary call of octets."""
        more.setdefault("metadata", self.metadata)
        more.setdefault("timeout", 60)
        answered: bytes = await self.channel.unary_unary(path)(octets, **more)
        return answered

    async def call(self, name: str, message: Any = None, **more: Any) -> Any:
        """A unary call of a method of ours (``ZoneService/ListZones``)."""
        method = methods()[name]
        message = method.request.kind() if message is None else message
        answered = await self.raw(method.path, bytes(message), **more)
        return method.reply.kind.parse(answered)

    def stream(self, name: str, message: Any, **more: Any) -> Any:
        """A method of ours that streams."""
        method = methods()[name]
        more.setdefault("metadata", self.metadata)
        opened = self.channel.unary_stream(
            method.path, request_serializer=bytes, response_deserializer=method.reply.kind.parse
        )
        return opened(message, **more)

    async def operation(self, name: str, input_json: str = "", **more: Any) -> str:
        """Any operation; its output as JSON."""
        asked = v1.CallRequest(name=name, input_json=input_json)
        answered = await self.call("OperationService/Call", asked, **more)
        output: str = answered.output_json
        return output


class Served:
    """A running kernel with the gRPC plugin, and a client of it."""

    def __init__(self, kernel: Kernel, client: Client, address: tuple[str, int]) -> None:
        self.kernel = kernel
        self.client = client
        self.address = address

    def metric(self, name: str) -> dict[tuple[str, ...], Any]:
        """A metric's values by its labels."""
        for metric in self.kernel.metrics:
            if metric.name == name:
                return {tuple(each.labels): each.value for each in metric.samples()}
        raise AssertionError(f"there is no metric {name}")


@asynccontextmanager
async def serving(
    config: str = "",
    plugins: Sequence[Plugin] = (),
    *,
    key: str | None = None,
    folder: Path | None = None,
    clock: Clock | None = None,
    network: LoopbackNetwork | None = None,
    authority: bytes | None = None,
) -> AsyncIterator[Served]:
    """A kernel with the gRPC plugin, these plugins, and the section's ``config``.

    With ``authority`` (a certificate), the client speaks TLS.
    """
    network = network or LoopbackNetwork()
    text = f"[api.grpc]\nenabled = true\n{config}"
    all_plugins = [GrpcPlugin(), *plugins]
    async with run_kernel(all_plugins, text, folder=folder, clock=clock, network=network) as kernel:
        address = network.bound[("0.0.0.0", 50051)]
        async with opened(address, authority) as channel:
            yield Served(kernel, Client(channel, key), address)


@asynccontextmanager
async def opened(
    address: tuple[str, int], authority: bytes | None = None
) -> AsyncIterator[grpc.aio.Channel]:
    """grpcio's channel; each is a connection of its own."""
    target = "{}:{}".format(*address)
    options = [("grpc.use_local_subchannel_pool", 1)]
    if authority is None:
        channel = grpc.aio.insecure_channel(target, options=options)
    else:
        credentials = grpc.ssl_channel_credentials(authority)
        options.append(("grpc.ssl_target_name_override", "localhost"))  # type: ignore[arg-type]  # text is meant
        channel = grpc.aio.secure_channel(target, credentials, options=options)
    async with channel:
        yield channel
