"""The list of differences fits the catalogue, and the judge wants what it should."""

import importlib
from pathlib import Path
from types import ModuleType

import pytest
from tests.conformance import differences
from tests.conformance.differences import OURS, PEERS, Difference, Differences, Reason
from tests.conformance.judge import SUBJECT, judge
from tests.conformance.questions import Case
from tests.conformance.response import FIELDS, TRUNCATED, Response

_FOLDER = Path(__file__).parent
_CASE = "rfc0000/test_it.py::test_it[example. A]"


def _case_ids(path: Path) -> set[str]:
    """The ids that pytest gives to the cases of a module."""
    inner = path.relative_to(_FOLDER)
    name = ".".join(("tests", "conformance", *inner.with_suffix("").parts))
    module = importlib.import_module(name)
    return {
        f"{inner.as_posix()}::{test}[{case.name.encode('unicode_escape').decode()}]"
        for test, cases in _tests(module)
        for case in cases
    }


def _tests(module: ModuleType) -> list[tuple[str, list[Case]]]:
    found = []
    for name, value in vars(module).items():
        marks = getattr(value, "pytestmark", []) if name.startswith("test_") else []
        cases = [
            case
            for mark in marks
            if mark.name == "parametrize"
            for case in mark.args[1]
            if isinstance(case, Case)
        ]
        found.append((name, cases))
    return found


def test_each_listed_case_is_in_the_catalogue() -> None:
    known = set().union(*map(_case_ids, _FOLDER.glob("rfc*/test_*.py")))
    assert set(differences.load().by_case) - known == set()


def test_each_reason_cites_a_document_and_is_used() -> None:
    listed = differences.load()
    assert all("RFC " in reason.follows and reason.says for reason in listed.reasons.values())
    assert set(listed.reasons) == {entry.reason for entry in listed.by_case.values()}


def test_what_is_saved_is_loaded_again(tmp_path: Path) -> None:
    listed = differences.load()
    differences.save(listed, tmp_path / "differences.toml")
    assert differences.load(tmp_path / "differences.toml") == listed


def _response(answer: str) -> Response:
    return Response(dict.fromkeys(FIELDS, "same") | {"answer": answer}, answer)


def _responses(*answers: str) -> dict[str, Response]:
    return {who: _response(answer) for who, answer in zip((*PEERS, SUBJECT), answers, strict=False)}


def _listed(*texts: str, reason: str = "why") -> Differences:
    fields = {"answer": dict(zip((*PEERS, OURS), texts, strict=True))}
    return Differences({"why": Reason("RFC 1", "so")}, {_CASE: Difference(_CASE, reason, fields)})


@pytest.mark.parametrize(
    ("answers", "listed", "complaint"),
    [
        (("a", "a", "a", "a"), Differences(), ""),
        (("a", "a", "a"), Differences(), ""),
        (("a", "a", "a", "b"), Differences(), "we differ from the three peers"),
        (("a", "b", "a", "a"), Differences(), "the list does not have it"),
        (("a", "b", "a", "b"), _listed("a", "b", "a", "b"), ""),
        (("a", "b", "a", "a"), _listed("a", "b", "a", "b"), "we differ from the list"),
        (("a", "c", "a", "b"), _listed("a", "b", "a", "b"), "knot no longer says"),
        (("a", "a", "a", "a"), _listed("a", "b", "a", "a"), "the listed difference is no more"),
        (("a", "b", "a", "b"), _listed("a", "b", "a", "b", reason=""), "no known reason"),
        (("a", TRUNCATED, "a", "a"), Differences(), ""),
        (("a", TRUNCATED, "a", "b"), Differences(), "we differ from the three peers"),
        (("a", "a", "a", TRUNCATED), Differences(), ""),
    ],
)
def test_the_rule(answers: tuple[str, ...], listed: Differences, complaint: str) -> None:
    complaints = "\n".join(judge(_CASE, _responses(*answers), listed).complaints)
    assert complaint in complaints
    assert bool(complaint) == bool(complaints)
