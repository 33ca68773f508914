"""Whatever msgpack holds goes through JSON and comes back the same."""

import math
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdns.store.plain import from_json, to_json

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text("a$é\x00", max_size=4)
    | st.sampled_from(["$bytes", "$map", "$time"])
    | st.binary(max_size=4)
    | st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bound
    | st.builds(msgspec.msgpack.Ext, st.integers(0, 127), st.binary(max_size=3))
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("a$", max_size=3) | st.integers(0, 9), inner, max_size=3)
        | st.dictionaries(st.sampled_from(["$bytes", "$map", "$float"]), inner, max_size=2)
    ),
    max_leaves=8,
)


@given(values)
def test_a_value_survives_json(value: Any) -> None:
    stored = msgspec.msgpack.encode(value)
    text = msgspec.json.encode(to_json(msgspec.msgpack.decode(stored)))
    assert msgspec.msgpack.encode(from_json(msgspec.json.decode(text))) == stored


def test_what_json_has_not_is_written_out() -> None:
    assert to_json(b"\x00") == {"$bytes": "AA=="}
    assert to_json(math.inf) == {"$float": "inf"}
    assert to_json({1: "a"}) == {"$map": [[1, "a"]]}
    assert math.isnan(from_json(to_json(math.nan)))


@pytest.mark.parametrize(
    "wrong", [{"$bytes": 1}, {"$bytes": "!"}, {"$map": 3}, {"$ext": []}, {"$what": 1}, {"$time": 0}]
)
def test_what_is_never_written_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is not ours
        from_json(wrong)
