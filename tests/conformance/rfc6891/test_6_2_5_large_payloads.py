"""RFC 6891 6.2.5: servers that are told to send more than 1232 octets by UDP send that, and no
more.
"""

from collections.abc import Iterator

import pytest
from tests.conformance.differences import Differences
from tests.conformance.judge import SUBJECT, account, judge
from tests.conformance.panel import Panel, zone_files
from tests.conformance.questions import Case, asks
from tests.conformance.response import TRUNCATED
from tests.conformance.subjects import SUBJECTS

pytestmark = pytest.mark.needs("nsd", "knotd", "named")

_PAYLOAD_SIZE = 4096
_SIZES = (1000, 1232, 1300, 1400, 2000, 4000, 4096, 4200, 8000)
_OFFERS = (512, 1232, 1400, 2048, 4096, 65535)

_CASES = asks(
    "\n".join(
        f"t{size}.big.test TXT {options}"
        for size in _SIZES
        for options in ("+tcp", "+noedns", *(f"+bufsize={offer}" for offer in _OFFERS))
    )
)


@pytest.fixture(scope="module")
def large(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Panel]:
    """All servers, with a payload size of 4096."""
    subject = SUBJECTS[request.config.getoption("--subject")]
    zones = [zone for zone in zone_files() if zone.origin == "big.test."]
    with Panel(tmp_path_factory.mktemp("large"), zones, subject, _PAYLOAD_SIZE) as running:
        yield running


@pytest.fixture(scope="module")
def replies(large: Panel) -> dict[Case, dict[str, bytes | None]]:
    return dict(zip(_CASES, large.replies(_CASES), strict=True))


@pytest.mark.parametrize("case", _CASES, ids=str)
def test_payload_of_4096(
    case: Case, large: Panel, replies: dict[Case, dict[str, bytes | None]]
) -> None:
    responses = large.read(case, replies[case])
    complaints = judge("", responses, Differences()).complaints
    reply = replies[case].get(SUBJECT)
    if reply is not None and case.transport == "udp" and len(reply) > _PAYLOAD_SIZE:
        complaints.append(f"our reply has {len(reply)} octets")
    shown = f"{account(case, complaints, responses)}\n{large.log_of_silent(replies[case])}"
    assert not complaints, shown


def test_both_kinds_of_answer_are_among_them(
    large: Panel, replies: dict[Case, dict[str, bytes | None]]
) -> None:
    answers = {large.read(case, replies[case])["nsd"].fields["answer"] for case in _CASES}
    assert TRUNCATED in answers
    assert len(answers) == len(_SIZES) + 1
