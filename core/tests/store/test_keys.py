"""Key encoding: bytes sort as what they stand for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdns.store.keys import after_prefix, escape, join, split, uint

# Few distinct bytes, so that the special ones meet.
parts = st.lists(st.text("\x00\x01\x02a\xfe\xff", max_size=5).map(lambda t: t.encode("latin-1")))


@given(parts, parts)
def test_joined_keys_sort_as_their_parts(one: list[bytes], other: list[bytes]) -> None:
    assert (join(*one) < join(*other)) == (one < other)


@given(parts)
def test_split_undoes_join(key: list[bytes]) -> None:
    assert split(join(*key)) == key


@given(parts, parts)
def test_leading_parts_are_a_prefix_and_nothing_else_is(one: list[bytes], two: list[bytes]) -> None:
    assert join(*two).startswith(join(*one)) == (two[: len(one)] == one)


@given(st.binary(max_size=6), st.binary(max_size=6))
def test_the_escape_of_a_prefix_is_a_prefix_of_the_escape(prefix: bytes, rest: bytes) -> None:
    assert escape(prefix + rest).startswith(escape(prefix))


@given(st.binary(max_size=8))
def test_whatever_split_accepts_is_what_join_makes(key: bytes) -> None:
    try:
        found = split(key)
    except ValueError:
        return
    assert join(*found) == key


@given(st.binary(max_size=4), st.binary(max_size=6))
def test_after_prefix_is_the_least_key_beyond(prefix: bytes, key: bytes) -> None:
    end = after_prefix(prefix)
    if end is None:
        assert prefix.strip(b"\xff") == b""
    else:
        assert key.startswith(prefix) == (prefix <= key < end)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_numbers_sort_as_numbers(one: int, other: int) -> None:
    assert (uint(one) < uint(other)) == (one < other)


def test_a_number_beyond_its_octets_is_refused() -> None:
    with pytest.raises(OverflowError):
        uint(256, 1)
