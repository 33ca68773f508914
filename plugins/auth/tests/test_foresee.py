"""Which answers a dry run says would change, held against what changes when it is done."""

import random
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from microdns.events import Principal
from microdns.lifecycle.kernel import Kernel
from microdns.operations import Call
from microdns.operations.rehearsal import Consequence, rehearse
from microdns.testing import run_kernel
from microdns_auth.answer import answer
from microdns_auth.foresee import _of_reply, _query
from microdns_auth.plugin import AuthPlugin
from microdns_dns import names
from microdns_dns.plugin import DnsPlugin
from microdns_dns.rdata import type_number
from microdns_dns.rdata.numbers import DNAME
from microdns_dns.view import Views

pytestmark = pytest.mark.anyio
ZONE = "example.com"


@pytest.fixture(params=["python", "auto"])
async def kernel(request: pytest.FixtureRequest) -> AsyncIterator[Kernel]:
    plugins = [DnsPlugin(), AuthPlugin()]
    async with run_kernel(plugins, f'[dns]\nengine = "{request.param}"\n') as running:
        await do(running, "zone.create", name=ZONE)
        yield running


async def do(kernel: Kernel, name: str, /, **wanted: Any) -> Any:
    return await kernel.operations.call(name, wanted, Call())


def record(name: str, kind: str, text: str) -> dict[str, Any]:
    return {"name": name, "data": {"type": kind, "text": text}}


async def add(kernel: Kernel, name: str, kind: str, text: str, zone: str = ZONE) -> Any:
    return await do(kernel, "record.create", zone_id=zone, **record(name, kind, text))


async def foreseen(
    kernel: Kernel, name: str, principal: Principal | None = None, /, **wanted: Any
) -> Consequence:
    call = Call(principal or Principal("tester"))
    tried = await rehearse(kernel.operations, name, wanted, call)
    (found,) = tried.consequences
    assert found.name == "answers"
    assert found.total >= len(found.items) == len(found.lines)
    return found


async def adding(
    kernel: Kernel, name: str, kind: str, text: str, principal: Principal | None = None, /
) -> list[str]:
    wanted = record(name, kind, text)
    return sorted(
        (await foreseen(kernel, "record.create", principal, zone_id=ZONE, **wanted)).lines
    )


async def test_a_new_name_answers_its_type_and_exists_for_others(kernel: Kernel) -> None:
    assert await adding(kernel, "www", "A", "192.0.2.1") == [
        "www.example.com. A: NXDOMAIN -> 300 A 192.0.2.1",
        "www.example.com. AAAA: NXDOMAIN -> no data",
    ]
    assert (await do(kernel, "record.list", zone_id=ZONE)).total == 0


async def test_a_second_record_changes_one_answer(kernel: Kernel) -> None:
    await add(kernel, "www", "A", "192.0.2.1")
    (line,) = await adding(kernel, "www", "A", "192.0.2.2")
    old = "300 A 192.0.2.1"
    assert line == f"www.example.com. A: {old} -> {old}, 300 A 192.0.2.2"


async def test_a_name_below_a_wildcard_blocks_it(kernel: Kernel) -> None:
    await add(kernel, "*", "TXT", '"w"')
    assert await adding(kernel, "deep.www", "A", "192.0.2.1") == [
        "deep.www.example.com. A: no data -> 300 A 192.0.2.1",
        'deep.www.example.com. TXT: 300 TXT "w" -> no data',
        'www.example.com. TXT: 300 TXT "w" -> no data',
    ]


async def test_a_delegation_takes_what_is_below_it(kernel: Kernel) -> None:
    await add(kernel, "a.sub", "A", "192.0.2.1")
    lines = await adding(kernel, "sub", "NS", "ns.example.net.")
    assert "a.sub.example.com. A: 300 A 192.0.2.1 -> referral" in lines
    assert "sub.example.com. NS: no data -> referral" in lines


async def test_aliases_of_a_changed_name_change_with_it(kernel: Kernel) -> None:
    await add(kernel, "real", "A", "192.0.2.1")
    await add(kernel, "one", "CNAME", "real")
    await add(kernel, "two", "CNAME", "one")
    lines = await adding(kernel, "real", "A", "192.0.2.2")
    assert [line.split(":")[0] for line in lines] == [
        "one.example.com. A",
        "real.example.com. A",
        "two.example.com. A",
    ]


async def test_an_alias_changes_every_type(kernel: Kernel) -> None:
    lines = await adding(kernel, "x", "CNAME", "there.example.net.")
    told = "300 CNAME there.example.net."
    assert lines == [
        f"x.example.com. {kind}: NXDOMAIN -> {told}" for kind in ("A", "AAAA", "CNAME")
    ]


async def test_a_zone_covers_names_of_the_one_above_and_uncovers_them(kernel: Kernel) -> None:
    await add(kernel, "www.sub", "A", "192.0.2.1")
    created = await foreseen(kernel, "zone.create", name="sub.example.com")
    told = "300 A 192.0.2.1"
    assert f"www.sub.example.com. A: {told} -> NXDOMAIN" in created.lines
    await do(kernel, "zone.create", name="sub.example.com")
    deleted = await foreseen(kernel, "zone.delete", id="sub.example.com")
    assert f"www.sub.example.com. A: NXDOMAIN -> {told}" in deleted.lines
    last = await foreseen(kernel, "zone.delete", id=ZONE)
    assert any(line.endswith("-> not ours") for line in last.lines)


async def test_a_setting_changes_the_soa_and_a_serial_alone_nothing(kernel: Kernel) -> None:
    changed = await foreseen(kernel, "zone.update", id=ZONE, soa={"minimum": 7})
    assert [line.split(":")[0] for line in changed.lines] == ["example.com. SOA"]
    newer = (await do(kernel, "zone.get", id=ZONE)).soa.serial + 9
    serial = await foreseen(kernel, "zone.update", id=ZONE, soa={"serial": newer})
    assert serial.total == 0


async def test_what_is_disabled_changes_nothing(kernel: Kernel) -> None:
    off = {**record("www", "A", "192.0.2.1"), "enabled": False}
    assert (await foreseen(kernel, "record.create", zone_id=ZONE, **off)).total == 0


async def test_many_are_counted_and_the_first_shown(kernel: Kernel) -> None:
    changes = [{"op": "create", **record(f"n{i}", "A", "192.0.2.1")} for i in range(150)]
    found = await foreseen(kernel, "record.changes", zone_id=ZONE, changes=changes)
    assert (found.total, len(found.lines)) == (300, 100)


async def test_what_is_not_about_zones_has_no_answers(kernel: Kernel) -> None:
    wanted = {"name": "k", "scopes": ["zones:read"]}
    tried = await rehearse(kernel.operations, "key.create", wanted, Call())
    assert tried.consequences == []


async def test_limits_hide_answers_and_do_not_compare_them(kernel: Kernel) -> None:
    """Whether the wildcard that the key may not see answers the same can't be told."""
    mine = Principal("k", limits={"name": ("www.example.com",)})
    told = "300 A 192.0.2.1"
    nothing = await adding(kernel, "www", "A", "192.0.2.1", mine)
    assert nothing == [f"www.example.com. A: (not for this key) -> {told}"]
    for text in ("192.0.2.1", "192.0.2.2"):
        wildcard = await add(kernel, "*", "A", text)
        assert await adding(kernel, "www", "A", "192.0.2.1", mine) == nothing
        await do(kernel, "record.delete", zone_id=ZONE, record_id=wildcard.id)
    await add(kernel, "below.www", "A", "192.0.2.9")
    assert await adding(kernel, "www", "A", "192.0.2.1", mine) == nothing


async def test_a_zone_outside_of_the_limits_is_not_told_of(kernel: Kernel) -> None:
    mine = Principal("k", limits={"zone": ("sub.example.com",)})
    before = await foreseen(kernel, "zone.create", mine, name="sub.example.com")
    await add(kernel, "www.sub", "A", "192.0.2.1")
    await add(kernel, "sub", "TXT", '"hidden"')
    after = await foreseen(kernel, "zone.create", mine, name="sub.example.com")
    assert after == before


NAMES = ["@", "a", "b", "a.a", "b.a", "*", "*.a", "x.b.a"]
KINDS = {
    "A": ["192.0.2.1", "192.0.2.2"],
    "TXT": ['"t"'],
    "CNAME": ["a", "b", "b.a"],
    "NS": ["ns.example.net."],
    "DNAME": ["b"],
}


async def test_whatever_is_changed_nothing_that_was_asked_is_missed(kernel: Kernel) -> None:
    """Every name of the zone that differs afterwards was foreseen, and what was foreseen differs.

    Names that only a wildcard answers, or that a DNAME leads on from, are left out, as the note
    says.
    """
    dice = random.Random(7)
    views = kernel.services.require(Views)
    asked = [(name, kind) for name in NAMES for kind in ("A", "TXT", "CNAME", "NS", "DNAME")]

    def state() -> dict[str, Any]:
        found = {}
        for name, kind in asked:
            wire = names.fold(names.from_text(name, names.from_text("example.com")))
            query = _query((wire, type_number(kind)))
            assert query is not None
            key = f"{names.to_absolute_text(wire)} {kind}"
            found[key] = _of_reply(answer(query, views).reply)[:3]
        return found

    def over_a_dname(*states: Any) -> bool:
        return any(kind == DNAME for _, _, records in states for _, kind, _, _ in records)

    stored = 0
    for _ in range(120):
        present = (await do(kernel, "record.list", zone_id=ZONE)).items
        if present and dice.random() < 0.4:
            change = {"op": "delete", "id": dice.choice(present).id}
        else:
            kind = dice.choice(list(KINDS))
            change = {"op": "create", **record(dice.choice(NAMES), kind, dice.choice(KINDS[kind]))}
        wanted = {"zone_id": ZONE, "changes": [change]}
        before = state()
        try:
            found = await foreseen(kernel, "record.changes", **wanted)
        except Exception:
            continue
        assert state() == before
        await do(kernel, "record.changes", **wanted)
        stored += 1
        after = state()
        told = {f"{each.name} {each.type}" for each in found.items}
        differing = {key for key in before if before[key] != after[key]}
        assert told & before.keys() <= differing
        present += (await do(kernel, "record.list", zone_id=ZONE)).items
        existing = {f"{each.name}.{ZONE}.".removeprefix("@.") for each in present}
        expected = {f"{name} A" for name in existing} | {
            f"{each.name}.{ZONE}. {each.data.type}".removeprefix("@.") for each in present
        }
        missed = (differing & expected) - told
        if '"DNAME"' not in msgspec.json.encode(found.items).decode():
            missed = {key for key in missed if not over_a_dname(before[key], after[key])}
        assert not missed, (change, missed, found.lines)
    assert stored > 50
