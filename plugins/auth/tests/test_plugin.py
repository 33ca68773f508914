"""The plugin in a kernel: declared zones, answers, metrics, status, start and stop."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, closing
from pathlib import Path

import dns.asyncquery
import dns.message
import dns.rcode
import pytest
from plugins.auth.tests.asking import address, ask

from microdns.lifecycle.kernel import Kernel
from microdns.lifecycle.record import PluginState
from microdns.network import SystemNetwork
from microdns.operations import Call
from microdns.testing import check_plugin, run_kernel
from microdns_auth.plugin import AuthPlugin
from microdns_dns.model import ZONES
from microdns_dns.protocol import RRType
from microdns_dns.repository import Add, Draft, ZoneRepository

pytestmark = pytest.mark.anyio

Run = Callable[..., AbstractAsyncContextManager[Kernel]]
CONFIG = """
[dns.auth]
enabled = true
listen = "127.0.0.1:0"
zones = ["example.com", "1.168.192.in-addr.arpa"]
"""


async def test_keeps_to_the_kernels_contract() -> None:
    await check_plugin(AuthPlugin(), CONFIG)


async def test_declared_zones_are_there_with_an_soa(running_kernel: Run) -> None:
    async with running_kernel([AuthPlugin()], CONFIG) as kernel:
        assert (await ask(kernel, "example.com", "SOA")).startswith("NOERROR ns1.example.com.")
        assert await ask(kernel, "1.1.168.192.in-addr.arpa", "PTR") == "NXDOMAIN"
        assert await ask(kernel, "example.org") == "REFUSED"
        zone = kernel.services.require(ZoneRepository).zone("example.com")
        assert zone.source == "config"


async def test_a_change_is_answered_when_it_is_acknowledged(running_kernel: Run) -> None:
    async with running_kernel([AuthPlugin()], CONFIG) as kernel:
        repository = kernel.services.require(ZoneRepository)
        draft = Draft("www", RRType.A, b"\xc0\0\2\1")
        await repository.change(Call(), "example.com", [Add(draft)])
        assert await ask(kernel, "www.example.com") == "NOERROR 192.0.2.1"
        assert await ask(kernel, "www.example.com", tcp=True) == "NOERROR 192.0.2.1"


async def test_a_zone_that_is_declared_no_longer_goes(tmp_path: Path) -> None:
    async with run_kernel([AuthPlugin()], CONFIG, folder=tmp_path) as kernel:
        assert len(list(kernel.services.require(ZoneRepository).store.scan(ZONES))) == 2
    fewer = CONFIG.replace('"example.com", ', "")
    async with run_kernel([AuthPlugin()], fewer, folder=tmp_path) as kernel:
        assert await ask(kernel, "example.com", "SOA") == "REFUSED"
        assert (await ask(kernel, "1.168.192.in-addr.arpa", "SOA")).startswith("NOERROR")


async def test_transfers_are_refused(running_kernel: Run) -> None:
    async with running_kernel([AuthPlugin()], CONFIG) as kernel:
        assert await ask(kernel, "example.com", "AXFR") == "NOTIMP"
        assert await ask(kernel, "example.com", "IXFR") == "REFUSED"
        assert await ask(kernel, "example.org", "IXFR") == "NOTAUTH"
        assert await ask(kernel, "www.example.com", "IXFR") == "NOTAUTH"
        host, port = address(kernel)
        reader, writer = await asyncio.open_connection(host, port)
        with closing(writer):
            query = dns.message.make_query("example.com", "AXFR").to_wire()
            writer.write(len(query).to_bytes(2, "big") + query)
            size = int.from_bytes(await reader.readexactly(2), "big")
            message = dns.message.from_wire(await reader.readexactly(size))
        assert message.rcode() == dns.rcode.REFUSED


async def test_other_classes_are_refused(running_kernel: Run) -> None:
    async with running_kernel([AuthPlugin()], CONFIG) as kernel:
        host, port = address(kernel)
        for rdclass in ("CH", "ANY", "HS"):
            query = dns.message.make_query("example.com", "SOA", rdclass)
            message = await dns.asyncquery.udp(query, host, port=port, timeout=60)
            assert message.rcode() == dns.rcode.REFUSED


async def test_queries_are_counted_by_zone_and_outcome(running_kernel: Run) -> None:
    async with running_kernel([AuthPlugin()], CONFIG) as kernel:
        await ask(kernel, "example.com", "SOA")
        await ask(kernel, "no.example.com")
        await ask(kernel, "no.example.com")
        await ask(kernel, "example.org")
        counted = {
            sample.labels: sample.value
            for metric in kernel.metrics
            if metric.name == "microdns_auth_queries_total"
            for sample in metric.samples()
        }
        assert counted == {("example.com", "hit"): 1, ("example.com", "nxdomain"): 2}


async def test_stopping_closes_the_port_and_starting_opens_it(running_kernel: Run) -> None:
    async with running_kernel([AuthPlugin()], CONFIG) as kernel:
        host, port = address(kernel)
        await kernel.stop_plugin("auth")
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(host, port)
        await kernel.start_plugin("auth")
        assert (await ask(kernel, "example.com", "SOA")).startswith("NOERROR")


async def test_an_address_that_cannot_be_had_fails_the_plugin_with_a_clear_text(
    running_kernel: Run,
) -> None:
    config = CONFIG.replace('"127.0.0.1:0"', '["127.0.0.1:0", "192.0.2.1:53"]')
    network = SystemNetwork()
    async with running_kernel([AuthPlugin()], config, network=network) as kernel:
        record = kernel.records["auth"]
        assert record.state is PluginState.FAILED
        assert "can't listen on 192.0.2.1:53: no interface of this machine" in record.error
        assert kernel.records["dns"].state is PluginState.RUNNING
