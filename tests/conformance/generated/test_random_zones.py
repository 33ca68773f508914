"""Random questions to random zones: where the three peers agree, so do we.

The seed is fixed, so that a run can be had again; other seeds and longer runs by hand::

    pytest tests/conformance/generated --generated-seed 7 --generated-seconds 600
"""

import time
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest
from tests.conformance.differences import Differences
from tests.conformance.generated.zones import (
    RandomZone,
    random_questions,
    random_zones,
    write_zones,
)
from tests.conformance.judge import SUBJECT, account, complain_of_form, judge
from tests.conformance.panel import Panel
from tests.conformance.questions import Case, ask
from tests.conformance.subjects import SUBJECTS

_ZONES_PER_ROUND = 24
_AGREED_SHARE_MIN = 0.6
_FAILURES_SHOWN_MAX = 5


def _round(seed: int, folder: Path, subject: str) -> tuple[list[str], int, int]:
    """What was wrong, how many fields the peers agreed on, and how many there were."""
    random = Random(seed)
    zones = random_zones(random, _ZONES_PER_ROUND)
    cases = {
        ask(f"{name} {qtype}"): zone
        for zone in zones
        for name, qtype in random_questions(zone, random)
    }
    wrong: list[str] = []
    agreed = asked = 0
    with Panel(folder, write_zones(zones, folder), SUBJECTS[subject]) as panel:
        _check_all_loaded(panel, zones)
        for (case, zone), replies in zip(cases.items(), panel.replies(cases), strict=True):
            asked += 1
            complaints, all_agreed = _judge(panel, case, replies)
            agreed += all_agreed
            if complaints:
                responses = panel.read(case, replies)
                wrong.append(f"{account(case, complaints, responses)}\n---- zone\n{zone.text()}")
    return wrong, agreed, asked


def _judge(panel: Panel, case: Case, replies: Mapping[str, bytes | None]) -> tuple[list[str], bool]:
    """Complaints about us alone, and whether the peers agreed on everything."""
    if len(set(replies.values())) == 1:
        return [], True
    verdict = judge("", panel.read(case, replies), Differences())
    ours = [text for text in verdict.complaints if "we differ" in text]
    ours += complain_of_form(case, replies.get(SUBJECT))
    return ours, not verdict.observed


def _check_all_loaded(panel: Panel, zones: list[RandomZone]) -> None:
    cases = [ask(f"{zone.origin} SOA") for zone in zones]
    for case, replies in zip(cases, panel.replies(cases), strict=True):
        for who, response in panel.read(case, replies).items():
            assert "NOERROR" in response.fields["header"], f"{who} does not serve {case.name}"


@pytest.mark.needs("nsd", "knotd", "named")
def test_random_zones(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    seed = request.config.getoption("--generated-seed")
    subject = request.config.getoption("--subject")
    until = time.monotonic() + request.config.getoption("--generated-seconds")
    agreed = asked = 0
    while asked == 0 or time.monotonic() < until:
        folder = tmp_path / str(seed)
        folder.mkdir()
        wrong, agreed_now, asked_now = _round(seed, folder, subject)
        agreed, asked = agreed + agreed_now, asked + asked_now
        shown = "\n\n".join(wrong[:_FAILURES_SHOWN_MAX])
        assert not wrong, f"seed {seed}: {len(wrong)} of {asked_now} answers differ\n{shown}"
        print(f"seed {seed}: the peers agree on {agreed_now} of {asked_now} answers")
        seed += 1
    assert agreed > asked * _AGREED_SHARE_MIN, f"the peers agree on {agreed} of {asked} only"
