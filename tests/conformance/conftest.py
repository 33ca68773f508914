"""One panel of servers a session; the cases of a module are asked all together, then judged."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.conformance import differences
from tests.conformance.differences import OURS, Difference, Differences, shorten
from tests.conformance.judge import SUBJECT, account, complain_of_form, judge
from tests.conformance.panel import Panel, zone_files
from tests.conformance.questions import Case
from tests.conformance.response import Response
from tests.conformance.subjects import SUBJECTS
from tests.conformance.suite import Agree

_FOLDER = Path(__file__).parent


@dataclass
class _Book:
    """The list as it is, and as this run would write it."""

    listed: Differences
    seen: set[str] = field(default_factory=set)
    observed: dict[str, Difference] = field(default_factory=dict)

    def note(
        self, case_id: str, fields: dict[str, dict[str, str]], responses: Mapping[str, Response]
    ) -> None:
        self.seen.add(case_id)
        if not fields:
            return
        known = self.listed.by_case.get(case_id)
        noted = Difference(case_id, known.reason if known else "")
        for name, texts in fields.items():
            before = known.fields.get(name) if known else None
            ours = responses.get(SUBJECT)
            said = shorten(ours.fields[name]) if ours else ""
            noted.fields[name] = texts | {OURS: before[OURS] if before else said}
        self.observed[case_id] = noted

    def save(self) -> None:
        kept = {case: entry for case, entry in self.listed.by_case.items() if case not in self.seen}
        differences.save(Differences(self.listed.reasons, kept | self.observed))


@pytest.fixture(scope="session")
def panel(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Panel]:
    subject = SUBJECTS[request.config.getoption("--subject")]
    with Panel(tmp_path_factory.mktemp("panel"), zone_files(), subject) as running:
        yield running


@pytest.fixture(scope="session")
def book(request: pytest.FixtureRequest) -> Iterator[_Book]:
    kept = _Book(differences.load())
    yield kept
    if request.config.getoption("--record-differences"):
        kept.save()


@pytest.fixture(scope="module")
def replies(request: pytest.FixtureRequest, panel: Panel) -> dict[Case, dict[str, bytes | None]]:
    """What each server said to each case of the module."""
    here = [item for item in request.session.items if item.path == request.path]
    specifications = [getattr(item, "callspec", None) for item in here]
    parameters = [found.params.get("case") for found in specifications if found]
    cases = [case for case in parameters if isinstance(case, Case)]
    return dict(zip(cases, panel.replies(cases), strict=True))


@pytest.fixture
def agree(
    request: pytest.FixtureRequest,
    panel: Panel,
    book: _Book,
    replies: dict[Case, dict[str, bytes | None]],
) -> Agree:
    path = request.path.relative_to(_FOLDER).as_posix()
    case_id = f"{path}::{request.node.name}"
    recording = request.config.getoption("--record-differences")

    def check(case: Case) -> None:
        responses = panel.read(case, replies[case])
        verdict = judge(case_id, responses, book.listed)
        verdict.complaints += complain_of_form(case, replies[case].get(SUBJECT))
        book.note(case_id, verdict.observed, responses)
        if verdict.complaints and not recording:
            shown = account(case, verdict.complaints, responses)
            pytest.fail(f"{shown}\n{panel.log_of_silent(replies[case])}", pytrace=False)

    return check
