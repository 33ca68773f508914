"""Control frames of Frame Streams: written and read alike, and nothing malformed is believed."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdns_dnstap.frames import (
    CONTENT_TYPE,
    CONTROL_MAX,
    Control,
    ControlReader,
    ControlType,
    Malformed,
    decode,
    encode,
)

controls = st.builds(
    Control,
    st.sampled_from(ControlType),
    st.lists(st.binary(max_size=60), max_size=6).map(tuple),
)


def test_ready_as_the_specification_has_it() -> None:
    ready = encode(Control(ControlType.READY, (CONTENT_TYPE,)))
    assert ready == bytes.fromhex("00000000 00000022 00000004 00000001 00000016") + CONTENT_TYPE


@given(st.lists(controls, max_size=4), st.data())
def test_frames_come_back_however_they_are_cut(wanted: list[Control], data: st.DataObject) -> None:
    octets = b"".join(map(encode, wanted))
    reader, found = ControlReader(), []
    while octets:
        size = data.draw(st.integers(1, len(octets)))
        found += reader.feed(octets[:size])
        octets = octets[size:]
    assert found == wanted


@given(st.binary(max_size=600))
def test_whatever_comes_is_read_or_refused(octets: bytes) -> None:
    with contextlib.suppress(Malformed):
        decode(octets)
    with contextlib.suppress(Malformed):
        ControlReader().feed(octets)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\0\0\1",
        b"\0\0\0\x09",  # no such type
        b"\0\0\0\1\0\0\0\1",  # half a field
        b"\0\0\0\1\0\0\0\1\0\0\0\5abc",
        b"\0\0\0\1\0\0\0\2\0\0\0\0",  # no such field
        b"\0\0\0\1".ljust(CONTROL_MAX + 1),
    ],
)
def test_malformed_frames_are_refused(octets: bytes) -> None:
    with pytest.raises(Malformed):
        decode(octets)


def test_data_and_frames_that_are_too_long_are_refused_at_once() -> None:
    with pytest.raises(Malformed):
        ControlReader().feed(b"\0\0\0\5\0\0\0\1")
    with pytest.raises(Malformed):
        ControlReader().feed(b"\0\0\0\0\0\1\0\0")


def test_nothing_named_agrees_with_all() -> None:
    assert Control(ControlType.ACCEPT).accepts(CONTENT_TYPE)
    assert Control(ControlType.ACCEPT, (b"x", CONTENT_TYPE)).accepts(CONTENT_TYPE)
    assert not Control(ControlType.ACCEPT, (b"x",)).accepts(CONTENT_TYPE)
