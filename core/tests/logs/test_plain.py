"""Whatever a record holds, it becomes one bounded line."""

import dataclasses
import enum
import json
import logging
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdns.logs.entry import LogEntry, entry_of, format_time
from microdns.logs.plain import plain, summary
from microdns.logs.render import as_json, as_text

VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(),
        st.binary(),
        st.datetimes(),
        st.ip_addresses(),
        st.complex_numbers(),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner),
        st.dictionaries(st.one_of(st.text(), st.integers(), st.none()), inner, max_size=3),
    ),
    max_leaves=10,
)


def entry(message: str, fields: dict[Any, Any], args: tuple[Any, ...] = ()) -> LogEntry:
    record = logging.LogRecord("microdns.x", logging.INFO, "x.py", 1, message, args, None)
    record.event = "test.event"
    record.fields = fields
    return entry_of(record, 1, 0)


@given(st.text(), st.dictionaries(st.text(), VALUES, max_size=5), st.tuples(VALUES))
def test_any_record_is_one_line_in_each_format(
    message: str, fields: dict[str, Any], args: tuple[Any, ...]
) -> None:
    made = entry(message, fields, args)
    for line in (as_json(made), as_text(made)):
        assert len(line.splitlines()) == 1
        line.encode()
        assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in line)
    assert json.loads(as_json(made))["message"] == made.message


@given(VALUES)
def test_any_value_becomes_json_of_bounded_size(value: Any) -> None:
    assert len(msgspec.json.encode(plain(value))) < 200_000


class Colour(enum.Enum):
    RED = "red"


class Point(msgspec.Struct):
    x: int


@dataclasses.dataclass
class Pair:
    left: Point


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Colour.RED, "red"),
        (Point(1), {"x": 1}),
        (Pair(Point(2)), {"left": {"x": 2}}),
        (b"\x00\xff", "00ff"),
        (10**30, "0xc9f2c9cd04674edea40000000"),
        (1 << 5000, "<integer of 5001 bits>"),
        (float("nan"), "nan"),
        (ValueError("x\ny"), "ValueError: x y"),
        ([[[[[1]]]]], [[[["…"]]]]),
    ],
)
def test_values_take_plain_forms(value: object, expected: object) -> None:
    assert plain(value) == expected


def test_long_things_are_cut() -> None:
    assert len(plain("x" * 10**6)) < 3_000
    assert len(plain(list(range(10**4)))) == 50
    assert len(entry("x" * 10**6, {str(number): number for number in range(1000)}).fields) == 64


def test_a_group_of_errors_is_summed_up() -> None:
    group = ExceptionGroup("several", [ValueError("a"), ExceptionGroup("more", [OSError("b")])])
    assert summary(group) == (
        "ExceptionGroup: several (2 sub-exceptions) "
        "[ValueError: a; ExceptionGroup: more (1 sub-exception) [OSError: b]]"
    )


def test_a_traceback_for_people_has_marked_lines() -> None:
    made = LogEntry(
        sequence=1,
        time_ns=0,
        level="error",
        event="x.y",
        logger="microdns",
        message="failed",
        error="ValueError: x",
        traceback="Traceback:\nValueError: \x1b[31mx",
    )
    assert as_text(made, multiline=True) == (
        '1970-01-01T00:00:00.000Z ERROR x.y failed error="ValueError: x"\n'
        "  | Traceback:\n"
        "  | ValueError: \\u001b[31mx"
    )


def test_times_are_utc_to_the_millisecond() -> None:
    assert format_time(1_795_378_800_999_999_999) == "2026-11-22T20:20:00.999Z"


def test_attributes_of_extra_are_fields() -> None:
    extra = {"event": "a.b", "plugin": "auth", "fields": {"n": 1}}
    record = logging.makeLogRecord({"msg": "x", "levelno": logging.INFO, **extra})
    assert entry_of(record, 1, 0).fields == {"plugin": "auth", "n": 1}
