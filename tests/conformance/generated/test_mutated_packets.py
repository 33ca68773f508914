"""Queries with octets changed, taken away and put in: where the three peers agree, so do we."""

import struct
from pathlib import Path
from random import Random

import pytest
from tests.conformance.differences import Differences
from tests.conformance.judge import SUBJECT, account, complain_of_form, judge
from tests.conformance.panel import Panel
from tests.conformance.questions import Case, ask, message, opt, option, question, raw, record

_PACKETS = 300
_FAILURES_SHOWN_MAX = 5

_SEEDS = [
    ask("www.chain.test A").packet,
    ask("www.chain.test A +noedns").packet,
    ask("alias.chain.test AAAA +do +option=10:0102030405060708").packet,
    ask("x.wild.test TXT +bufsize=4096").packet,
    ask("nowhere.chain.test MX +rd +cd").packet,
    ask("www.in.cut.test A +noedns").packet,
    ask("x.d.dname.test A +option=3: +option=65001:00ff").packet,
    message(
        question("www.chain.test"),
        additional=[opt(options=option(65001, b"abc"))],
    ),
    message(question("www.chain.test"), additional=[record(b"\xc0\x0c", 1, 1, 0, b"\0\0\0\0")]),
]


def _mutated(packet: bytes, random: Random) -> bytes:
    """One to three changes; the id stays, by which the reply is known."""
    octets = bytearray(packet)
    for _ in range(random.randint(1, 3)):
        at = random.randrange(2, len(octets))
        match random.randrange(6):
            case 0:
                octets[at] ^= 1 << random.randrange(8)
            case 1:
                octets[at] = random.choice((0, 1, 0x3F, 0x40, 0x80, 0xC0, 0xFF))
            case 2:
                del octets[at : at + random.randint(1, 4)]
            case 3:
                octets[at:at] = random.randbytes(random.randint(1, 4))
            case 4:
                field = 2 * random.randrange(1, 6)
                octets[field : field + 2] = struct.pack("!H", random.choice((0, 1, 2, 3, 0xFFFF)))
            case _:
                del octets[at:]
        if len(octets) < 4:
            break
    return bytes(octets)


def _cases(random: Random) -> list[Case]:
    return [
        raw(f"mutation {number}", _mutated(random.choice(_SEEDS), random))
        for number in range(_PACKETS)
    ]


@pytest.mark.needs("nsd", "knotd", "named")
def test_mutated_packets(request: pytest.FixtureRequest, panel: Panel, tmp_path: Path) -> None:
    seed = request.config.getoption("--generated-seed")
    cases = _cases(Random(seed))
    wrong = []
    agreed = 0
    for case, replies in zip(cases, panel.replies(cases), strict=True):
        responses = panel.read(case, replies)
        verdict = judge("", responses, Differences())
        agreed += not verdict.observed
        complaints = complain_of_form(case, replies.get(SUBJECT))
        if "reply" not in verdict.observed:  # who is silent agrees with nobody
            complaints += [text for text in verdict.complaints if "we differ" in text]
        if complaints:
            wrong.append(account(case, complaints, responses))
    print(f"seed {seed}: the peers agree on {agreed} of {len(cases)} answers")
    shown = "\n\n".join(wrong[:_FAILURES_SHOWN_MAX])
    assert not wrong, f"seed {seed}: {len(wrong)} of {len(cases)} answers differ\n{shown}"
