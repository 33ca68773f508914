"""What a transaction has written, over what is stored."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from microdns.store import StoreOptions
from microdns.store.engine import Engine, Family
from microdns.store.overlay import Overlay, SortedKeys, merged
from microdns.store.table import Table

from .samples import NOTES

TABLE = Table(NOTES, Family(NOTES.name, Engine(Path("nowhere"), StoreOptions())))

keys = st.binary(max_size=3)


@given(st.sets(keys), st.lists(keys, unique=True), keys, keys)
def test_sorted_keys_give_what_lies_between(
    first: set[bytes], later: list[bytes], low: bytes, high: bytes
) -> None:
    ordered = SortedKeys(first)
    known = set(first)
    for key in later:
        if key not in known:
            ordered.add(key)
            known.add(key)
    assert ordered.between(low, high) == sorted(key for key in known if low <= key < high)


def test_sorted_keys_stay_sorted_beyond_a_bucket() -> None:
    ordered = SortedKeys(b"%05d" % (n * 7919 % 5000) for n in range(0, 5000, 2))
    for number in range(1, 5000, 2):
        ordered.add(b"%05d" % (number * 7919 % 5000))
    assert ordered.between(b"", b"x") == [b"%05d" % number for number in range(5000)]
    assert ordered.between(b"01000", b"01003") == [b"01000", b"01001", b"01002"]


@given(
    st.dictionaries(keys, st.just(b"stored")),
    st.dictionaries(keys, st.sampled_from([b"written", None])),
    st.booleans(),
)
def test_written_rows_lie_over_stored_ones(
    stored: dict[bytes, bytes], written: dict[bytes, bytes | None], reverse: bool
) -> None:
    overlay = Overlay(TABLE)
    for key, raw in written.items():
        overlay.write(key, raw)
    over = overlay.between(b"", b"\xff" * 9)
    if reverse:
        over.reverse()
    expected = {key: raw for key, raw in {**stored, **written}.items() if raw is not None}
    rows = merged(iter(sorted(stored.items(), reverse=reverse)), over, reverse)
    assert list(rows) == sorted(expected.items(), reverse=reverse)
