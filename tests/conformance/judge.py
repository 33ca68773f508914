"""The rule: where the three peers agree, so do we; where they differ, the list says who says what.

It holds for each field of a reply alone, so that a listed difference in one section hides nothing
in the others. A truncated reply says nothing in its sections: whether it may be truncated is told
by the field "flags", and the sections are compared among the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.conformance.differences import OURS, PEERS, Difference, Differences, shorten
from tests.conformance.questions import Case
from tests.conformance.response import FIELDS, TRUNCATED, Response, doubled_records

SUBJECT = "microdns"


@dataclass
class Verdict:
    """``complaints`` is empty when all is well; ``observed`` is what the peers differ in now."""

    complaints: list[str] = field(default_factory=list)
    observed: dict[str, dict[str, str]] = field(default_factory=dict)


def judge(case_id: str, responses: Mapping[str, Response], differences: Differences) -> Verdict:
    """Compares field by field; ``responses`` has the three peers, and the subject or not."""
    listed = differences.by_case.get(case_id)
    verdict = Verdict()
    if listed and differences.reason_of(listed) is None:
        verdict.complaints.append(f"the list gives no known reason for it: {listed.reason!r}")
    for name in FIELDS:
        texts = {who: shorten(response.fields[name]) for who, response in responses.items()}
        _judge_field(name, texts, listed, verdict)
    return verdict


def complain_of_form(case: Case, reply: bytes | None) -> list[str]:
    """What no reply of ours may be, whatever the peers say: too long, or with records twice."""
    if reply is None:
        return []
    complaints = []
    if case.transport == "udp" and len(reply) > case.reply_size_max:
        complaints.append(f"our reply has {len(reply)} octets, for {case.reply_size_max}")
    doubled = doubled_records(reply)
    if doubled:
        complaints.append(f"our reply has these records twice: {doubled}")
    return complaints


def _judge_field(
    name: str, texts: Mapping[str, str], listed: Difference | None, verdict: Verdict
) -> None:
    peers = {who: texts[who] for who in PEERS}
    expected = listed.fields.get(name) if listed else None
    said = set(peers.values()) - {TRUNCATED}
    if len(said) < 2:
        if expected:
            verdict.complaints.append(f"{name}: the listed difference is no more: the peers agree")
        for text in said:
            _judge_ours(name, texts, text, "the three peers", verdict)
        return
    verdict.observed[name] = peers
    if expected is None:
        verdict.complaints.append(f"{name}: the peers differ, and the list does not have it")
        return
    for who in PEERS:
        if peers[who] != expected[who]:
            verdict.complaints.append(f"{name}: {who} no longer says what the list says")
    _judge_ours(name, texts, expected[OURS], "the list", verdict)


def _judge_ours(
    name: str, texts: Mapping[str, str], wanted: str, whose: str, verdict: Verdict
) -> None:
    ours = texts.get(SUBJECT)
    if ours not in (None, TRUNCATED, wanted):
        verdict.complaints.append(
            f"{name}: we differ from {whose}\n  wanted:\n{_indented(wanted)}\n"
            f"  ours:\n{_indented(ours)}"
        )


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


def account(case: Case, complaints: list[str], responses: Mapping[str, Response]) -> str:
    """What a failing test shows: the complaints, then each server's whole reply as dig would."""
    parts = [f"{case.name} ({case.transport}, {len(case.packet)} octets: {case.packet.hex()})"]
    parts += complaints
    for who, response in responses.items():
        parts.append(f"---- {who}\n{response.dig}")
    return "\n".join(parts)
