"""What the peers differ in, case by case and field by field, and whom we follow.

``differences.toml`` holds reasons (each cites the RFC section that decides) and one entry a case::

    [reason.any]
    follows = "RFC 8482 4.1"
    says = "A responder may give a subset of the RRsets at the name."

    [[difference]]
    case = "rfc8482/test_any.py::test_any[example. ANY]"
    reason = "any"
    [difference.answer]
    nsd = '''...'''
    knot = "as nsd"
    bind = '''...'''
    ours = "as bind"

``ours`` is a peer's answer or a text of its own. Long texts are shortened to a digest.
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

DIFFERENCES = Path(__file__).with_name("differences.toml")
PEERS = ("nsd", "knot", "bind")
OURS = "ours"

_TEXT_CHARACTERS_MAX = 1000
_HEADING = """\
# What NSD, Knot and BIND differ in, and whom MicroDNS follows; see differences.py for the form.
# Peers' texts are written by: pytest tests/conformance --record-differences
# Reasons, and "ours", are written by hand.
"""


@dataclass(frozen=True)
class Reason:
    """``follows`` names the document and section that decides, ``says`` how."""

    follows: str
    says: str


@dataclass
class Difference:
    """One case: for each field that differs, the text of each peer and of ours."""

    case: str
    reason: str
    fields: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass
class Differences:
    reasons: dict[str, Reason] = field(default_factory=dict)
    by_case: dict[str, Difference] = field(default_factory=dict)

    def reason_of(self, difference: Difference) -> Reason | None:
        return self.reasons.get(difference.reason)


def shorten(text: str) -> str:
    """``text`` itself when it is short, else its beginning, its length and a digest."""
    if len(text) <= _TEXT_CHARACTERS_MAX:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{text[:80]}… ({len(text)} characters, sha256 {digest})"


def load(path: Path = DIFFERENCES) -> Differences:
    """Reads the file with "as PEER" resolved; raises KeyError for a form that is not ours."""
    document = tomllib.loads(path.read_text()) if path.exists() else {}
    reasons = {name: Reason(**entry) for name, entry in document.get("reason", {}).items()}
    listed = [_difference(entry) for entry in document.get("difference", [])]
    return Differences(reasons, {entry.case: entry for entry in listed})


def _difference(entry: Mapping[str, str | dict[str, str]]) -> Difference:
    found = Difference(str(entry["case"]), str(entry["reason"]))
    for name, texts in entry.items():
        if isinstance(texts, dict):
            found.fields[name] = _resolved(texts)
    return found


def _resolved(texts: dict[str, str]) -> dict[str, str]:
    return {who: texts.get(text.removeprefix("as "), text) for who, text in texts.items()}


def save(differences: Differences, path: Path = DIFFERENCES) -> None:
    parts = [_HEADING]
    for name, reason in sorted(differences.reasons.items()):
        parts.append(
            f"[reason.{name}]\nfollows = {_quoted(reason.follows)}\nsays = {_quoted(reason.says)}\n"
        )
    parts += [_written(entry) for _case, entry in sorted(differences.by_case.items())]
    path.write_text("\n".join(parts))


def _written(difference: Difference) -> str:
    lines = [
        "[[difference]]",
        f"case = {_quoted(difference.case)}",
        f"reason = {_quoted(difference.reason)}",
    ]
    for name, texts in difference.fields.items():
        lines.append(f"[difference.{name}]")
        seen: dict[str, str] = {}
        for who in (*PEERS, OURS):
            text = texts[who]
            lines.append(f"{who} = {_quoted(f'as {seen[text]}' if text in seen else text)}")
            seen.setdefault(text, who)
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A TOML string; several lines become a literal one, which needs no escapes."""
    if "\n" in text and "'''" not in text:
        return f"'''\n{text}'''"
    return json.dumps(text, ensure_ascii=False)
