"""Unary calls a second: ours, and Google's Python server answering octets, by the same client.

Client and servers are processes of their own.  The client is grpcio with so many calls under way;
what it takes itself is in both figures, so that their ratio says the most.
"""

import argparse
import asyncio
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc.aio
import uvloop

from microdns.operations import Call
from microdns.testing import LoopbackNetwork, run_kernel
from microdns_dns.plugin import DnsPlugin
from microdns_grpc.generated.microdns import v1
from microdns_grpc.plugin import GrpcPlugin

CONFIG = "[api.grpc]\nenabled = true\nclient_requests_per_second = 0\n"
GET = "/microdns.v1.ZoneService/GetZone"
HEALTH = "/microdns.v1.HealthService/GetHealthStatus"
CREATE = "/microdns.v1.RecordService/CreateRecord"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--under-way", type=int, default=32)
    options = parser.parse_args()
    for name, serve, paths in (("microdns", serve_ours, OURS), ("grpcio", serve_peer, PEERS)):
        port = multiprocessing.Queue()  # type: ignore[var-annotated]  # of one number
        child = multiprocessing.Process(target=serve, args=(port,), daemon=True)
        child.start()
        target = f"127.0.0.1:{port.get(timeout=30)}"
        for what, (path, body) in paths.items():
            for under_way in (1, options.under_way):
                rate = asyncio.run(calls(target, path, body, under_way, options.seconds))
                sys.stdout.write(f"{name}: {what}: {rate:,.0f} calls/s, {under_way} under way\n")
                sys.stdout.flush()
        child.terminate()
        child.join()
    return 0


def _record(number: int) -> bytes:
    data = '{"type": "A", "data": "192.0.2.1"}'
    return bytes(v1.CreateRecordRequest("example.com", f"h{number}", data))


def _same(octets: bytes) -> Callable[[int], bytes]:
    return lambda _number: octets


OURS: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "health": (HEALTH, _same(b"")),
    "get a zone": (GET, _same(bytes(v1.GetZoneRequest("example.com")))),
    "create a record, durable": (CREATE, lambda _number: _record(time.monotonic_ns())),
}
PEERS: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "echo of octets": (GET, _same(bytes(v1.GetZoneRequest("example.com")))),
}


async def calls(
    target: str, path: str, body: Callable[[int], bytes], under_way: int, seconds: float
) -> float:
    """Calls a second, so many at a time."""
    done = 0
    async with grpc.aio.insecure_channel(target) as channel:
        call = channel.unary_unary(path)
        await call(body(0))
        end = time.perf_counter() + seconds

        async def one_after_the_other() -> None:
            nonlocal done
            while time.perf_counter() < end:
                await call(body(done))
                done += 1

        await asyncio.gather(*(one_after_the_other() for _ in range(under_way)))
    return done / seconds


def serve_ours(port: Any) -> None:
    """The gRPC interface with a zone."""

    async def run() -> None:
        network = LoopbackNetwork()
        with tempfile.TemporaryDirectory() as folder:
            plugins = [GrpcPlugin(), DnsPlugin()]
            async with run_kernel(plugins, CONFIG, folder=Path(folder), network=network) as kernel:
                await kernel.operations.call("zone.create", {"name": "example.com"}, Call())
                port.put(network.bound[("0.0.0.0", 50051)][1])
                await asyncio.sleep(3600)

    uvloop.run(run())


def serve_peer(port: Any) -> None:
    """grpcio's own server for asyncio, whose handler gives back what it gets."""

    async def echo(octets: bytes, _context: Any) -> bytes:
        return octets

    async def run() -> None:
        server = grpc.aio.server()
        handler = grpc.unary_unary_rpc_method_handler(echo)
        service, _, method = GET.strip("/").partition("/")
        handlers = grpc.method_handlers_generic_handler(service, {method: handler})
        server.add_generic_rpc_handlers((handlers,))
        port.put(server.add_insecure_port("127.0.0.1:0"))
        await server.start()
        await server.wait_for_termination()

    asyncio.run(run())


if __name__ == "__main__":
    raise SystemExit(main())
