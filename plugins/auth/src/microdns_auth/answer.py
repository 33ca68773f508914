"""Answering from zones: the algorithm of RFC 1034 4.3.2, one visible step after the other.

::

    find_zone ── none ─────────────────────────────────────────► OUTSIDE
       │
    solve_name ─ below a cut ─► refer ─────────────────────────► DELEGATION
       │       └ below a DNAME ► rewrite ──────────────────────► DNAME, or YXDOMAIN
       ├ no node, no wildcard ─► deny ─────────────────────────► NXDOMAIN
    solve_node ─ the type is there ────────────────────────────► HIT
               ├ a CNAME is there ─────────────────────────────► CNAME
               └ neither ──────► deny ─────────────────────────► NODATA

CNAME and DNAME go back to the beginning with another name, within all zones of this server, until
a name comes twice or ``CHAIN_MAX`` is reached.  Names are wire bytes; zones are read through the
views of ``microdns_dns.view``, and never parsed.
"""

import enum
from typing import Final, NamedTuple

from microdns_auth.additional import add_additional, add_glue
from microdns_dns import names
from microdns_dns.message import Query, Reply
from microdns_dns.protocol import Rcode, RRType
from microdns_dns.view import Node, RRset, Views, ZoneView

CHAIN_MAX: Final = 16
"""CNAME and DNAME steps that are followed; the resolver may go on from there."""


class State(enum.StrEnum):
    """How a step, and in the end the whole, came out."""

    HIT = "hit"
    """The RRset asked for is in the answer."""
    NODATA = "nodata"
    """The name exists, the type does not (RFC 2308 2.2)."""
    NXDOMAIN = "nxdomain"
    """The name does not exist."""
    DELEGATION = "delegation"
    """Another server knows: a referral."""
    CNAME = "cname"
    """Go on with the canonical name."""
    DNAME = "dname"
    """Go on with the name as the DNAME rewrites it."""
    YXDOMAIN = "yxdomain"
    """The DNAME made a name that is too long (RFC 6672 2.2)."""
    OUTSIDE = "outside"
    """No zone of this server holds the name."""
    LOOP = "loop"
    """The chain came back to itself, or is too long."""


_FOLLOW: Final = (State.CNAME, State.DNAME)


class Search:
    """One query on its way: the name that is looked for now, and the reply so far."""

    __slots__ = ("folded", "name", "qtype", "reply", "seen", "views", "zone")

    def __init__(self, query: Query, views: Views) -> None:
        self.views = views
        self.qtype = query.qtype
        self.name = query.qname
        self.folded = query.folded
        self.reply = Reply()
        self.zone: ZoneView | None = None
        """The zone that the present name is in."""
        self.seen: set[bytes] = set()
        """Folded names that were followed."""


class Answered(NamedTuple):
    """How a query came out, the reply, and the zone that the name asked for is in (None: no zone
    of this server, and the reply is empty)."""

    state: State
    reply: Reply
    zone: ZoneView | None


def answer(query: Query, views: Views) -> Answered:
    """Solve a query of class IN."""
    search = Search(query, views)
    state = solve_name(search)
    zone = search.zone
    search.reply.aa = state is not State.DELEGATION and zone is not None
    while state in _FOLLOW:
        if search.folded in search.seen or len(search.seen) >= CHAIN_MAX:
            state = State.LOOP
        else:
            state = solve_name(search)
    return Answered(state, search.reply, zone)


def solve_name(search: Search) -> State:
    """One pass: from the present name to a state."""
    zone = search.zone = find_zone(search)
    if zone is None:
        return State.OUTSIDE
    cut = zone.cut(search.folded)
    if cut is not None:
        owner, rrset = cut
        if rrset.type == RRType.DNAME:
            return rewrite(search, zone.nodes[owner].owner, rrset)
        if owner != search.folded or search.qtype != RRType.DS:
            return refer(search, zone, zone.nodes[owner].owner, rrset)
    node = zone.node(search.folded) or zone.wildcard(search.folded)
    if node is None:
        return deny(search, zone, missing(search, zone))
    return solve_node(search, zone, node)


def find_zone(search: Search) -> ZoneView | None:
    """The zone nearest to the name; for DS at an apex the one above, if we have it.

    DS belongs to the parent's side of a cut (RFC 4035 3.1.4.1).
    """
    zone = search.views.find(search.folded)
    if search.qtype == RRType.DS and zone is not None and _is_inner_apex(zone, search.folded):
        return search.views.find(names.parent(search.folded)) or zone
    return zone


def _is_inner_apex(zone: ZoneView, folded: bytes) -> bool:
    return zone.origin == folded != names.ROOT


def missing(search: Search, zone: ZoneView) -> State:
    """NXDOMAIN; but a name that is the apex of another zone of ours exists, whether the zone above
    delegates it or not, and is not denied to who asks for its DS."""
    if search.qtype == RRType.DS:
        own = search.views.find(search.folded)
        if own is not None and own is not zone and own.origin == search.folded:
            return State.NODATA
    return State.NXDOMAIN


def solve_node(search: Search, zone: ZoneView, node: Node) -> State:
    """The name exists (or a wildcard stands for it): the RRset, the alias, or neither.

    The owner in the answer is the name that was looked for, also where a wildcard was found.
    """
    rrset = any_rrset(node) if search.qtype == RRType.ANY else node.get(search.qtype)
    if rrset is not None:
        search.reply.answer.append((search.name, rrset))
        add_additional(search.reply, zone, search.name, rrset)
        return State.HIT
    alias = node.get(RRType.CNAME)
    if alias is None:
        return deny(search, zone, State.NODATA)
    search.reply.answer.append((search.name, alias))
    follow(search, alias.rdatas[0])
    return State.CNAME


def any_rrset(node: Node) -> RRset | None:
    """What ANY gets: the RRset of the lowest type, one for all (RFC 8482 4.1)."""
    return min(node.rrsets, key=lambda rrset: rrset.type, default=None)


def follow(search: Search, target: bytes) -> None:
    """Look for another name from now on."""
    search.seen.add(search.folded)
    search.name = target
    search.folded = names.fold(target)


def rewrite(search: Search, owner: bytes, dname: RRset) -> State:
    """A DNAME is above the name: put its target in place of its owner (RFC 6672 3.2, step 3c)."""
    if (owner, dname) not in search.reply.answer:
        search.reply.answer.append((owner, dname))
    target = search.name[: -len(owner)] + dname.rdatas[0]
    if len(target) > names.NAME_MAX:
        search.reply.rcode = Rcode.YXDOMAIN
        return State.YXDOMAIN
    synthesised = RRset(RRType.CNAME, dname.ttl, (target,))  # its TTL: RFC 6672 3.1
    search.reply.answer.append((search.name, synthesised))
    if search.qtype == RRType.CNAME:
        return State.HIT
    follow(search, target)
    return State.DNAME


def refer(search: Search, zone: ZoneView, owner: bytes, delegation: RRset) -> State:
    """A delegation is at or above the name: say who knows (RFC 1034 4.3.2 step 3b)."""
    search.reply.authority.append((owner, delegation))
    add_glue(search.reply, zone, names.fold(owner), delegation)
    return State.DELEGATION


def deny(search: Search, zone: ZoneView, state: State) -> State:
    """Say that there is nothing, and for how long (RFC 2308 section 3).

    After a chain the rcode is that of its last name (RFC 6604 section 3).
    """
    if state is State.NXDOMAIN:
        search.reply.rcode = Rcode.NXDOMAIN
    search.reply.authority.append((zone.apex.owner, zone.negative_soa))
    return state
