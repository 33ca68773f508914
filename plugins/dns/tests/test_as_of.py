"""Zones and records as they were at an earlier point."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from microdns.errors import Invalid, NotFound
from microdns.events import Principal
from microdns.lifecycle.kernel import Kernel
from microdns.operations import Call
from microdns.points import Point
from microdns.testing import run_kernel
from microdns_dns.plugin import DnsPlugin

pytestmark = pytest.mark.anyio


@pytest.fixture
async def kernel() -> AsyncIterator[Kernel]:
    async with run_kernel([DnsPlugin()]) as running:
        yield running


async def do(kernel: Kernel, name: str, /, **wanted: Any) -> Any:
    return await kernel.operations.call(name, wanted, Call())


async def test_zones_and_records_are_told_as_they_were(kernel: Kernel) -> None:
    async def at(operation: str, sequence: int, /, **wanted: Any) -> Any:
        call = Call(as_of=Point(sequence=sequence))
        return await kernel.operations.call(operation, wanted, call)

    def texts(page: Any) -> list[str]:
        return [each.text for each in page.items]

    zone = await do(kernel, "zone.create", name="past.example")
    created = kernel.store.sequence
    ids = {"zone_id": "past.example"}
    data = {"type": "A", "data": "192.0.2.1"}
    record = await do(kernel, "record.create", **ids, name="www", data=data)
    first = kernel.store.sequence
    data = {"type": "A", "data": "192.0.2.2"}
    await do(kernel, "record.patch", **ids, record_id=record.id, data=data)
    await do(kernel, "zone.delete", id="past.example")
    await do(kernel, "zone.create", name="past.example")

    assert (await at("zone.get", first, id="past.example")).id == zone.id
    assert (await at("zone.get", first, id="past.example")).record_count == 1
    then = await at("record.list", first, **ids)
    assert (texts(then), then.total) == (["192.0.2.1"], 1)
    assert texts(await at("record.list", first, **ids, name="w*")) == ["192.0.2.1"]
    assert (await at("record.get", first, **ids, record_id=record.id)).text == "192.0.2.1"
    assert texts(await at("record.list", created, **ids)) == []
    assert texts(await at("record.list", first + 1, **ids)) == ["192.0.2.2"]
    with pytest.raises(NotFound):
        await at("zone.get", created - 1, id="past.example")
    assert (await at("zone.list", created - 1)).total == 0
    assert (await at("zone.list", first)).total == 1


async def test_the_past_of_writes_can_not_be_asked_for(kernel: Kernel) -> None:
    with pytest.raises(Invalid, match="can't be asked about the past"):
        await kernel.operations.call(
            "zone.create", {"name": "x.example"}, Call(as_of=Point(sequence=1))
        )


async def test_the_past_keeps_to_the_limits_of_its_caller(kernel: Kernel) -> None:
    data = {"type": "A", "data": "192.0.2.1"}
    for zone in ("mine.example", "yours.example"):
        await do(kernel, "zone.create", name=zone)
        for name in ("a", "b"):
            await do(kernel, "record.create", zone_id=zone, name=name, data=data)
    point = Point(sequence=kernel.store.sequence)
    for zone in ("mine.example", "yours.example"):
        await do(kernel, "zone.delete", id=zone)
    limits = {"zone": ("mine.example",), "name": ("a.mine.example",)}
    call = Call(Principal("k", limits=limits), as_of=point)
    page = await kernel.operations.call("record.list", {"zone_id": "mine.example"}, call)
    assert ([each.name for each in page.items], page.total) == (["a"], 1)
    for zone in ("yours.example", "none.example"):
        with pytest.raises(NotFound) as missing:
            await kernel.operations.call("record.list", {"zone_id": zone}, call)
        assert missing.value.message == f"no zone {zone}"
    zones = Call(Principal("z", limits={"zone": ("mine.example",)}), as_of=point)
    listed = await kernel.operations.call("zone.list", {}, zones)
    assert [each.name for each in listed.items] == ["mine.example"]
