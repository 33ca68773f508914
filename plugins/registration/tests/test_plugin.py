"""The plugin in a kernel: operations, metrics, events, restarts."""

from pathlib import Path
from typing import Any

import pytest
from plugins.registration.tests.world import CONFIG, World, world

from microdns.errors import Invalid, NotFound
from microdns.operations import Call
from microdns.testing import check_plugin
from microdns_dns.model import RECORDS
from microdns_dns.rdata.numbers import A
from microdns_dns.repository import Add, Draft
from microdns_registration.events import NameConflictEnded
from microdns_registration.model import REGISTRATIONS
from microdns_registration.plugin import RegistrationPlugin

pytestmark = pytest.mark.anyio


async def call(here: World, operation: str, /, dry_run: bool = False, **given: Any) -> Any:
    return await here.kernel.operations.call(operation, given, Call(dry_run=dry_run))


def metric(here: World, name: str, *labels: str) -> float:
    values = [
        sample.value
        for each in here.kernel.metrics
        if each.name == name
        for sample in each.samples()
        if sample.labels == labels
    ]
    assert isinstance(values[0], int | float)
    return values[0]


async def test_keeps_to_the_kernels_contract() -> None:
    await check_plugin(RegistrationPlugin(), CONFIG)


async def test_operations_show_registrations_and_conflicts() -> None:
    async with world() as here:
        await here.lease("192.0.2.10", 1, "box")
        await here.lease("192.0.2.11", 2, "box")
        page = await call(here, "registration.list")
        assert [(each.ip, each.name) for each in page.items] == [
            ("192.0.2.10", "box.gw.lo"),
            ("192.0.2.11", "dhcp-192-0-2-11.gw.lo"),
        ]
        page = await call(here, "registration.list", name="BOX")
        assert page.total == 1
        (conflict,) = (await call(here, "registration.conflicts")).items
        assert (conflict.wanted, conflict.reason) == ("box.gw.lo", "taken")
        assert (conflict.holder, conflict.since[:2]) == ("192.0.2.10", "20")
        shown = await call(here, "registration.get", ip="192.0.2.10")
        assert (shown.reverse_zone, shown.ttl) == ("2.0.192.in-addr.arpa", 300)
        with pytest.raises(NotFound):
            await call(here, "registration.get", ip="192.0.2.12")
        with pytest.raises(Invalid):
            await call(here, "registration.get", ip="box")
        status = await call(here, "registration.status")
        assert (status.names, status.conflicts, status.waiting, status.behind) == (2, 1, 0, 0)


async def test_conflicts_are_events_and_metrics() -> None:
    async with world() as here:
        await here.lease("192.0.2.10", 1, "box")
        await here.lease("192.0.2.11", 2, "box")
        await here.lease("192.0.2.11", 2, "box")
        await here.release("192.0.2.10")
        told = [
            entry.event
            for entry in here.kernel.store.journal.read()
            if entry.type.startswith("registration.")
        ]
        assert [type(event).__name__ for event in told] == ["NameConflict", "NameConflictEnded"]
        assert metric(here, "microdns_registration_conflicts_total", "taken") == 1
        assert metric(here, "microdns_registration_conflicts") == 0
        assert metric(here, "microdns_registration_names") == 1
        assert metric(here, "microdns_registration_records_total", "A", "added") == 3


async def test_a_reconciliation_puts_right_what_was_broken_behind_its_back() -> None:
    async with world() as here:
        await here.lease("192.0.2.10", 1, "box")
        await here.lease("192.0.2.11", 2, "crate")
        good = here.records()
        (kept,) = [each for each in here.repository.records("gw.lo") if each.name == "box"]
        async with here.kernel.store.transaction() as tx:
            tx.delete(RECORDS, RECORDS.key(kept))
            tx.delete(REGISTRATIONS, b"\x04\xc0\x00\x02\x0b")
            tx.emit(NameConflictEnded(address="", name="", reason=""))
        orphan = Draft("ghost", A, b"\xc0\0\2\x63")
        origin = "lease 192.0.2.99"
        await here.repository.change(
            Call(here.registrar.principal), "gw.lo", [Add(orphan)], source="dhcp", origin=origin
        )
        await here.settled()
        broken = here.records()
        assert broken != good
        told = await call(here, "registration.reconcile", dry_run=True)
        assert sorted(told.changes) == [
            "+ box.gw.lo. 300 IN A 192.0.2.10",
            "- ghost.gw.lo. 300 IN A 192.0.2.99",
        ]
        assert here.records() == broken
        done = await call(here, "registration.reconcile")
        assert (done.leases, done.repaired, done.failed) == (2, 2, 0)
        assert here.records() == good
        assert (await call(here, "registration.reconcile")).repaired == 0


async def test_a_restart_goes_on_where_it_was(tmp_path: Path) -> None:
    async with world(folder=tmp_path) as here:
        await here.lease("192.0.2.10", 1, "box")
        await here.kernel.stop_plugin("registration")
        await here.book.commit([here.book.grant(here.new_lease("192.0.2.11", 2, "crate"))])
    async with world(folder=tmp_path) as here:
        assert {"box.gw.lo A 192.0.2.10", "crate.gw.lo A 192.0.2.11"} <= here.records()
        assert here.kernel.store.sequence - here.registrar.progress.cursor <= 5


async def test_another_configuration_is_applied_at_the_start(tmp_path: Path) -> None:
    async with world(folder=tmp_path) as here:
        await here.lease("192.0.2.10", 1, "box")
    async with world('forward_zone = "example.com"\ndefault_ttl = 60', folder=tmp_path) as here:
        assert here.records() == {
            "box.example.com A 192.0.2.10",
            "10.2.0.192.in-addr.arpa PTR box.example.com.",
        }
        assert {each.ttl for each in here.repository.records("example.com")} == {60}


async def test_pools_that_change_are_applied_to_the_leases_that_are_there() -> None:
    async with world() as here:
        await here.lease("192.0.2.10", 1, "box")
        here.catalogue.declare(4)
        await call(here, "pool.create", family=4, subnet="192.0.2.0/24", zone="floor2.gw.lo")
        await here.settled()
        assert "box.floor2.gw.lo A 192.0.2.10" in here.records()
