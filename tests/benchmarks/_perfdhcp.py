"""perfdhcp's load, and what its report says of the replies: how many, and how soon."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tests.scenarios.dhcp.namespaces import Host

CLIENTS = "1000000"
P99_MS_MAX = 5.0
"""Wanted of replies at half of the rate that is reached."""

_RATE = re.compile(r"^Rate: ([\d.]+) 4-way", re.MULTILINE)
_RECEIVED = re.compile(r"received packets: (\d+)")
_DELAY = re.compile(r"avg delay: ([\d.]+)")
_PART = re.compile(r"\*\*\*Timestamps for packets: (\S+)\*\*\*\n((?:sent.*\n)*)")
_TIMES = re.compile(r"sent / received: ([\d.]+) / ([\d.]+)")


def load(host: Host, family: int, rate: int, seconds: int, target: Sequence[str]) -> str:
    """Ask for so many exchanges a second, whatever comes back; perfdhcp's report."""
    given = (f"-{family}", "-r", str(rate), "-R", CLIENTS, "-p", str(seconds), "-x", "t")
    return host.run("taskset", "-c", "1", "perfdhcp", *given, *target, check=False)


@dataclass(frozen=True)
class Delays:
    """How long replies of one kind took, in milliseconds."""

    kind: str
    """``REQUEST-ACK``, say: what was sent, and what came back."""
    ms: list[float]

    def at(self, percent: float) -> float:
        """The delay that so many percent of them do not exceed."""
        return self.ms[min(len(self.ms) - 1, int(len(self.ms) * percent / 100))]

    def __str__(self) -> str:
        return f"{self.kind} p50 {self.at(50):.2f} ms, p99 {self.at(99):.2f} ms"


def delays(report: str) -> list[Delays]:
    """Of each kind of reply that the report has times of."""
    found = []
    for kind, lines in _PART.findall(report):
        ms = sorted((float(b) - float(a)) * 1000 for a, b in _TIMES.findall(lines))
        if ms:
            found.append(Delays(kind, ms))
    return found


def summary(report: str, seconds: int, spent: float) -> str:
    """The figures of a run that asks for more than a server can do."""
    offers, acks = map(int, _RECEIVED.findall(report)[:2])
    delay = _DELAY.findall(report)[1:2]
    each = 1e6 * spent / max(1, offers + acks)
    return (
        f"{acks / seconds:8.0f} exchanges/s, {offers / seconds:8.0f} offers/s, "
        f"{''.join(delay)} ms to the ACK, {each:.0f} us of processor a reply"
    )


def acknowledged(report: str, seconds: int) -> float:
    """Exchanges a second that were brought to their end."""
    return int(_RECEIVED.findall(report)[1]) / seconds


def at_rate(report: str) -> str:
    """How soon replies came in a run at a rate that the server can do."""
    reached = float("".join(_RATE.findall(report)) or 0)
    told = delays(report)
    worst = max((each.at(99) for each in told), default=float("inf"))
    verdict = "as wanted" if worst <= P99_MS_MAX else f"wanted: below {P99_MS_MAX:.0f} ms"
    return f"at {reached:.0f} exchanges/s, {'; '.join(map(str, told))} ({verdict})"
