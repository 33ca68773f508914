"""AXFR and IXFR out: who may have them, whole and of one instant, bounded in number and time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import dns.asyncquery
import dns.message
import dns.name
import dns.query
import dns.rdatatype
import dns.xfr
import dns.zone
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plugins.auth.tests.asking import address

from microdns.lifecycle.kernel import Kernel
from microdns.operations import Call
from microdns.testing import FakeClock, run_kernel
from microdns_auth.plugin import AuthPlugin
from microdns_auth.transfer.out import serial_of
from microdns_dns.message import Query, parse_query
from microdns_dns.protocol import RRType
from microdns_dns.repository import Add, Draft, Remove, ZoneRepository

pytestmark = pytest.mark.anyio

CONFIG = """
[dns]
tcp_idle_timeout_secs = 1
tcp_write_buffer_max = 1024

[dns.auth]
enabled = true
listen = "127.0.0.1:0"
zones = ["example.com"]
allow_transfer = ["127.0.0.0/8"]
transfers_max = 2
"""
MANY = 3_000
WRITERS: list[asyncio.StreamWriter] = []
"""Of all connections, so that a test that fails leaves none open."""


@asynccontextmanager
async def serving(
    config: str = CONFIG, records: int = 3, clock: FakeClock | None = None
) -> AsyncIterator[Kernel]:
    async with run_kernel([AuthPlugin()], config, clock=clock or FakeClock()) as kernel:
        repository = kernel.services.require(ZoneRepository)
        drafts = [
            Add(Draft(f"host{number}", RRType.A, number.to_bytes(4, "big")))
            for number in range(records)
        ]
        await repository.change(Call(), "example.com", drafts)
        try:
            yield kernel
        finally:
            for writer in WRITERS:
                writer.transport.abort()
            WRITERS.clear()


async def fetched(kernel: Kernel, qtype: str = "AXFR", serial: int | None = None) -> list[Any]:
    """All records of the messages that come, and how many messages those were."""
    reader, writer = await opened(kernel, qtype, serial)
    records: list[str] = []
    soas = messages = 0
    while soas < 2:
        message = await read(reader)
        assert message.rcode() == 0
        assert message.flags & dns.flags.AA
        messages += 1
        for rrset in message.answer:
            soas += rrset.rdtype == dns.rdatatype.SOA
            records += [f"{rrset.name} {rrset.ttl} {rrset.rdtype.name} {each}" for each in rrset]
        if serial is not None and len(records) == 1:
            break
    writer.close()
    await writer.wait_closed()
    return [records, messages]


async def opened(
    kernel: Kernel, qtype: str = "AXFR", serial: int | None = None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = address(kernel)
    reader, writer = await asyncio.open_connection(host, port)
    WRITERS.append(writer)
    query = dns.message.make_query("example.com", qtype)
    if serial is not None:
        text = f"ns1.example.com. me.example.com. {serial} 1 1 1 1"
        query.authority.append(dns.rrset.from_text("example.com.", 0, "IN", "SOA", text))
    wire = query.to_wire()
    writer.write(len(wire).to_bytes(2, "big") + wire)
    return reader, writer


async def read(reader: asyncio.StreamReader) -> dns.message.Message:
    size = int.from_bytes(await reader.readexactly(2), "big")
    return dns.message.from_wire(await reader.readexactly(size), xfr=True, one_rr_per_rrset=True)


async def rcode(kernel: Kernel, qtype: str = "AXFR") -> str:
    reader, writer = await opened(kernel, qtype)
    message = await read(reader)
    writer.close()
    await writer.wait_closed()
    return dns.rcode.to_text(message.rcode())


def counted(kernel: Kernel) -> dict[str, float]:
    return {
        sample.labels[0]: sample.value
        for metric in kernel.metrics
        if metric.name == "microdns_auth_transfers_total"
        for sample in metric.samples()
        if isinstance(sample.value, int | float) and sample.value
    }


async def test_a_zone_comes_between_two_of_its_soa() -> None:
    async with serving() as kernel:
        records, messages = await fetched(kernel)
        assert records[0] == records[-1]
        assert " SOA ns1.example.com. " in records[0]
        assert records[1:-1] == [
            f"host{number}.example.com. 300 A 0.0.0.{number}" for number in range(3)
        ]
        assert messages == 1
        assert counted(kernel) == {"sent": 1}


async def test_dnspython_takes_a_zone_of_many_messages() -> None:
    async with serving(records=MANY) as kernel:
        zone = dns.zone.Zone("example.com")
        host, port = address(kernel)
        await dns.asyncquery.inbound_xfr(host, zone, port=port, lifetime=60)
        assert len(zone.nodes) == MANY + 1
        _, messages = await fetched(kernel)
        assert messages > 3


async def test_disabled_records_stay_here_and_an_rrset_has_one_ttl() -> None:
    async with serving() as kernel:
        repository = kernel.services.require(ZoneRepository)
        await repository.change(
            Call(),
            "example.com",
            [
                Add(Draft("off", RRType.A, b"abcd", enabled=False)),
                Add(Draft("two", RRType.A, b"abcd", 60)),
                Add(Draft("two", RRType.A, b"efgh", 30)),
            ],
        )
        records, _ = await fetched(kernel)
    assert not any("off." in each for each in records)
    assert sum("two.example.com. 30 " in each for each in records) == 2


async def test_it_is_the_zone_of_one_instant() -> None:
    async with serving(records=MANY) as kernel:
        repository = kernel.services.require(ZoneRepository)
        reader, writer = await opened(kernel)
        first = await read(reader)
        serial = first.answer[0][0].serial
        last = max(repository.records("example.com"), key=lambda each: each.name)
        await repository.change(Call(), "example.com", [Remove(last.id)])
        records = list(first.answer)
        while sum(rrset.rdtype == dns.rdatatype.SOA for rrset in records) < 2:
            records += (await read(reader)).answer
        writer.close()
        await writer.wait_closed()
        assert records[-1][0].serial == serial
        assert len(records) == MANY + 2
        assert repository.zone("example.com").soa.serial != serial


async def test_others_are_refused_and_counted() -> None:
    async with serving(CONFIG.replace("127.0.0.0/8", "192.0.2.0/24")) as kernel:
        assert await rcode(kernel) == "REFUSED"
        assert await rcode(kernel, "IXFR") == "REFUSED"
        assert counted(kernel) == {"refused": 2}


async def test_no_more_at_a_time_than_allowed_and_the_slow_are_cut_off() -> None:
    clock = FakeClock()
    async with serving(clock=clock) as kernel:
        repository = kernel.services.require(ZoneRepository)
        text = (b"\xff" + b"x" * 255) * 200
        drafts = [Add(Draft(f"text{number}", RRType.TXT, text)) for number in range(200)]
        await repository.change(Call(), "example.com", drafts)
        slow = [await opened(kernel) for _ in range(2)]
        for reader, _ in slow:
            await read(reader)  # and no more: what the reader does not hold stays unread
        assert await rcode(kernel) == "SERVFAIL"
        async with asyncio.timeout(60):
            while counted(kernel).get("broken") != 2:
                await clock.advance(1)
                await asyncio.sleep(0.01)
        assert counted(kernel) == {"busy": 1, "broken": 2}
        assert (await fetched(kernel))[0]
        for _, writer in slow:
            writer.transport.abort()


async def test_who_leaves_frees_the_place() -> None:
    async with serving(records=MANY) as kernel:
        for number in range(5):
            _, writer = await opened(kernel)
            writer.transport.abort()
            async with asyncio.timeout(60):
                while sum(counted(kernel).values()) <= number:  # noqa: ASYNC110  (nobody tells)
                    await asyncio.sleep(0.01)
        assert len((await fetched(kernel))[0]) == MANY + 2


async def test_other_queries_are_answered_beside_a_transfer() -> None:
    async with serving(records=MANY) as kernel:
        reader, writer = await opened(kernel)
        query = dns.message.make_query("host1.example.com", "A", id=77).to_wire()
        writer.write(len(query).to_bytes(2, "big") + query)
        seen, soas = set(), 0
        while soas < 2 or 77 not in seen:
            message = await read(reader)
            seen.add(message.id)
            soas += sum(rrset.rdtype == dns.rdatatype.SOA for rrset in message.answer)
        writer.close()
        await writer.wait_closed()


async def test_ixfr_is_the_soa_for_those_who_have_it_and_the_zone_for_others() -> None:
    async with serving() as kernel:
        serial = kernel.services.require(ZoneRepository).zone("example.com").soa.serial
        assert len((await fetched(kernel, "IXFR", serial))[0]) == 1
        assert len((await fetched(kernel, "IXFR", serial + 1))[0]) == 1
        assert len((await fetched(kernel, "IXFR", serial - 1))[0]) == 5
        host, port = address(kernel)
        query = dns.message.make_query("example.com", "IXFR")
        message = await dns.asyncquery.udp(query, host, port=port, timeout=60)
        assert [rrset.rdtype for rrset in message.answer] == [dns.rdatatype.SOA]


async def test_explained(running_kernel: Any) -> None:
    async with serving() as kernel:
        told = {}
        for client, transport in (
            ("127.0.0.1", "tcp"), ("192.0.2.1", "tcp"), ("127.0.0.1", "udp"),
        ):  # fmt: skip
            asked = {"name": "example.com", "type": "AXFR", "client": client}
            explained = await kernel.operations.call(
                "query.explain", {**asked, "transport": transport}, Call()
            )
            told[client, transport] = explained.rcode, explained.stages[-1].steps[0].text
    assert told["127.0.0.1", "tcp"] == (None, "allow_transfer names 127.0.0.1")
    assert told["192.0.2.1", "tcp"] == ("REFUSED", "allow_transfer does not name 192.0.2.1")
    assert told["127.0.0.1", "udp"] == ("NOTIMP", "AXFR needs TCP")


@given(st.binary(max_size=60), st.integers(0, 2))
def test_any_octets_in_place_of_an_soa_are_no_serial_or_one(octets: bytes, count: int) -> None:
    head = b"\0\1\0\0\0\1\0\0" + count.to_bytes(2, "big") + b"\0\0"
    query = parse_query(head + b"\0\0\xfb\0\1" + octets)
    if isinstance(query, Query):
        found = serial_of(query)
        assert found is None or 0 <= found < 2**32
