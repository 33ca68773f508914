"""Whether another router on the link tells hosts something else (RFC 4861 6.2.7, RFC 8106 5.3.1).

Hosts take what they heard last, so two routers that differ make them waver.
"""

from collections.abc import Iterator

from microdns_slaac.message import Advertisement
from microdns_slaac.options import Mtu, PrefixInformation, RecursiveDns, SearchList

DIFFERENCES_MAX = 16
LIFETIME_SLACK_SECS = 60
"""Lifetimes that count down are heard some time after they were told."""


def differences(ours: Advertisement, theirs: Advertisement) -> tuple[str, ...]:
    """What differs, in words; empty when nothing does."""
    found = [*_numbers(ours, theirs), *_flags(ours, theirs), *_options(ours, theirs)]
    return tuple(found[:DIFFERENCES_MAX])


def _numbers(ours: Advertisement, theirs: Advertisement) -> Iterator[str]:
    pairs = (
        ("hop limit", ours.hop_limit, theirs.hop_limit),
        ("reachable time", ours.reachable_ms, theirs.reachable_ms),
        ("retransmission timer", ours.retrans_ms, theirs.retrans_ms),
        ("MTU", _mtu(ours), _mtu(theirs)),
    )
    for what, here, there in pairs:
        # 0 is "unspecified", which contradicts nobody.
        if here and there and here != there:
            yield f"{what}: {there}, here {here}"


def _flags(ours: Advertisement, theirs: Advertisement) -> Iterator[str]:
    if ours.managed != theirs.managed:
        yield f"managed flag: {_on(theirs.managed)}, here {_on(ours.managed)}"
    if ours.other != theirs.other:
        yield f"other flag: {_on(theirs.other)}, here {_on(ours.other)}"


def _options(ours: Advertisement, theirs: Advertisement) -> Iterator[str]:
    here = {each.prefix: each for each in _prefixes(ours)}
    for there in _prefixes(theirs):
        same = here.get(there.prefix)
        if same is not None:
            yield from _lifetimes(same, there)
    for what, mine, other in (
        ("DNS servers", _servers(ours), _servers(theirs)),
        ("search list", _domains(ours), _domains(theirs)),
    ):
        if mine and other and mine != other:
            yield f"{what}: {', '.join(sorted(other))}, here {', '.join(sorted(mine))}"


def _lifetimes(here: PrefixInformation, there: PrefixInformation) -> Iterator[str]:
    pairs = (
        ("valid", here.valid, there.valid),
        ("preferred", here.preferred, there.preferred),
    )
    for what, mine, other in pairs:
        if abs(mine - other) > LIFETIME_SLACK_SECS:
            yield f"{what} lifetime of {here.prefix}: {other}, here {mine}"


def _mtu(message: Advertisement) -> int:
    return next((each.mtu for each in message.options if isinstance(each, Mtu)), 0)


def _prefixes(message: Advertisement) -> list[PrefixInformation]:
    return [each for each in message.options if isinstance(each, PrefixInformation)]


def _servers(message: Advertisement) -> set[str]:
    options = [each for each in message.options if isinstance(each, RecursiveDns)]
    return {str(server) for each in options if each.lifetime for server in each.servers}


def _domains(message: Advertisement) -> set[str]:
    options = [each for each in message.options if isinstance(each, SearchList)]
    return {name.lower() for each in options if each.lifetime for name in each.domains}


def _on(flag: bool) -> str:
    return "on" if flag else "off"
