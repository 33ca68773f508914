"""How a query comes out of the zones, step by step, without answering it.

It goes through the same passes as ``answer``, and says of each what it found.  For callers with
limits, zones that they may not see are not there; for those limited by name or type, a pass shows
only when the record that decides it does.
"""

from typing import Final, NamedTuple

from microdns.events import Principal
from microdns_auth.answer import CHAIN_MAX, Search, State, solve_name
from microdns_auth.transfer.out import TransfersOut, refuse
from microdns_dns import names
from microdns_dns.explaining import Decision, Explanation, Found, Step
from microdns_dns.limits import sees_record, sees_zone
from microdns_dns.message import Query
from microdns_dns.protocol import Rcode, RRType
from microdns_dns.rdata import type_name
from microdns_dns.view import Views, ZoneView

_SECTIONS: Final = ("answer", "authority", "glue", "additional")
_HIDDEN: Final = Explanation(
    Decision.HIDDEN, (Step("hidden", "nothing that the key may see answers this"),)
)
_ENDED: Final = (State.NODATA, State.NXDOMAIN, State.YXDOMAIN, State.LOOP, State.OUTSIDE)
"""States without a record that shows them."""


class SeenViews(Views):
    """Zones as a caller may see them; the others do not exist.

    Names of zones are held against the limits before they are looked up: what is outside takes
    the same way whether it is there or not.
    """

    def __init__(self, views: Views, principal: Principal) -> None:
        super().__init__()
        self._all = views
        self._principal = principal

    def find(self, folded: bytes) -> ZoneView | None:
        while True:
            if sees_zone(self._principal, names.to_text(folded)):
                zone = self._all.find(folded)
                if zone is not None and zone.origin == folded:
                    return zone
            if folded == names.ROOT:
                return None
            folded = names.parent(folded)


class _Pass(NamedTuple):
    """One pass: the name it was about, how it came out, what it added to the reply."""

    name: bytes
    state: State
    zone: ZoneView | None
    found: tuple[Found, ...]


def explain(query: Query, views: Views, principal: Principal) -> Explanation:
    """What ``answer`` would say to a query of class IN, and why."""
    search = Search(query, SeenViews(views, principal) if principal.limits else views)
    steps: list[Step] = []
    found: list[Found] = []
    first: ZoneView | None = None
    by_record = bool(set(principal.limits) - {"zone"})
    for number in range(CHAIN_MAX + 1):
        passed = _pass(search)
        if by_record and not _shows(passed, principal):
            return _HIDDEN if number == 0 else _cut_short(steps, found)
        steps += _steps(passed, search.qtype)
        found += passed.found
        if number == 0:
            first = passed.zone
            search.reply.aa = first is not None and passed.state is not State.DELEGATION
        if passed.state not in (State.CNAME, State.DNAME):
            break
        if search.folded in search.seen or len(search.seen) >= CHAIN_MAX:
            told = "the chain comes back to itself, or is too long: what was found is answered"
            steps.append(Step(State.LOOP, told, "RFC 1034 section 3.6.2"))
            break
    if first is None:
        return Explanation(Decision.PASSES, tuple(steps))
    return Explanation(Decision.ANSWERS, tuple(steps), search.reply, tuple(found))


def _cut_short(steps: list[Step], found: list[Found]) -> Explanation:
    """The chain leads to where the caller may not look: neither its end nor the rcode shows."""
    return Explanation(Decision.HIDDEN, (*steps, *_HIDDEN.steps), None, tuple(found))


def _pass(search: Search) -> _Pass:
    name, reply = search.folded, search.reply
    before = {section: len(getattr(reply, section)) for section in _SECTIONS}
    state = solve_name(search)
    zone = search.zone
    found = tuple(
        Found(section, owner, rrset, *_kept(zone, owner, rrset.type))
        for section in _SECTIONS
        for owner, rrset in getattr(reply, section)[before[section] :]
    )
    return _Pass(name, state, zone, found)


def _kept(zone: ZoneView | None, owner: bytes, type: int) -> tuple[str, bytes]:
    """The zone, and the owner under which it keeps the records; a wildcard may stand in."""
    if zone is None:
        return "", b""
    folded = names.fold(owner)
    if not names.is_subdomain(folded, zone.origin):
        return zone.zone_id, b""
    cut = zone.cut(folded)
    if cut is not None and cut[1].type == RRType.DNAME and cut[0] != folded:
        return zone.zone_id, b""  # made from the DNAME above it
    node = zone.node(folded)
    if node is None:
        node = zone.wildcard(folded)
    if node is None or node.get(type) is None:
        return zone.zone_id, b""
    return zone.zone_id, names.fold(node.owner)


def _shows(passed: _Pass, principal: Principal) -> bool:
    """Whether a caller limited by name or type may see the record that decides a pass."""
    zone = passed.zone
    if zone is None or passed.state in _ENDED:
        return False
    deciding = [each for each in passed.found if each.section in ("answer", "authority")]
    return bool(deciding) and all(
        each.stored == b"" or _sees(principal, zone, each) for each in deciding
    )


def _sees(principal: Principal, zone: ZoneView, found: Found) -> bool:
    owner = names.to_relative_text(found.stored, zone.origin)
    return sees_record(principal, zone.name, owner, found.rrset.type)


def _steps(passed: _Pass, qtype: int) -> list[Step]:
    """The sentences about one pass."""
    zone, name = passed.zone, names.to_absolute_text(passed.name)
    if zone is None:
        return [Step(State.OUTSIDE, f"no zone here holds {name}", "RFC 1034 section 4.3.2 step 2")]
    steps = [
        Step(
            "zone",
            f"{zone.name} is the nearest zone above {name}",
            "RFC 1034 section 4.3.2 step 2",
            zone.name,
        )
    ]
    wildcard = _wildcard(passed, zone)
    if wildcard is not None:
        steps.append(wildcard)
    steps.append(_outcome(passed, zone, qtype))
    return steps


def _wildcard(passed: _Pass, zone: ZoneView) -> Step | None:
    """That a wildcard stands in for a name that does not exist."""
    if passed.state not in (State.HIT, State.CNAME, State.NODATA):
        return None
    if zone.node(passed.name) is not None or zone.cut(passed.name) is not None:
        return None
    node = zone.wildcard(passed.name)
    if node is None:
        return None
    owner = names.to_absolute_text(node.owner)
    text = f"the name does not exist; {owner} at its closest encloser stands in"
    return Step("wildcard", text, "RFC 4592 section 3.3.1", zone.name)


def _outcome(passed: _Pass, zone: ZoneView, qtype: int) -> Step:
    name, state = names.to_absolute_text(passed.name), passed.state
    text, rfc = _SAYINGS[state]
    if state is State.HIT and qtype == RRType.ANY:
        text, rfc = "{name} exists: of its RRsets, the lowest type", "RFC 8482 section 4.1"
    elif state is State.NODATA and _empty(zone, passed.name):
        text = "{name} exists only because there are names below it (empty non-terminal)"
        rfc = "RFC 4592 section 2.2.2"
    other = passed.found[0] if passed.found else None
    target = ""
    if other is not None and state in (State.CNAME, State.DNAME, State.DELEGATION):
        rdata = other.rrset.rdatas[0]
        shown = names.to_absolute_text(rdata)
        target = names.to_absolute_text(other.owner) if state is State.DELEGATION else shown
    told = text.format(name=name, type=type_name(qtype), target=target)
    return Step(state, told, rfc, zone.name)


def _empty(zone: ZoneView, folded: bytes) -> bool:
    node = zone.node(folded)
    return node is not None and not node.rrsets


_SAYINGS: Final = {
    State.HIT: ("{name} has records of type {type}", "RFC 1034 section 4.3.2 step 3a"),
    State.NODATA: ("{name} exists, without records of type {type}", "RFC 2308 section 2.2"),
    State.NXDOMAIN: ("{name} does not exist", "RFC 2308 section 2.1"),
    State.DELEGATION: ("{target} is delegated: a referral", "RFC 1034 section 4.3.2 step 3b"),
    State.CNAME: ("{name} is an alias: on with {target}", "RFC 1034 section 4.3.2 step 3a"),
    State.DNAME: ("a DNAME above {name} leads to {target}", "RFC 6672 section 3.2"),
    State.YXDOMAIN: ("the DNAME makes a name that is too long", "RFC 6672 section 2.2"),
}


def explain_transfer(
    query: Query, views: Views, principal: Principal, transfers: TransfersOut | None
) -> Explanation:
    """Who would get a transfer; keys with limits are told nothing, since it is a whole zone."""
    if principal.limits:
        return _HIDDEN
    zone, client = views.find(query.folded), query.client[0]
    refusal = refuse(query, zone)
    text, rfc = _REFUSALS[refusal.rcode]
    if refusal.rcode == Rcode.REFUSED and transfers is not None and transfers.allows(query):
        step = Step("transfer", f"allow_transfer names {client}", "RFC 5936 section 2.2")
        return Explanation(Decision.ANSWERS, (step,))
    step = Step("transfer", text.format(client=client), rfc, "" if zone is None else zone.name)
    return Explanation(Decision.ANSWERS, (step,), refusal)


_REFUSALS: Final = {
    Rcode.NOTIMP: ("AXFR needs TCP", "RFC 5936 section 4.2"),
    Rcode.NOTAUTH: ("no zone here begins at this name", "RFC 5936 section 2.2.1"),
    Rcode.REFUSED: ("allow_transfer does not name {client}", "RFC 5936 section 2.2.1"),
}
