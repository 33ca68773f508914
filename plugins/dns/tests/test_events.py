"""Events as interfaces show them: named values, and a line that says it all."""

import json

import pytest

from microdns.events import KERNEL, Principal
from microdns.operations import Call
from microdns.store import Store
from microdns_dns.repository import (
    Add,
    Alter,
    Draft,
    RemoveMatching,
    ZoneAlter,
    ZoneRepository,
)

pytestmark = pytest.mark.anyio


async def test_each_event_is_shown_with_names_and_a_summary(
    repository: ZoneRepository, store: Store
) -> None:
    call = Call()
    await repository.create_zone(call, repository.new_zone("example.test"))
    www = Draft("www", 1, b"\xc0\0\2\1", comment="note")
    outcome = await repository.change(call, "example.test", [Add(www)])
    await repository.change(
        call, "example.test", [Alter(id=outcome.added[0].id, ttl=5, enabled=False)]
    )
    await repository.change(
        call, "example.test", [Add(Draft("a", 16, b"\1x")), Add(Draft("b", 16, b"\1x"))]
    )
    await repository.update_zone(call, "example.test", ZoneAlter(default_ttl=7))
    await repository.change(call, "example.test", [RemoveMatching("a")])
    await repository.delete_zone(call, "example.test")
    entries = [entry.event.shown_to(KERNEL) for entry in store.journal.read()]
    assert [entry["summary"] for entry in entries] == [
        "example.test",
        "example.test: + www 300 A 192.0.2.1",
        "example.test: - www 300 A 192.0.2.1, + www 5 A 192.0.2.1 (disabled)",
        "example.test: 2 added, 0 changed, 0 removed",
        "example.test: serial 1767225603 to 1767225604",
        'example.test: - a 300 TXT "x"',
        "example.test: 0 added, 0 changed, 2 removed",
        "example.test",
    ]
    added = entries[1]
    assert added["serial_after"] == added["serial_before"] + 1
    assert added["changes"][0]["before"] is None
    record = added["changes"][0]["after"]
    assert (record["data"], record["comment"]) == ({"type": "A", "data": "192.0.2.1"}, "note")
    assert entries[4]["after"]["default_ttl"] == 7
    json.dumps(entries)


async def test_a_limited_key_sees_what_lies_within_its_limits(
    repository: ZoneRepository, store: Store
) -> None:
    call = Call()
    await repository.create_zone(call, repository.new_zone("example.test"))
    await repository.create_zone(call, repository.new_zone("other.test"))
    drafts = [Add(Draft("a.dev", 1, b"\xc0\0\2\1")), Add(Draft("www", 1, b"\xc0\0\2\1"))]
    outcome = await repository.change(call, "example.test", drafts)
    await repository.change(call, "example.test", [RemoveMatching("www")])
    moved = Alter(id=outcome.added[0].id, name="b")
    await repository.change(call, "example.test", [moved])
    limited = Principal("key", limits={"zone": ("example.*",), "name": ("*.dev.example.test",)})
    shown = [entry.event.shown_to(limited) for entry in store.journal.read()]
    assert [one and one["summary"] for one in shown] == [
        "example.test",
        None,
        "example.test: + a.dev 300 A 192.0.2.1",
        None,
        "example.test: - a.dev 300 A 192.0.2.1",
    ]
