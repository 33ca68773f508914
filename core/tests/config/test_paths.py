"""Key paths are written and read the same way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microdns.config.paths import KeyPath, format_path, parse_path

STEPS = st.one_of(st.text(st.characters(codec="utf-8"), min_size=1), st.integers(0, 10**6))
PATHS = (
    st.lists(STEPS, max_size=5).map(tuple).filter(lambda path: not path or path[0].__class__ is str)
)


@given(PATHS)
def test_what_is_written_is_read_back(path: KeyPath) -> None:
    text = format_path(path)
    assert text.isprintable()
    assert parse_path(text) == path


@given(st.text())
def test_any_text_is_a_path_or_a_value_error(text: str) -> None:
    try:
        assert parse_path(format_path(parse_path(text))) == parse_path(text)
    except ValueError:
        return


@pytest.mark.parametrize(
    "text", ["a..b", ".a", "a.", "a b", "[1]", "a[x]", "a[-1]", '"a', "a.[1]", "a\n"]
)
def test_malformed_paths_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        parse_path(text)
