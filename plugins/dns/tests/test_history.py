"""What happened to zones and records, and taking it back."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from microdns.errors import Conflict, Denied, NotFound
from microdns.events import Principal
from microdns.lifecycle.kernel import Kernel
from microdns.operations import Call
from microdns.testing import run_kernel
from microdns_dns.plugin import DnsPlugin

pytestmark = pytest.mark.anyio

ALICE = Principal("alice", "rest", "198.51.100.1")


@pytest.fixture
async def kernel() -> AsyncIterator[Kernel]:
    async with run_kernel([DnsPlugin()]) as running:
        yield running


async def do(kernel: Kernel, name: str, principal: Principal = ALICE, /, **wanted: Any) -> Any:
    return await kernel.operations.call(name, wanted, Call(principal))


async def add(kernel: Kernel, name: str, address: str, zone: str = "example.com") -> Any:
    data = {"type": "A", "data": address}
    return await do(kernel, "record.create", zone_id=zone, name=name, data=data)


async def shown(kernel: Kernel) -> list[tuple[str, str]]:
    page = await do(kernel, "record.list", zone_id="example.com")
    return [(item.name, item.text) for item in page.items]


async def changed_record(kernel: Kernel) -> Any:
    await do(kernel, "zone.create", name="example.com")
    record = await add(kernel, "www", "192.0.2.1")
    data = {"type": "A", "data": "192.0.2.2"}
    ids = {"zone_id": "example.com", "record_id": record.id}
    await do(kernel, "record.update", **ids, name="www", data=data)
    await add(kernel, "other", "192.0.2.9")
    return record


async def test_a_records_history_has_who_did_what(kernel: Kernel) -> None:
    record = await changed_record(kernel)
    ids = {"zone_id": "example.com", "record_id": record.id}
    await do(kernel, "record.delete", **ids)
    history = await do(kernel, "record.history", **ids)
    assert history.complete
    told = [
        (each["before"] and each["before"]["text"], each["after"] and each["after"]["text"])
        for item in history.items
        for each in item.event["changes"]
    ]
    assert told == [("192.0.2.2", None), ("192.0.2.1", "192.0.2.2"), (None, "192.0.2.1")]
    assert [item.actor for item in history.items] == [ALICE] * 3


async def test_a_zones_history_goes_to_its_beginning(kernel: Kernel) -> None:
    await changed_record(kernel)
    await do(kernel, "zone.create", name="example.net")
    history = await do(kernel, "zone.history", id="example.com")
    types = [item.type for item in history.items]
    assert types == ["zone.records_changed"] * 3 + ["zone.created"]
    short = await do(kernel, "zone.history", id="example.com", limit=2)
    assert (len(short.items), short.complete) == (2, False)


async def test_undo_takes_each_kind_of_change_back(kernel: Kernel) -> None:
    record = await changed_record(kernel)
    await do(kernel, "change.undo", sequence=3)
    assert await shown(kernel) == [("other", "192.0.2.9"), ("www", "192.0.2.1")]
    await do(kernel, "record.delete", zone_id="example.com", record_id=record.id)
    deleted = kernel.store.sequence
    undone = await do(kernel, "change.undo", sequence=deleted)
    assert (undone.zone, undone.changes) == ("example.com", 1)
    assert await shown(kernel) == [("other", "192.0.2.9"), ("www", "192.0.2.1")]
    await do(kernel, "change.undo", sequence=4)
    assert await shown(kernel) == [("www", "192.0.2.1")]


async def test_undo_takes_settings_back(kernel: Kernel) -> None:
    before = await do(kernel, "zone.create", name="example.com", soa={"minimum": 60})
    await do(kernel, "zone.update", id="example.com", soa={"minimum": 99}, default_ttl=7)
    await do(kernel, "change.undo", sequence=2)
    zone = await do(kernel, "zone.get", id="example.com")
    assert (zone.soa.minimum, zone.default_ttl) == (60, before.default_ttl)
    assert zone.soa.serial > before.soa.serial


async def test_undo_leaves_what_has_changed_since(kernel: Kernel) -> None:
    await changed_record(kernel)
    with pytest.raises(Conflict, match="changed since"):
        await do(kernel, "change.undo", sequence=2)
    with pytest.raises(Conflict, match="changed since"):
        await do(kernel, "change.undo", sequence=1)
    with pytest.raises(NotFound):
        await do(kernel, "change.undo", sequence=99)


async def test_undo_takes_the_creation_of_a_zone_back(kernel: Kernel) -> None:
    await do(kernel, "zone.create", name="example.com")
    undone = await do(kernel, "change.undo", sequence=1)
    assert (undone.zone, undone.changes) == ("example.com", 0)
    assert (await do(kernel, "zone.list")).total == 0
    with pytest.raises(NotFound):
        await do(kernel, "change.undo", sequence=1)


async def test_undo_brings_a_deleted_zone_back_with_its_records(kernel: Kernel) -> None:
    await changed_record(kernel)
    before = await do(kernel, "zone.update", id="example.com", default_ttl=77)
    await do(kernel, "zone.delete", id="example.com")
    for sequence in (kernel.store.sequence, kernel.store.sequence - 1):  # either of its entries
        rehearsed = Call(ALICE, dry_run=True)
        told = await kernel.operations.call("change.undo", {"sequence": sequence}, rehearsed)
        assert (told.zone, told.changes) == ("example.com", 2)
    await do(kernel, "change.undo", sequence=kernel.store.sequence)
    zone = await do(kernel, "zone.get", id="example.com")
    assert (zone.default_ttl, zone.record_count) == (77, 2)
    assert zone.soa.serial == before.soa.serial + 1
    assert await shown(kernel) == [("other", "192.0.2.9"), ("www", "192.0.2.2")]
    with pytest.raises(Conflict, match="exists"):
        await do(kernel, "change.undo", sequence=kernel.store.sequence - 2)


async def test_whoever_may_not_write_zones_takes_none_back(kernel: Kernel) -> None:
    await do(kernel, "zone.create", name="example.com")
    with pytest.raises(Denied):
        await do(kernel, "change.undo", Principal("k", scopes=("records:*",)), sequence=1)
    limited = Principal("k", limits={"zone": ("example.net",)})
    with pytest.raises(NotFound):
        await do(kernel, "change.undo", limited, sequence=1)
    assert (await do(kernel, "zone.list")).total == 1


async def test_undo_can_be_tried_out(kernel: Kernel) -> None:
    await changed_record(kernel)
    sequence = kernel.store.sequence
    call = Call(ALICE, dry_run=True)
    undone = await kernel.operations.call("change.undo", {"sequence": 3}, call)
    assert undone.changes == 1
    assert kernel.store.sequence == sequence


LIMITS = [{"zone": ("example.net",)}, {"name": ("other.*",)}, {"type": ("TXT",)}]


@pytest.mark.parametrize("limits", LIMITS, ids=str)
async def test_a_limited_key_learns_nothing_from_history_or_undo(
    kernel: Kernel, limits: dict[str, tuple[str, ...]]
) -> None:
    """Its errors are those for what does not exist."""
    record = await changed_record(kernel)
    await do(kernel, "zone.create", name="example.net")
    limited = Principal("k", limits=limits)
    known = {"zone_id": "example.com", "record_id": record.id}
    unknown = {"zone_id": "example.com", "record_id": record.id[:-1] + "0"}
    texts = []
    for ids in (known, unknown):
        with pytest.raises(NotFound) as refused:
            await do(kernel, "record.history", limited, **ids)
        texts.append(str(refused.value).replace(ids["record_id"], "ID"))
    assert texts[0] == texts[1]
    with pytest.raises(NotFound):
        await do(kernel, "change.undo", limited, sequence=3)
    assert ("www", "192.0.2.2") in await shown(kernel)
    if "zone" in limits:
        with pytest.raises(NotFound):
            await do(kernel, "zone.history", limited, id="example.com")
        return
    history = await do(kernel, "zone.history", limited, id="example.com")
    assert "192.0.2.1" not in str(history)
    assert "www" not in str(history)
