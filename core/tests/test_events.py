"""What interfaces show of events."""

import json

import msgspec

from microdns.access.keys import KeyCreated, KeyDeleted
from microdns.events import KERNEL, Entry, Event, Principal, UnknownEvent
from microdns.lifecycle.operations.journal import render_entry


class Moved(Event, frozen=True, kw_only=True, tag="thing.moved"):
    """One that says whom it is about."""

    thing: str
    at: str = msgspec.field(default="", name="place")

    def headline(self) -> str:
        return self.thing


class Silent(Event, frozen=True, kw_only=True, tag="thing.silent"):
    """One that does not."""

    count: int


def entry(event: Event, type: str = "thing.moved") -> Entry:
    return Entry(sequence=7, transaction=7, time_ns=0, type=type, actor=KERNEL, event=event)


def test_an_event_is_shown_with_its_fields_and_its_headline() -> None:
    assert Moved(thing="chair", at="hall").shown_to(KERNEL) == {
        "thing": "chair",
        "place": "hall",
        "summary": "chair",
    }


def test_an_event_without_a_headline_has_no_summary() -> None:
    assert Silent(count=1).shown_to(KERNEL) == {"count": 1}


def test_a_caller_with_limits_sees_nothing() -> None:
    limited = Principal("key", limits={"zone": ("example.com",)})
    assert Moved(thing="chair").shown_to(limited) is None
    assert entry(Moved(thing="chair")).shown_to(limited) is None


def test_the_type_stands_in_the_entry_alone() -> None:
    for event in (Moved(thing="chair"), UnknownEvent(type="thing.moved", payload=b"\x80")):
        shown = json.loads(msgspec.json.encode(entry(event).shown_to(KERNEL)))
        assert shown["type"] == "thing.moved"
        assert "type" not in shown["event"]


def test_an_event_of_a_plugin_that_is_not_there_says_so() -> None:
    shown = UnknownEvent(type="thing.moved", payload=b"\x80").shown_to(KERNEL)
    assert shown["summary"] == "the plugin that knows it is not running"
    assert shown["payload"] == b"\x80"


def test_keys_are_told_by_name_and_scopes() -> None:
    made = KeyCreated(name="deploy", scopes=("zones:read", "records:write"))
    assert made.headline() == "deploy: zones:read, records:write"
    assert KeyDeleted(name="deploy").headline() == "deploy"


def line(event: Event) -> str:
    return render_entry(json.loads(msgspec.json.encode(entry(event).shown_to(KERNEL))))


def test_a_line_has_the_headline_or_else_all_of_the_event() -> None:
    assert line(Moved(thing="chair", at="hall")).endswith("  thing.moved  chair")
    assert line(Silent(count=1)).endswith('  {"count":1}')


def test_what_a_line_quotes_cannot_take_over_a_terminal() -> None:
    assert line(Moved(thing="a\x1b[2J\nb")).endswith(r"  a\x1b[2J\nb")
