"""Rows that tell how far writes are durable, found again in logs."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from microdns.store.watermark import Watermark, without_headers

BLOCK = 32768
HEADER = b"\xffheader"


def test_writes_are_numbered_over_reopenings() -> None:
    first = Watermark(None)
    first.row()
    first.durable = 1
    second = Watermark(first.row())
    assert (second.written, second.durable) == (2, 1)
    assert Watermark(second.row()).written == 3


def test_a_database_without_a_row_begins_with_its_own() -> None:
    one, other = Watermark(None).row(), Watermark(None).row()
    assert len(one) == len(other) == 32
    assert one[:16] != other[:16]


def test_the_highest_promise_of_all_logs_counts(tmp_path: Path) -> None:
    watermark = Watermark(None)
    watermark.durable = 7
    (tmp_path / "000004.log").write_bytes(HEADER + b"abc" + watermark.row() + bytes(99))
    watermark.durable = 5
    (tmp_path / "000009.log").write_bytes(HEADER + watermark.row() + b"x" + watermark.row())
    (tmp_path / "000010.log").write_bytes(b"")
    assert watermark.promised(tmp_path) == 7


def test_rows_of_another_database_and_half_rows_promise_nothing(tmp_path: Path) -> None:
    other, own = Watermark(None), Watermark(None)
    other.durable = own.durable = 9
    (tmp_path / "1.log").write_bytes(HEADER + other.row() + own.row()[:-1])
    assert own.promised(tmp_path) == 0


@given(st.integers(0, 3 * BLOCK))
def test_a_row_is_found_where_blocks_cut_it_in_two(before: int) -> None:
    watermark = Watermark(None)
    watermark.durable = 3
    payload = bytes(before) + watermark.row() + b"x" * 50
    size = BLOCK - len(HEADER)
    log = b"".join(HEADER + payload[at : at + size] for at in range(0, len(payload), size))
    assert without_headers(log) == payload
