"""Messages as values and back; what is malformed is refused, and Google's reader is the judge."""

import json
from typing import Any

import pytest
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass
from hypothesis import given
from hypothesis import strategies as st

from microdns.errors import Invalid
from microdns_grpc import wire
from microdns_grpc.generated.microdns import v1
from microdns_grpc.messages import Shape, shape_of
from microdns_grpc.methods import methods
from microdns_grpc.wire import Malformed

SHAPES = sorted({method.request for method in methods().values()}, key=lambda s: s.kind.__name__)
JSON_MAX = 10 * 1024


def google(shape: Shape) -> Any:
    """Google's class of the same message."""
    described: Any = shape.kind
    return GetMessageClass(described.DESCRIPTOR)


def values(shape: Shape, octets: bytes) -> dict[str, Any]:
    return shape.values(shape.parse(octets), JSON_MAX)


tags = st.builds(
    lambda number, kind: bytes([number << 3 | kind]), st.integers(0, 15), st.integers(0, 7)
)
lengths = st.integers(0, 8).map(lambda number: bytes([number]))
pieces = st.one_of(tags, lengths, st.binary(max_size=8), st.just(b"\xff" * 9 + b"\x01"))
octet_strings = st.lists(pieces, max_size=12).map(b"".join)


@given(st.sampled_from(SHAPES), octet_strings)
def test_octets_are_a_message_or_malformed_and_nothing_else(shape: Shape, octets: bytes) -> None:
    try:
        found = values(shape, octets)
    except Invalid:
        return
    assert set(found) <= shape.keys
    google(shape).FromString(octets)  # what Google's reader refuses, we refuse


texts = st.text(max_size=20)
records = st.fixed_dictionaries(
    {"zone_id": texts, "name": texts, "data": st.recursive(st.integers() | texts, st.lists)},
    optional={
        "ttl": st.integers(0, 2**32 - 1),
        "enabled": st.booleans(),
        "health_check": st.fixed_dictionaries({"probe_type": texts.filter(bool)}),
    },
)


@given(records)
def test_values_go_there_and_back(given_values: dict[str, Any]) -> None:
    shape = shape_of(v1.CreateRecordRequest)
    octets = bytes(shape.message(given_values))
    wanted = {name: value for name, value in given_values.items() if value != "" or name == "data"}
    wanted["data"] = json.loads(json.dumps(given_values["data"]))
    assert shape.values(shape.parse(octets), 1 << 20) == wanted
    theirs = google(shape).FromString(octets)
    assert theirs.name == given_values["name"]
    assert theirs.HasField("ttl") == ("ttl" in given_values)
    assert values(shape, theirs.SerializeToString()) == values(shape, octets)


def test_what_is_optional_may_be_zero_and_other_zeros_are_left_out() -> None:
    shape = shape_of(v1.CreateZoneRequest)
    assert values(shape, bytes(v1.CreateZoneRequest(default_ttl=0))) == {"default_ttl": 0}
    listed = shape_of(v1.ListZonesRequest)
    assert values(listed, bytes(v1.ListZonesRequest(limit=0, name=""))) == {}
    empty = v1.CreateZoneRequest(soa=v1.SoaInput())
    assert values(shape, bytes(empty)) == {"soa": {}}


def test_maps_and_lists_are_taken() -> None:
    asked = v1.ImportZoneRequest(text="x", includes={"a": "1", "b": ""})
    shape = shape_of(v1.ImportZoneRequest)
    assert values(shape, bytes(asked)) == {"text": "x", "includes": {"a": "1", "b": ""}}
    watch = v1.WatchRequest(after=0, type=["a", "b"])
    assert values(shape_of(v1.WatchRequest), bytes(watch)) == {"after": 0, "type": ["a", "b"]}


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"\x0a\x05abc", "cut off"),
        (b"\x0a", "cut off"),
        (b"\x08\x01", "another type"),
        (b"\x0b\x0c", "another type"),
        (b"\x7b\x7c", "no wire type 3"),
        (b"\x02\x01a", "no possible number"),
        (b"\x0a\x02\xff\xfe", "UTF-8"),
        (b"\x80" * 11, "too long"),
        (b"\x7a\x00" * (wire.FIELDS_MAX + 1), "more than 50,000 fields"),
    ],
)
def test_each_kind_of_malformed_message_is_told(octets: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        shape_of(v1.GetZoneRequest).parse(octets)


def test_json_in_a_field_has_a_limit_and_is_named() -> None:
    shape = shape_of(v1.ChangeRecordsRequest)
    for text, reason in [
        ("{", "is not JSON"),
        ('"' + "x" * JSON_MAX + '"', "longer than 10,240 octets"),
        ("[" * 5000, "not JSON|nested too deeply"),
    ]:
        asked = v1.ChangeRecordsRequest(changes_json=["1", text])
        with pytest.raises(Invalid, match=reason) as refused:
            values(shape, bytes(asked))
        assert refused.value.problems[0].path == "changes_json[1]"


def test_google_refuses_what_is_cut_off_too() -> None:
    with pytest.raises(DecodeError):
        google(shape_of(v1.GetZoneRequest)).FromString(b"\x0a\x05abc")
