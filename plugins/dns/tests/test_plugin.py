"""The foundation in a kernel: its services, its status, start and stop."""

import pytest
from plugins.dns.tests.listeners.wire import UdpClient, query
from plugins.dns.tests.stages import FailingStage, FixedStage

from microdns.operations import Call
from microdns.testing import check_plugin, run_kernel
from microdns_dns.engine import reason_missing
from microdns_dns.listeners import Listeners
from microdns_dns.plugin import DnsPlugin
from microdns_dns.repository import ZoneRepository
from microdns_dns.view import Views

pytestmark = pytest.mark.anyio


async def test_keeps_to_the_kernels_contract() -> None:
    await check_plugin(DnsPlugin(), "[dns]\nudp_payload_max = 1400\n")


async def test_its_services_are_there_and_status_tells_of_them() -> None:
    async with run_kernel([DnsPlugin()]) as kernel:
        repository = kernel.services.require(ZoneRepository)
        await repository.create_zone(Call(), repository.new_zone("example.com"))
        assert kernel.services.require(Views).zone("example.com") is not None
        listening = await kernel.services.require(Listeners).listen(
            [("127.0.0.1", 0)], FixedStage()
        )
        facts = kernel.facts(kernel.records["dns"])
        host, port = listening.addresses[0]
        assert facts["zones"] == 1
        assert facts["listening"] == [{"address": f"{host}:{port}", "stages": ["fixed"]}]
        assert str(facts["engine"]).startswith("python (" if reason_missing() else "compiled (")


async def test_limits_come_from_the_configuration() -> None:
    config = "[dns]\nzones_max = 1\nrecords_per_zone_max = 2\nchanges_max = 3\n"
    async with run_kernel([DnsPlugin()], config) as kernel:
        limits = kernel.services.require(ZoneRepository).limits
    assert (limits.zones_max, limits.records_per_zone_max, limits.changes_max) == (1, 2, 3)


async def test_status_says_why_python_answers() -> None:
    async with run_kernel([DnsPlugin()], '[dns]\nengine = "python"\n') as kernel:
        facts = kernel.facts(kernel.records["dns"])
        assert facts["engine"] == "python (chosen by dns.engine)"


async def test_nsid_and_identity_come_from_the_section() -> None:
    async with run_kernel([DnsPlugin()], '[dns]\nversion = "MicroDNS"\n') as kernel:
        listeners = kernel.services.require(Listeners)
        listening = await listeners.listen([("127.0.0.1", 0)], FixedStage())
        with UdpClient(listening.addresses[0]) as client:
            chaos = bytearray(query(name="version.bind", rdtype="TXT"))
            chaos[-1] = 3
            assert b"MicroDNS" in await client.ask(bytes(chaos))


async def test_a_stage_that_fails_is_logged_and_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with run_kernel([DnsPlugin()]) as kernel:
        listeners = kernel.services.require(Listeners)
        listening = await listeners.listen([("127.0.0.1", 0)], FailingStage())
        with UdpClient(listening.addresses[0]) as client:
            for _ in range(20):
                assert (await client.ask(query()))[3] & 0xF == 2
        failed = [r for r in caplog.records if r.__dict__.get("event") == "dns.stage_failed"]
        assert len(failed) == 20
        counted = [
            sample.value
            for metric in kernel.metrics
            if metric.name == "microdns_dns_stage_failures_total"
            for sample in metric.samples()
        ]
        assert counted == [20]
