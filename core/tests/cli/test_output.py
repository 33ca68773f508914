"""What the command line prints."""

import msgspec
import pytest

from microdns.cli.output import cell, pick, rows_of, show, show_error, table
from microdns.errors import Invalid, NotFound, Problem
from microdns.operations import Column

COLUMNS = (Column("NAME", "name"), Column("TYPE", "data.type"))


def test_a_table_aligns_its_columns_and_looks_into_nested_values() -> None:
    rows = [{"name": "a-long-name", "data": {"type": "A"}}, {"name": "b", "data": {}}]
    assert table(rows, COLUMNS) == ["NAME         TYPE", "a-long-name  A", "b            -"]


def test_a_long_cell_is_cut_and_says_so() -> None:
    lines = table([{"name": "x" * 500, "data": {"type": "A"}}], COLUMNS)
    assert lines[1] == "x" * 79 + "…  A"


def test_pages_and_lists_have_rows_and_other_values_have_none() -> None:
    assert rows_of({"items": [{"a": 1}], "total": 1}) == [{"a": 1}]
    assert rows_of([{"a": 1}]) == [{"a": 1}]
    assert rows_of({"a": 1}) is None
    assert rows_of("text") is None
    assert rows_of([1, 2]) is None


def test_a_missing_step_of_a_path_is_none() -> None:
    assert pick({"a": 1}, "a.b") is None


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "-"),
        ("", "-"),
        (0, "0"),
        (True, "yes"),
        (False, "no"),
        (["a"], '["a"]'),
        ("safe\x1b[31m", "safe\\x1b[31m"),
        ("two\nlines", "two\\nlines"),
    ],
)
def test_a_cell_never_moves_the_cursor(value: object, shown: str) -> None:
    assert cell(value) == shown


def test_a_page_says_how_much_more_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    show({"items": [{"name": "x"}], "total": 9}, as_json=False)
    printed = capsys.readouterr()
    assert printed.out == "NAME\nx\n"
    assert "1 of 9" in printed.err


def test_an_empty_list_is_said_beside_the_output(capsys: pytest.CaptureFixture[str]) -> None:
    show([], as_json=False)
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "nothing found\n")


def test_facts_are_shown_one_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    show({"id": 1, "soa": {"serial": 7}, "none": None}, as_json=False)
    assert capsys.readouterr().out == "id    1\nsoa:\n  serial  7\nnone  -\n"


def test_json_is_the_value_itself(capsys: pytest.CaptureFixture[str]) -> None:
    value = {"items": [{"name": "x"}], "total": 9}
    show(value, as_json=True)
    assert msgspec.json.decode(capsys.readouterr().out) == value


def test_every_problem_of_an_error_has_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    error = Invalid.of(Problem("ttl", "must be at least 0"), Problem("name", "is too long"))
    show_error(error, as_json=False)
    assert capsys.readouterr().err == ("error: ttl: must be at least 0\nerror: name: is too long\n")
    show_error(error, as_json=True)
    body = msgspec.json.decode(capsys.readouterr().err)["error"]
    assert body["code"] == "invalid"
    assert body["problems"][1] == {"path": "name", "message": "is too long"}


def test_an_error_that_quotes_control_characters_does_not_reach_the_terminal_as_such(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_error(NotFound("no zone x\x1b[31m\u202e\nsee é"), as_json=False)
    assert capsys.readouterr().err == "error: no zone x\\x1b[31m\\u202e\nerror: see é\n"


def test_what_ran_without_a_process_is_shown_as_what_one_sends() -> None:
    assert cell(("zones:read", "*")) == cell(["zones:read", "*"]) == '["zones:read","*"]'
